"""Pieces of a log, read with a user's own eyes. Quick imports: a log that is watched is read every second."""

import base64
import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lsf_agent.runner.answers import answer, bounded

PIECE_LIMIT = 256 * 1024
"""Bytes in one piece at most."""
_SAFELY = os.O_NOFOLLOW | os.O_CLOEXEC
_TO_READ = os.O_RDONLY | os.O_NONBLOCK | _SAFELY
"""Without O_NONBLOCK opening a pipe would wait for somebody to write."""


def read(request: dict[str, Any]) -> int:
    """`path`, `below` (folders, or null), `offset` (null: the end), `length`, `most` (bytes at once), `limit`: answers
    `{"start", "size", "content"}`, the content in base64."""
    bounded(request["limit"])
    asked = request["path"], request["below"], request["offset"], request["length"], request.get("most", PIECE_LIMIT)
    return answer(lambda: piece(*asked))


def piece(
    path: str, below: Sequence[str] | None, offset: int | None, length: int, most: int = PIECE_LIMIT
) -> dict[str, Any]:
    """Of a regular file, from byte `offset` (None: so that it ends with the file)."""
    file = opened(path, below)
    try:
        size = os.fstat(file).st_size
        start, length = window(size, offset, length, most)
        content = os.pread(file, length, start)
    finally:
        os.close(file)
    return {"start": start, "size": size, "content": base64.b64encode(content).decode()}


def window(size: int, offset: int | None, length: int, most: int = PIECE_LIMIT) -> tuple[int, int]:
    """Where a piece begins, and its greatest length."""
    length = max(0, min(length, most))
    start = max(0, size - length) if offset is None else max(0, min(offset, size))
    return start, length


def opened(path: str, below: Sequence[str] | None) -> int:
    """A descriptor of a regular file. `below` None: anywhere, but `path` is not itself a symbolic link. Else what
    `path` resolves to lies below one of these folders, however links are changed meanwhile; EXDEV when it does not."""
    if below is None:
        return _regular(_open(path, _TO_READ))
    real = Path(os.path.realpath(path))
    for root in below:
        folder = Path(os.path.realpath(root))
        if real.is_relative_to(folder) and real != folder:
            return _regular(_descend(str(folder), real.relative_to(folder).parts))
    raise OSError(errno.EXDEV, f"not below {' or '.join(below) or 'an allowed folder'}")


def _descend(folder: str, names: Sequence[str]) -> int:
    """Opens name by name below `folder`, so that no link put there meanwhile leads out of it."""
    here = _open(folder, os.O_PATH | os.O_DIRECTORY | _SAFELY)
    for number, name in enumerate(names, 1):
        flags = _TO_READ if number == len(names) else os.O_PATH | os.O_DIRECTORY | _SAFELY
        try:
            following = _open(name, flags, here)
        finally:
            os.close(here)
        here = following
    return here


def _open(path: str, flags: int, folder: int | None = None) -> int:
    try:
        return os.open(path, flags, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "a symbolic link") from None
        raise


def _regular(file: int) -> int:
    if stat.S_ISREG(os.fstat(file).st_mode):
        return file
    os.close(file)
    raise OSError(errno.EINVAL, "not a regular file")
