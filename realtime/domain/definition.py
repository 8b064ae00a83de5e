"""A hash: what may be entered, and the command line that it makes."""

import re

from realtime.domain.errors import Invalid

EXECUTABLE_LIMIT = 4096
PARAMETERS_LIMIT = 4000


def hash_name(name: str) -> str:
    """1 to 64 printable characters without blanks at the ends; raises Invalid."""
    if not 1 <= len(name) <= 64 or not name.isprintable() or name != name.strip():
        raise Invalid("expected 1 to 64 printable characters without blanks at the ends", field="name")
    return name


def executable_path(path: str | None) -> str | None:
    """An absolute path, or None for a draft (nothing entered yet); raises Invalid."""
    if path is None or not path.strip():
        return None
    if not path.startswith("/"):
        raise Invalid("expected an absolute path, beginning with /", field="executable")
    if len(path.encode(errors="replace")) > EXECUTABLE_LIMIT or not path.isprintable():
        raise Invalid(
            f"expected a path of at most {EXECUTABLE_LIMIT} bytes without control characters", field="executable"
        )
    return path


def parameter_text(text: str) -> str:
    """Space-separated parameters as typed; raises Invalid."""
    if len(text) > PARAMETERS_LIMIT or not text.replace("\t", " ").isprintable():
        raise Invalid(
            f"expected at most {PARAMETERS_LIMIT} characters on one line, without control characters",
            field="parameters",
        )
    return text


def split_parameters(text: str) -> list[str]:
    """Split at blanks and nothing else: no quotes, no variables."""
    return [word for word in re.split(r"[ \t]+", text) if word]


def command_arguments(experiment: str, run: int, parameters: str) -> list[str]:
    """What follows the executable: `EXPERIMENT RUN PARAM...`."""
    return [experiment, str(run), *split_parameters(parameters)]
