"""Whose turn it is to write, among the processes of one store."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realtime.domain.errors import Unavailable

WAIT_LIMIT = 5.0
"""Seconds that a process waits for its turn."""


class Turn:
    """A lock on a file, taken for each transaction in the order asked for; a process that ends gives it back.

    SQLite keeps writers apart by itself, but who waits there sleeps up to 0.1 s between two looks and is overtaken by
    whoever comes at the right moment: with a few busy processes some writes take seconds.
    """

    def __init__(self, path: Path) -> None:
        """`path`: made when it is needed first."""
        self._path = path

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for the turn and hold it for the block. Blocks; raises Unavailable after WAIT_LIMIT, or OSError."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _is_free(file) and not _Waiting(file).over(WAIT_LIMIT):
            raise Unavailable(f"another process has been writing for {WAIT_LIMIT:.0f} s", code="store")
        try:
            yield
        finally:
            os.close(file)  # which gives it back


def _is_free(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        os.close(file)
        raise
    return True


class _Waiting:
    """The kernel wakes those who wait in order, but it waits for ever: that is done in a thread, which may be left."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._deciding = threading.Lock()
        self._got = threading.Event()
        self._left = False
        threading.Thread(target=self._wait, name="turn", daemon=True).start()

    def _wait(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._deciding:
            if self._left:
                os.close(self._file)
            else:
                self._got.set()

    def over(self, limit: float) -> bool:
        """Whether the lock is ours within `limit` seconds; the file is closed later when not."""
        self._got.wait(limit)
        with self._deciding:
            self._left = not self._got.is_set()
        return not self._left
