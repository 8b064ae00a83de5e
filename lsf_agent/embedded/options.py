"""How the commands read their options: `-name` or `-name value`, and single letters also as `-nvalue`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


class RefusedError(Exception):
    """The command is refused with this text on stderr; exit code 255."""


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """Options in the order given, and the words after them."""

    options: tuple[tuple[str, str], ...]
    words: tuple[str, ...]

    def given(self, name: str) -> bool:
        return any(option == name for option, _ in self.options)

    def value(self, name: str) -> str | None:
        """The last one given."""
        return next((value for option, value in reversed(self.options) if option == name), None)


def parse(
    command: str,
    words: Sequence[str],
    *,
    flags: Collection[str],
    valued: Collection[str],
    usage: str,
    words_end_options: bool = False,
) -> Parsed:
    """Raises RefusedError for an unknown option and for one without its value."""
    options: list[tuple[str, str]] = []
    rest: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name = word.removeprefix("-")
        if not word.startswith("-") or not name:
            rest.append(word)
            if words_end_options:
                break
        elif name in flags:
            options.append((name, ""))
        elif name in valued:
            if not waiting:
                raise RefusedError(f"{command}: option requires an argument -- {name}\n{usage}")
            options.append((name, waiting.pop(0)))
        elif name[0] in valued:
            options.append((name[0], name[1:]))
        else:
            raise RefusedError(f"{command}: invalid option -- '{name[0]}'\n{usage}")
    return Parsed(options=tuple(options), words=(*rest, *waiting))
