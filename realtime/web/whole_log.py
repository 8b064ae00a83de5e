"""A whole log, piece after piece: no more of it is in memory than the pieces that are asked for ahead."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress

from realtime.domain.errors import Unavailable
from realtime.domain.job import LsfJob
from realtime.protocol.questions import LogBytes
from realtime.store.jobs import StoredJob
from realtime.web.context import House
from realtime.web.logs import read_bytes

AHEAD = 3
"""Pieces asked for at a time."""
TRIES = 3
"""of each piece: an agent may be away for a moment"""
AGAIN_AFTER = 1.0


class WholeLog:
    """The output of a job, or of one of its LSF jobs when chosen. It is read on after the request was answered."""

    def __init__(self, here: House, stored: StoredJob, chosen: LsfJob | None) -> None:
        self._here = here
        self._stored = stored
        self._chosen = chosen

    async def first(self) -> LogBytes:
        """The begin, and so the size: what is added later is left out. Raises Unavailable."""
        return await self._read(0)

    async def pieces(self, first: LogBytes) -> AsyncGenerator[bytes, None]:
        """The content up to the size that `first` told. Raises Unavailable when the agent stays away, or when the log
        is another one by now: whoever reads must not take what came for the whole."""
        yield first.content
        asked: deque[tuple[int, asyncio.Task[LogBytes]]] = deque()
        step, size = len(first.content), first.size
        behind = ahead = step
        try:
            while behind < size:
                while ahead < size and len(asked) < AHEAD:
                    asked.append((ahead, asyncio.create_task(self._patiently(ahead))))
                    ahead += step
                offset, task = asked.popleft()
                yield _fitting(await task, first, offset, min(step, size - offset))
                behind += step
        finally:
            for _, task in asked:
                task.cancel()

    async def _patiently(self, offset: int) -> LogBytes:
        for _ in range(TRIES - 1):
            with suppress(Unavailable):
                return await self._read(offset)
            await asyncio.sleep(AGAIN_AFTER)
        return await self._read(offset)

    async def _read(self, offset: int) -> LogBytes:
        return await read_bytes(self._here, self._stored, offset, self._chosen)


def _fitting(piece: LogBytes, first: LogBytes, offset: int, length: int) -> bytes:
    content = piece.content[:length]
    if piece.source != first.source or piece.offset != offset or len(content) < length:
        raise Unavailable("the log was written anew meanwhile")
    return content
