"""Ends the daemon of a directory with all its jobs, from outside."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from lsf_agent.embedded import journal, reach

POLL = 0.01
ATTEMPTS = 2


def stop(directory: Path, timeout: float) -> None:
    """See the package."""
    home = directory.absolute()
    if not home.is_dir():
        return
    for _ in range(ATTEMPTS):
        if not running(home) and not journal.book(home / journal.FILE).unfinished():
            return
        deadline = time.monotonic() + timeout
        if tell(home, timeout) and gone(home, deadline):
            return
        kill(home)
        gone(home, time.monotonic() + timeout)


def running(directory: Path) -> bool:
    """Whether there is a daemon: it holds its lock as long as it lives."""
    held = reach.lock(str(directory / reach.LOCK))
    if held is None:
        return True
    os.close(held)
    return False


def tell(directory: Path, timeout: float) -> bool:
    """Whether the daemon says in time that all jobs have ended. One is started when there are only jobs left."""
    try:
        told = subprocess.run(
            [*reach.program("client"), str(directory), "stop"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return told.returncode == 0


def gone(directory: Path, deadline: float) -> bool:
    """Whether the daemon has ended by the deadline."""
    while running(directory):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def kill(directory: Path) -> None:
    """Kills a daemon that does not answer; the next one knows all that it knew."""
    with suppress(OSError, ValueError):
        pid = int((directory / reach.LOCK).read_text())
        if running(directory):
            os.kill(pid, signal.SIGKILL)
