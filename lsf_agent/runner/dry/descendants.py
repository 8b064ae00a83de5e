"""The processes that came from this one, also those that have left its group and session, and their end."""

import ctypes
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
POLL = 0.02


def adopt_orphans() -> None:
    """From now on a process whose parent ends becomes our child, however it was started."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def dies_with_us() -> Callable[[], None]:
    """To be called in a child before it becomes another program: the kernel kills it when we end in whatever way."""
    prctl = ctypes.CDLL(None).prctl

    def bind() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    return bind


def of_us() -> list[int]:
    """Ids of all that live, zombies left out."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError, IndexError, ValueError):
                state, parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
                if state != "Z":
                    children.setdefault(int(parent), []).append(int(entry.name))
    found: list[int] = []
    waiting = [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def end_all(grace: float, limit: float) -> int:
    """How many had to be killed, those that had not ended within `grace` seconds. Waits for all up to `limit` more."""
    deadline = time.monotonic() + grace
    while of_us() and time.monotonic() < deadline:
        _reap()
        time.sleep(POLL)
    killed: set[int] = set()
    deadline = time.monotonic() + limit
    while (alive := of_us()) and time.monotonic() < deadline:
        for pid in alive:
            killed.add(pid)
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        _reap()
        time.sleep(POLL)
    _reap()
    return len(killed)


def _reap() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
