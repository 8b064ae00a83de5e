"""How the daemon of a directory is reached, and started when nobody answers. Every command uses it: quick imports."""

import fcntl
import os
import socket
import sys
import time
from pathlib import Path

SOCKET = "socket"
LOCK = "daemon.lock"
STARTING = "starting.lock"
LOG = "daemon.log"
BOOT = Path(__file__).absolute().with_name("boot.py")
START_WITHIN = 10.0


def program(module: str, *arguments: str) -> list[str]:
    """The argument list that runs a module of this package."""
    return [sys.executable, "-I", "-S", "-X", "utf8", str(BOOT), module, *arguments]


def connect() -> socket.socket:
    """A connection to the daemon whose directory is the working directory.

    Of many commands at once a single one starts it. Raises TimeoutError when it does not come up.
    """
    deadline = time.monotonic() + START_WITHIN
    pause = 0.005
    starting: int | None = None
    daemon: int | None = None
    try:
        while (connection := knock()) is None:
            if starting is None:
                starting = lock(STARTING)
            if starting is not None and (daemon is None or ended(daemon)):
                daemon = start()
            if time.monotonic() > deadline:
                raise TimeoutError(f"the batch daemon does not start, see {LOG}")
            time.sleep(pause)
            pause = min(0.2, pause * 1.3)
        return connection
    finally:
        if starting is not None:
            os.close(starting)


def knock() -> socket.socket | None:
    """A connection when a daemon listens. The path is relative: a socket's may have 108 bytes, a directory's more."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(SOCKET)
    except (FileNotFoundError, ConnectionError, BlockingIOError):
        connection.close()
        return None
    return connection


def lock(name: str) -> int | None:
    """An open file that is locked until it is closed or this process ends; None while somebody else has it."""
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def start() -> int:
    """Starts a daemon with nothing of this process but its rights: no environment, no open files, no terminal."""
    arguments = program("daemon", str(Path.cwd()))
    return os.posix_spawn(
        arguments[0],
        arguments,
        {"PATH": os.defpath, "HOME": os.environ.get("HOME", "/")},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )


def ended(pid: int) -> bool:
    """Whether a child of ours has ended."""
    return os.waitpid(pid, os.WNOHANG)[0] != 0
