"""Why a script cannot be run here, in plain words."""

import errno
import os
import re
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

FIRST_LINE = 4096
"""Bytes at a script's beginning in which its first line is looked for."""


def script_problem(executable: str, path: str, roots: Sequence[str] = ()) -> str | None:
    """Why `executable` cannot be run here, or None. `path`: where `env` would search interpreters; `roots`: folders
    below one of which it must really lie, symbolic links resolved; empty: anywhere."""
    if problem := place_problem(executable, roots):
        return problem
    if not os.access(executable, os.X_OK):
        return "not executable"
    try:
        with Path(executable).open("rb") as script:
            return first_line_problem(script.read(FIRST_LINE), path)
    except OSError:
        return None


def place_problem(executable: str, roots: Sequence[str] = ()) -> str | None:
    """Why there is no file at `executable` that could be run, or None."""
    if not executable.startswith("/") or "\0" in executable:
        return "not an absolute path"
    if roots and not _below(executable, roots):
        return f"not below an allowed folder: {', '.join(roots)}"
    try:
        facts = Path(executable).stat()
    except PermissionError:
        return f"folder cannot be entered: {_closed_folder(Path(executable))}"
    except OSError as error:
        gone = (errno.ENOENT, errno.ENOTDIR)
        return "not there" if error.errno in gone else f"cannot be looked at: {error.strerror}"
    return None if stat.S_ISREG(facts.st_mode) else "not a file"


def _below(executable: str, roots: Sequence[str]) -> bool:
    real = Path(os.path.realpath(executable))
    return any(Path(os.path.realpath(root)) in real.parents for root in roots)


def _closed_folder(path: Path) -> Path:
    for folder in reversed(path.parents):
        if not os.access(folder, os.X_OK):
            return folder
    return path.parent


def first_line_problem(start: bytes, path: str) -> str | None:
    """Why a script that begins so cannot be given to an interpreter, or None."""
    line = start.split(b"\n", 1)[0]
    if b"\0" in line:
        return None
    if line.endswith(b"\r"):
        return "Windows line ends"
    if not line.startswith(b"#!"):
        return None
    words = [os.fsdecode(word) for word in line[2:].split()]
    if not words:
        return "interpreter missing: the first line names none"
    interpreter = Path(words[0])
    if not (interpreter.is_file() and os.access(interpreter, os.X_OK)):
        return f"interpreter missing: {shown(str(interpreter))}"
    if interpreter.name == "env" and len(words) > 1 and re.fullmatch(r"[^-=][^=]*", words[1]):
        return None if shutil.which(words[1], path=path) else f"interpreter missing: {shown(words[1])}"
    return None


def shown(text: str) -> str:
    """Of a file's name or text that is not UTF-8, what can be sent on and shown."""
    return os.fsencode(text).decode(errors="replace")


def folder_problem(folder: str) -> str | None:
    """Why `folder` cannot be a working directory, or None."""
    if not Path(folder).is_dir():
        return f"working directory not there: {folder}"
    return None if os.access(folder, os.X_OK) else f"folder cannot be entered: {folder}"
