"""The private folder of a Redis of our own: locked while its maker lives, later cleared away by the next one."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "batchboard-redis-"
LOCK = "lock"
SOCKET = "redis.sock"
SHORT = Path("/") / "tmp"
"""For when TMPDIR is a long one."""
SOCKET_PATH_LIMIT = 100
"""Bytes; the kernel takes 108."""


class SocketFolder:
    """A new folder (0700) whose path is short enough for a unix socket. Making one clears away what killed processes
    of this user left."""

    def __init__(self) -> None:
        parent = Path(tempfile.gettempdir())
        if len(os.fsencode(parent / f"{PREFIX}12345678" / SOCKET)) > SOCKET_PATH_LIMIT:
            parent = SHORT
        clear_left_behind(parent)
        lock = None
        while lock is None:  # somebody who is clearing may have been faster
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            lock = _locked(self.path / LOCK, os.O_CREAT)
        self._lock = lock

    @property
    def socket(self) -> Path:
        """Where the server listens."""
        return self.path / SOCKET

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def clear_left_behind(parent: Path) -> None:
    """Remove folders whose maker has died."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            found = folder.lstat()
            lock = _locked(folder / LOCK) if found.st_uid == os.geteuid() and not folder.is_symlink() else None
        except OSError:
            continue  # being made or being cleared at this moment
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _locked(path: Path, flags: int = 0) -> int | None:
    """The locked file; None when somebody else has it."""
    lock = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
