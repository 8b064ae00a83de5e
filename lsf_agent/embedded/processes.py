"""The processes of a job: its group, and what has left the group but still carries the job's mark."""

import os
import signal
from contextlib import suppress
from pathlib import Path

MARK = "LSB_JOBFILENAME"
"""Set for every job to the file it runs, which is a path of its own for each."""
PAGE = os.sysconf("SC_PAGE_SIZE")


def signal_job(folder: Path, number: int) -> None:
    """Sends a signal to the job that runs in `folder`, if its shell is alive."""
    pid = group(folder)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.killpg(pid, number)


def group(folder: Path) -> int | None:
    """The process group of a job between its start and its end, else None."""
    if (folder / "over").exists():
        return None
    try:
        return int((folder / "pid").read_text())
    except (OSError, ValueError):
        return None


def memory(pid: int) -> int:
    """Resident bytes of a process and of all that it started and that still belongs to it; 0 when it is gone."""
    total, waiting = 0, [pid]
    while waiting:
        each = Path("/proc") / str(waiting.pop())
        with suppress(OSError, ValueError, IndexError):
            total += int((each / "statm").read_text().split()[1]) * PAGE
            waiting += [int(child) for thread in (each / "task").iterdir() for child in _children(thread)]
    return total


def _children(thread: Path) -> list[str]:
    try:
        return (thread / "children").read_text().split()
    except OSError:  # a kernel that does not tell: then the process itself is all that is seen
        return []


def peak(folder: Path) -> int | None:
    """The most bytes that the job of `folder` had so far; None before they were measured."""
    try:
        return int((folder / "memory").read_text())
    except (OSError, ValueError):
        return None


def sweep(folder: Path) -> None:
    """Kills every process that was started by the job of `folder`, wherever it has gone (on Linux)."""
    mark = f"{MARK}={folder / 'jobfile'}".encode("utf-8", "surrogateescape")
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            marked = mark in environment.read_bytes().split(b"\0")
        except OSError:
            continue
        if marked:
            with suppress(ProcessLookupError):
                os.kill(int(environment.parent.name), signal.SIGKILL)
