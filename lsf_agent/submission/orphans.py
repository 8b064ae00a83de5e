"""Scripts whose runner has died: whether they live on, and their end when they take too long."""

import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

from lsf_agent.runner.script import started
from lsf_agent.submission.record import Story

PROCESSES = Path("/proc")
ROUNDS = 5
"""Looks for processes that others have started before they were stopped."""


def lives_on(story: Story, directory: Path) -> bool:
    """Whether the script seems to live on. On another machine, where we cannot look: yes, as far as we know."""
    if story.began is None or story.began.host != socket.gethostname():
        return story.began is not None
    if story.ours:
        return bool(processes_of(directory))
    script = story.script
    if script is None:
        return False
    now = started(script.pid)
    if now is not None and now != script.started:
        return False  # another process has that id by now
    try:
        os.killpg(script.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def kill(story: Story, directory: Path) -> None:
    """SIGKILL to all that a script of our own account has left running, its calls of bsub included.

    All are stopped before any is killed: a shell whose child is gone would go on to its next command, a bsub perhaps.
    """
    if story.ours:
        stopped: set[int] = set()
        for _ in range(ROUNDS):
            found = {*processes_of(directory), *callers_of(directory)} - stopped
            _signal(found, signal.SIGSTOP)
            stopped |= found
        _signal(stopped, signal.SIGKILL)


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def processes_of(directory: Path) -> list[int]:
    """Those that a script has started: their PATH leads to the shim in `directory`, that of LSF's jobs does not."""
    sign = f"{directory}/bin".encode()
    found = []
    for entry in PROCESSES.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                path = [word for word in (entry / "environ").read_bytes().split(b"\0") if word.startswith(b"PATH=")]
                if any(sign in word[5:].split(b":") for word in path):
                    found.append(int(entry.name))
    return found


def callers_of(directory: Path) -> list[int]:
    """Those that hold the lock of a call: the shim, and the bsub that it has started."""
    sign = f"{directory}/calls/"
    found = []
    for entry in PROCESSES.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if any(str(file.readlink()).startswith(sign) for file in (entry / "fd").iterdir()):
                    found.append(int(entry.name))
    return found
