"""Everything that can be said of a script without running it, seen with a user's own eyes."""

import os
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lsf_agent.runner.answers import answer, bounded
from lsf_agent.runner.problems import FIRST_LINE, first_line_problem, folder_problem, place_problem, shown

READ_AT_MOST = 1024 * 1024
"""Bytes of a script that are looked at."""
SYNTAX_LIMIT = 5.0
SHELLS = frozenset({"sh", "bash", "dash", "ksh", "mksh", "zsh", "ash"})
COMPILE = "import sys; compile(open(sys.argv[1], 'rb').read(), sys.argv[1], 'exec')"
"""Writes nothing beside the script, unlike `python -m py_compile`."""
WITH_VALUE = ("-u", "-C", "--unset", "--chdir")
"""Options of `env` that are followed by a word."""
SAID = 2000
"""Characters of what an interpreter says of the syntax."""

Check = dict[str, Any]


def main(request: dict[str, Any]) -> int:
    """`executable`, `path` (where `env` searches interpreters), `roots`, `folder` (the working directory), `limit`:
    answers the checks but the dry run, each `{"name", "ok", "text"}`."""
    bounded(request["limit"])
    folder = str(Path(request["folder"]).expanduser())
    return answer(lambda: checks(request["executable"], request["path"], request["roots"], folder))


def checks(executable: str, path: str, roots: Sequence[str], folder: str) -> list[Check]:
    """path, interpreter, line ends, rights, syntax: in this order, always all of them."""
    problem = place_problem(executable, roots) or folder_problem(folder)
    if problem is not None:
        unknown = [_check(name, None, "not checked") for name in ("interpreter", "line ends", "rights", "syntax")]
        return [_check("path", False, problem), *unknown]
    facts = Path(executable).stat()
    changed = datetime.fromtimestamp(facts.st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    found = _check("path", True, f"a file of {facts.st_size} bytes, changed {changed}")
    try:
        with Path(executable).open("rb") as script:
            text = script.read(READ_AT_MOST)
    except OSError as error:
        return [found, *_unreadable(executable, error.strerror or str(error))]
    words = interpreter(text)
    about = _interpreter(text, words, path)
    ends = _line_ends(text, words)
    can_be_looked_at = about["ok"] is not False and ends["ok"] is not False
    syntax = _syntax(executable, words, path) if can_be_looked_at else _check("syntax", None, "not checked")
    return [found, about, ends, _rights(executable), syntax]


def _check(name: str, ok: bool | None, text: str) -> Check:
    return {"name": name, "ok": ok, "text": shown(text)}


def _unreadable(executable: str, reason: str) -> list[Check]:
    """A program, but not a script, can be run without being read."""
    runs = os.access(executable, os.X_OK)
    rights = f"can be executed but not read ({reason}): a script must be read by its interpreter" if runs else reason
    unknown = "not checked: the file cannot be read"
    return [
        *(_check(name, None, unknown) for name in ("interpreter", "line ends")),
        _check("rights", False, rights),
        _check("syntax", None, unknown),
    ]


def interpreter(text: bytes) -> list[str] | None:
    """The words of the interpreter line without `env`; `/bin/sh` when there is no such line, None for a program that is
    no script."""
    line = text[:FIRST_LINE].split(b"\n", 1)[0].rstrip(b"\r")
    if b"\0" in text[:FIRST_LINE]:
        return None
    if not line.startswith(b"#!"):
        return ["/bin/sh"]
    words = [os.fsdecode(word) for word in line[2:].split()]
    if words and Path(words[0]).name == "env":
        words = words[1:]
        while words and (words[0].startswith("-") or "=" in words[0]):
            words = words[2:] if words[0] in WITH_VALUE else words[1:]
    return words


def _interpreter(text: bytes, words: list[str] | None, path: str) -> Check:
    if words is None:
        return _check("interpreter", None, "not a script: a program needs none")
    if problem := first_line_problem(text[:FIRST_LINE].replace(b"\r\n", b"\n"), path):
        return _check("interpreter", False, problem)
    if not text.startswith(b"#!"):
        return _check("interpreter", True, "the first line names none: run by /bin/sh")
    return _check("interpreter", True, " ".join(words))


def _line_ends(text: bytes, words: list[str] | None) -> Check:
    """Those behind the first line of a script that is not for a shell hurt nobody."""
    if words is None:
        return _check("line ends", None, "not a script")
    lines = text.split(b"\n")
    odd = [number for number, line in enumerate(lines, 1) if line.endswith(b"\r")]
    if not odd:
        return _check("line ends", True, "Unix line ends")
    where = f"Windows line ends in {len(odd)} of {len(lines)} lines, first in line {odd[0]}"
    if odd[0] > 1 and not _is_shell(words):
        return _check("line ends", None, where)
    return _check("line ends", False, f"{where}; `dos2unix` or `sed -i 's/\\r$//'` takes them away")


def _rights(executable: str) -> Check:
    if os.access(executable, os.X_OK):
        return _check("rights", True, "can be read and executed")
    return _check("rights", False, f"not executable; `chmod +x {executable}` makes it so")


def _is_shell(words: list[str]) -> bool:
    return bool(words) and Path(words[0]).name in SHELLS


def _syntax(executable: str, words: list[str] | None, path: str) -> Check:
    """By the interpreter itself, which reads the script and runs nothing of it."""
    name = Path(words[0]).name if words else ""
    if words and _is_shell(words):
        argv, asked = [words[0], "-n", executable], f"{name} -n"
    elif words and name.startswith(("python", "pypy")):
        argv, asked = [words[0], "-E", "-S", "-c", COMPILE, executable], f"compiled by {name}"
    else:
        return _check("syntax", None, f"not checked: {name}" if name else "not checked: not a script")
    try:
        done = subprocess.run(
            argv,
            env={**os.environ, "PATH": path},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SYNTAX_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _check("syntax", None, f"not checked: {asked} did not end within {SYNTAX_LIMIT:.0f} s")
    except OSError as error:
        return _check("syntax", None, f"not checked: {error.strerror}")
    said = (done.stderr + done.stdout).decode(errors="replace").strip()
    if done.returncode == 0:
        return _check("syntax", True, f"no error ({asked})")
    shown = said[:SAID] if _is_shell(words) else "\n".join(said.splitlines()[-4:])[:SAID]
    return _check("syntax", False, shown or f"{asked} ended with exit code {done.returncode}")
