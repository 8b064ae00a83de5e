"""Pieces of a job's output, by byte positions that stay valid while it grows."""

import base64
import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lsf_agent.hands import Hands
from lsf_agent.mounts import place_of
from lsf_agent.runner.files import PIECE_LIMIT, window
from realtime.protocol.agent import LogAnswer

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


async def file_piece(hands: Hands, user: str, path: str, below: Sequence[str] | None, asked: Asked) -> LogAnswer:
    """Read as `user`; `below` and the errors are those of `runner.files.opened`. Raises OSError, SilentPlaceError."""
    request = {"do": "read", "path": path, "below": below, "offset": asked.offset, "length": asked.length}
    try:
        read = await hands.ask(user, request, path, FILE_LIMIT)
    except TimeoutError:
        raise SilentPlaceError(errno.EIO, f"{place_of(path)} does not answer") from None
    content = base64.b64decode(read["content"])
    return _piece(content, read["start"], read["size"], "file", path, asked)


def memory_piece(content: bytes, source: str, asked: Asked) -> LogAnswer:
    """Of text that was handed to us as a whole."""
    start, length = window(len(content), asked.offset, asked.length)
    return _piece(content[start : start + length], start, len(content), source, None, asked)


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
