"""Pieces of a job's output, by byte positions that stay valid while it grows."""

import base64
import errno
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from lsf_agent.hands import Hands
from lsf_agent.mounts import place_of
from lsf_agent.runner.files import PIECE_LIMIT, window
from realtime.protocol.questions import BYTES_LIMIT, LogAnswer, LogBytes

FILE_LIMIT = 2.5


@dataclass(frozen=True, kw_only=True)
class Asked:
    """At most `limit` bytes (0: as many as are given at once) from `offset`, None: of the end. `ended`: the job has."""

    offset: int | None
    limit: int
    ended: bool

    @property
    def length(self) -> int:
        return self.limit if self.limit > 0 else PIECE_LIMIT


class SilentPlaceError(OSError):
    """A file system does not answer; `strerror` says which."""


def absolute(path: str, home: str | None, folder: str | None) -> str | None:
    """LSF's path as ours: `$HOME` is the user's home, a relative one lies in `folder`; None when that is not known."""
    if path == "$HOME" or path.startswith("$HOME/"):
        if home is None:
            return None
        path = home + path.removeprefix("$HOME")
    if path.startswith("/"):
        return path
    return str(Path(folder) / path) if folder else None


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """A piece to be read. See `reading.Reading`."""

    hands: Hands
    user: str
    asked: Asked

    async def of_file(self, path: str, below: Sequence[str] | None) -> LogAnswer:
        return await file_piece(self.hands, self.user, path, below, self.asked)

    async def of_memory(self, content: bytes, source: str, path: str | None) -> LogAnswer:
        return memory_piece(content, source, self.asked, path)

    def nothing(self, path: str | None) -> LogAnswer:
        return nothing(path, self.asked.ended)


@dataclass(frozen=True, kw_only=True)
class RawPieces:
    """A piece as it is. See `reading.Reading`."""

    hands: Hands
    user: str
    offset: int | None
    limit: int

    async def of_file(self, path: str, below: Sequence[str] | None) -> LogBytes:
        content, start, size = await _read(self.hands, self.user, path, below, self.offset, self.limit, BYTES_LIMIT)
        return LogBytes(content=content, source="file", offset=start, size=size)

    async def of_memory(self, content: bytes, source: str, path: str | None) -> LogBytes:
        start, length = window(len(content), self.offset, self.limit, BYTES_LIMIT)
        return LogBytes(content=content[start : start + length], source=source, offset=start, size=len(content))

    def nothing(self, path: str | None) -> LogBytes:
        return LogBytes(content=b"", source="none", offset=0, size=0)


async def file_piece(hands: Hands, user: str, path: str, below: Sequence[str] | None, asked: Asked) -> LogAnswer:
    """Read as `user`; `below` and the errors are those of `runner.files.opened`. Raises OSError, SilentPlaceError."""
    content, start, size = await _read(hands, user, path, below, asked.offset, asked.length, PIECE_LIMIT)
    return _piece(content, start, size, "file", path, asked)


async def _read(
    hands: Hands, user: str, path: str, below: Sequence[str] | None, offset: int | None, length: int, most: int
) -> tuple[bytes, int, int]:
    """Content, where it begins, and the file's size."""
    request = {"do": "read", "path": path, "below": below, "offset": offset, "length": length, "most": most}
    read = await asked_of_file(hands, user, request, FILE_LIMIT)
    return base64.b64decode(read["content"]), read["start"], read["size"]


async def asked_of_file(hands: Hands, user: str, request: dict[str, Any], limit: float) -> Any:
    """The runner's answer to a request about its `path`. Raises OSError, SilentPlaceError."""
    path = request["path"]
    try:
        return await hands.ask(user, request, path, limit)
    except TimeoutError:
        raise SilentPlaceError(errno.EIO, f"{place_of(path)} does not answer") from None


def memory_piece(content: bytes, source: str, asked: Asked, path: str | None = None) -> LogAnswer:
    """Of text that was handed to us as a whole; `path`: where it will be written."""
    start, length = window(len(content), asked.offset, asked.length)
    return _piece(content[start : start + length], start, len(content), source, path, asked)


def nothing(path: str | None, ended: bool) -> LogAnswer:
    """There is no output, or none yet."""
    return LogAnswer(text="", source="none", offset=0, next=0, size=0, path=path, complete=ended)


def _piece(content: bytes, start: int, size: int, source: str, path: str | None, asked: Asked) -> LogAnswer:
    ended = asked.ended
    if asked.offset is None and start:
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
        begins=_begins(content, start),
    )


def _begins(content: bytes, start: int) -> list[int] | None:
    """Of each line, when they cannot be counted from the text: its byte; a line ends with a line feed or, without one
    behind it, a carriage return."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return [start + end for end in accumulate((len(line) for line in content.splitlines(True)), initial=0)][:-1]
    return None


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
