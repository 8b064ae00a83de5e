"""Where the shim before bsub is at work: a folder that outlasts the runner, or a private one of this user's."""

import fcntl
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from lsf_agent.runner import shim

LONGEST_NOTE = 1024 * 1024
EVENTS = ("call", "answer")


class Workspace:
    """`folder` None: a private one is made, and removed by `close`. Raises OSError when there is no place for one."""

    def __init__(self, folder: str | None, tag: str, path: str) -> None:
        self._private = folder is None
        self.folder = Path(folder) if folder is not None else private_folder()
        self._offset = 0
        self._answered: set[Any] = set()
        (self.folder / "calls").mkdir(mode=0o700, exist_ok=True)
        (self.folder / "tag").write_text(tag)
        _write_launcher(self.folder, shutil.which("bsub", path=path))

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def news(self) -> Iterator[dict[str, Any]]:
        """What the shim has noted since the last time, to be gone through to the end; nothing else that is there."""
        with suppress(FileNotFoundError), (self.folder / "calls.jsonl").open("rb") as notes:
            notes.seek(self._offset)
            while (line := notes.readline(LONGEST_NOTE)).endswith(b"\n") or len(line) == LONGEST_NOTE:
                if (note := _note(line)) is not None:
                    yield note
                    if note["event"] == "answer":
                        self._answered.add(note.get("number"))
                self._offset += len(line)

    def under_way(self) -> bool:
        """Whether a bsub lives that has not answered yet, not even with an id."""
        return bool(under_way(self.folder) - self._answered)

    def close(self) -> None:
        if self._private:
            shutil.rmtree(self.folder, ignore_errors=True)


def private_folder(prefix: str = "batchboard-") -> Path:
    """Of this user alone, where programs can be run."""
    made = Path(tempfile.mkdtemp(prefix=prefix))
    probe = made / "probe"
    probe.write_text("#!/bin/sh\n")
    probe.chmod(0o700)
    if os.access(probe, os.X_OK):
        probe.unlink()
        return made
    shutil.rmtree(made, ignore_errors=True)
    home = Path.home() / ".batchboard"
    home.mkdir(mode=0o700, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=home))


def under_way(folder: Path) -> set[int]:
    """The calls in this workspace whose shim or bsub still lives: each holds the lock of its number."""
    found = set()
    with suppress(FileNotFoundError):
        for path in (folder / "calls").iterdir():
            if path.name.isdigit() and _locked(path):
                found.add(int(path.name))
    return found


def _locked(path: Path) -> bool:
    with path.open("rb+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _note(line: bytes) -> dict[str, Any] | None:
    with suppress(ValueError):
        note = json.loads(line)
        if isinstance(note, dict) and note.get("event") in EVENTS:
            return note
    return None


def _write_launcher(folder: Path, bsub: str | None) -> None:
    """A `bsub` that becomes the shim, or the real one should the shim have gone."""
    python, program, workspace = (shlex.quote(str(word)) for word in (sys.executable, shim.__file__, folder))
    real = shlex.quote(bsub or "bsub")
    launcher = folder / "bin" / "bsub"
    launcher.parent.mkdir(mode=0o700, exist_ok=True)
    launcher.write_text(
        f'#!/bin/sh\n[ -x {python} ] && [ -r {program} ] || exec {real} "$@"\n'
        f'exec {python} -I -S {program} {workspace} "$@"\n'
    )
    launcher.chmod(0o700)
