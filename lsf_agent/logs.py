"""Pieces of a job's output, by byte positions that stay valid while it grows."""

import os
import stat
from pathlib import Path

from realtime.protocol.agent import LogAnswer

LIMIT = 256 * 1024
"""Bytes in one piece at most."""


def absolute(path: str, home: str, folder: str | None) -> str | None:
    """LSF's path as ours: `$HOME` is our home, a relative one lies in `folder`; None when that is not known."""
    if path == "$HOME" or path.startswith("$HOME/"):
        path = home + path.removeprefix("$HOME")
    if path.startswith("/"):
        return path
    return str(Path(folder) / path) if folder else None


def file_piece(path: str, offset: int | None, limit: int, ended: bool) -> LogAnswer:
    """Of a regular file; raises OSError for anything else, also for a symbolic link in the last place."""
    # Without O_NONBLOCK opening a pipe would wait for somebody to write.
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        facts = os.fstat(file)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError("not a regular file")
        start, length = _window(facts.st_size, offset, limit)
        content = os.pread(file, length, start)
    finally:
        os.close(file)
    return _piece(content, start, facts.st_size, "file", path, ended, offset is None)


def memory_piece(content: bytes, offset: int | None, limit: int, source: str, ended: bool) -> LogAnswer:
    """Of text that was handed to us as a whole."""
    start, length = _window(len(content), offset, limit)
    return _piece(content[start : start + length], start, len(content), source, None, ended, offset is None)


def nothing(path: str | None, ended: bool) -> LogAnswer:
    """There is no output, or none yet."""
    return LogAnswer(text="", source="none", offset=0, next=0, size=0, path=path, complete=ended)


def _window(size: int, offset: int | None, limit: int) -> tuple[int, int]:
    length = min(limit, LIMIT) if limit > 0 else LIMIT
    start = max(0, size - length) if offset is None else max(0, min(offset, size))
    return start, length


def _piece(
    content: bytes, start: int, size: int, source: str, path: str | None, ended: bool, from_end: bool
) -> LogAnswer:
    if from_end and start:
        skipped = _continuation(content)
        content, start = content[skipped:], start + skipped
    following = start + len(content)
    if following < size or not ended:
        content = content[: _whole(content)]
        following = start + len(content)
    return LogAnswer(
        text=content.decode(errors="replace"),
        source=source,
        offset=start,
        next=following,
        size=max(size, following),
        path=path,
        complete=ended and following >= size,
    )


def _continuation(content: bytes) -> int:
    """Bytes at the beginning that belong to a character before it."""
    return next((at for at, byte in enumerate(content[:3]) if byte & 0xC0 != 0x80), min(3, len(content)))


def _whole(content: bytes) -> int:
    """Length without a character at the end of which bytes are missing."""
    for back in range(1, min(4, len(content)) + 1):
        byte = content[-back]
        if byte & 0xC0 == 0x80:
            continue
        needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        cut = needed > back and len(content) > back
        return len(content) - back if cut else len(content)
    return len(content)
