"""A `bsub` before the real one: `python -I -S shim.py WORKSPACE ARGUMENT...`. It gives a job that has no name a tag to
find it by, notes the call before and the answer after, and passes everything through as it is.

The workspace (`lsf_agent.runner.workspace`) holds `tag`, `calls/` and `calls.jsonl`. What cannot be noted does not stop
a submission.
"""

import fcntl
import json
import os
import resource
import selectors
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

KEPT = 64 * 1024
"""Bytes of each stream that are noted."""
STRAGGLERS = 1.0
"""Seconds after bsub's end in which what it left running may still print."""
TOLD = (b"is submitted to", b"Submitted batch job")
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
HIDERS = ("BSUB_STDERR", "BSUB_QUIET")
"""They would move or hide the line that holds the LSF ID."""


def main(workspace: Path, words: Sequence[str]) -> int:
    """The exit code of the real bsub; does not return when that was killed by a signal."""
    environment = bsub_environment(workspace)
    bsub = shutil.which("bsub", path=environment["PATH"])
    if bsub is None:
        print("bsub: command not found", file=sys.stderr)
        return 127
    call = Call(workspace)
    tag, name, script = _named(call, words)
    call.began(tag, name)
    argv = [bsub, *(["-J", tag] if tag else []), *words]
    try:
        child = subprocess.Popen(
            argv,
            env=environment,
            stdin=script,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=call.kept_open,
        )
    except OSError as error:
        print(f"bsub: {error.strerror}", file=sys.stderr)
        call.answered(126, b"", f"bsub: {error.strerror}. Job not submitted.".encode())
        return 126
    return _mirror(_pass_through(child, call))


def bsub_environment(workspace: Path) -> dict[str, str]:
    """Ours without our folder on its PATH, which jobs inherit. A bsub that tries again by itself makes doubles."""
    mine = str(workspace / "bin")
    path = [folder for folder in (os.environ.get("PATH") or os.defpath).split(os.pathsep) if folder != mine]
    kept = {name: value for name, value in os.environ.items() if name not in HIDERS}
    return {"LSB_NTRIES": "1", **kept, "PATH": os.pathsep.join(path)}


def _named(call: "Call", words: Sequence[str]) -> tuple[str | None, str | None, int | None]:
    """(our tag, the user's name, the descriptor that bsub is to read its script from, None: ours)."""
    # Only now: this file is run by its path, and finds the package once that is on sys.path.
    from lsf_agent.runner.arguments import command_names_itself, names_itself, understood

    arguments = understood(words)
    nameless = arguments.nameless and not command_names_itself(arguments.command)
    script: int | None = None
    if arguments.reads_command:
        content, script = _script()
        nameless = nameless and not names_itself(content)
    return call.tag if nameless else None, arguments.name, script


def _script() -> tuple[bytes, int | None]:
    """What bsub will read from standard input, and from where it still can."""
    try:
        kind = os.fstat(0).st_mode
    except OSError:
        return b"", None
    if stat.S_ISREG(kind):
        return _rest_of_file(), None
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)):
        return b"", None
    content = b"".join(iter(lambda: os.read(0, 65536), b""))
    copy = os.memfd_create("script")
    with os.fdopen(os.dup(copy), "wb") as file:
        file.write(content)
    os.lseek(copy, 0, os.SEEK_SET)
    return content, copy


def _rest_of_file() -> bytes:
    """Without moving the position that bsub will read from."""
    at, content = os.lseek(0, 0, os.SEEK_CUR), b""
    with suppress(OSError):
        while piece := os.pread(0, 65536, at + len(content)):
            content += piece
    return content


class Call:
    """One call of bsub, noted as far as it can be. `tag`: None when it could not be numbered."""

    def __init__(self, workspace: Path) -> None:
        self._notes = workspace / "calls.jsonl"
        self._number, self._lock = _number(workspace / "calls")
        self.tag: str | None = None
        with suppress(OSError, UnicodeDecodeError):
            prefix = (workspace / "tag").read_text()
            self.tag = f"{prefix}.{self._number}" if self._number else None

    @property
    def kept_open(self) -> tuple[int, ...]:
        """Descriptors that bsub is to hold, too."""
        return (self._lock,) if self._lock is not None else ()

    def began(self, tag: str | None, name: str | None) -> None:
        name = os.fsencode(name).decode(errors="replace") if name is not None else None
        self._note({"event": "call", "number": self._number, "tag": tag, "name": name})

    def answered(self, exit_code: int | None, stdout: bytes, stderr: bytes) -> None:
        """`exit_code` None: bsub goes on."""
        said = {"stdout": stdout.decode(errors="replace"), "stderr": stderr.decode(errors="replace")}
        self._note({"event": "answer", "number": self._number, "exit_code": exit_code, **said})

    def _note(self, content: dict[str, Any]) -> None:
        if self._number is None:
            return
        with suppress(OSError):
            notes = os.open(self._notes, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(notes, fcntl.LOCK_EX)
                size = os.fstat(notes).st_size
                torn = size > 0 and os.pread(notes, 1, size - 1) != b"\n"
                line = json.dumps(content | {"at": datetime.now(UTC).isoformat()})
                os.write(notes, (b"\n" if torn else b"") + line.encode() + b"\n")
                os.fsync(notes)
            finally:
                os.close(notes)


def _number(calls: Path) -> tuple[int | None, int | None]:
    """(the next free number, ours alone; a descriptor that holds its lock for as long as we or bsub live)."""
    number = 1
    with suppress(OSError):
        while True:
            try:
                file = os.open(calls / str(number), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                number += 1
            else:
                fcntl.flock(file, fcntl.LOCK_EX)
                return number, file
    return None, None


def _pass_through(child: subprocess.Popen[bytes], call: Call) -> int:
    """The child's return code. What it prints goes on at once; what it said is noted when it tells an id, and at its
    end."""
    for number in FORWARDED:
        signal.signal(number, lambda received, _: _forward(child, received))
    assert child.stdout is not None and child.stderr is not None
    said = {1: b"", 2: b""}
    told = False
    with selectors.DefaultSelector() as streams:
        streams.register(child.stdout, selectors.EVENT_READ, 1)
        streams.register(child.stderr, selectors.EVENT_READ, 2)
        over: float | None = None
        while streams.get_map() and (over is None or time.monotonic() < over):
            for key, _ in streams.select(0.05):
                piece = os.read(key.fd, 65536)
                if not piece:
                    streams.unregister(key.fileobj)
                    continue
                said[key.data] += piece[: KEPT - len(said[key.data])]
                _write(key.data, piece)
            if not told and any(_tells(text) for text in said.values()) and child.poll() is None:
                told = True
                call.answered(None, said[1], said[2])
            if over is None and child.poll() is not None:
                over = time.monotonic() + STRAGGLERS
    code = child.wait()
    call.answered(code, said[1], said[2])
    return code


def _tells(text: bytes) -> bool:
    """Whether a whole line may tell an id."""
    return any(sign in text and b"\n" in text[text.index(sign) :] for sign in TOLD)


def _forward(child: subprocess.Popen[bytes], number: int) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(child.pid, number)


def _write(stream: int, piece: bytes) -> None:
    """A reader that has gone does not stop bsub."""
    with suppress(OSError):
        while piece:
            piece = piece[os.write(stream, piece) :]


def _mirror(code: int) -> int:
    """Ends as the child did."""
    if code >= 0:
        return code
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):  # KILL and STOP need not, and cannot, be reset
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
    return 128 - code


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).absolute().parents[2]))
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
