"""What waits to be sent to Redis: bounded, the oldest goes first."""

import asyncio
from collections import deque

MESSAGES = 10_000
BYTES = 16 * 1024 * 1024
BATCH_MESSAGES = 256
BATCH_BYTES = 1024 * 1024

Outgoing = tuple[str, bytes]
"""topic and message"""


class Outbox:
    """A queue that never blocks its writer. When it is full the oldest message is dropped and counted."""

    def __init__(self, messages: int = MESSAGES, size: int = BYTES) -> None:
        self.dropped = 0
        """messages that were given up"""
        self._limit = messages
        self._size_limit = size
        self._queue: deque[Outgoing] = deque()
        self._size = 0
        self._filled = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()

    @property
    def size(self) -> int:
        """Bytes that wait; at most the limit, or one message."""
        return self._size

    def put(self, topic: str, message: bytes) -> None:
        """Append a message; O(1)."""
        self._queue.append((topic, message))
        self._size += len(message)
        while len(self._queue) > self._limit or (self._size > self._size_limit and len(self._queue) > 1):
            self._pop()
            self.dropped += 1
        self._settled.clear()
        self._filled.set()

    async def take(self) -> list[Outgoing]:
        """The next messages, at least one, no longer kept here; wait for them. `sent` or `lost` must follow."""
        await self._filled.wait()
        batch: list[Outgoing] = []
        size = 0
        while self._queue and len(batch) < BATCH_MESSAGES and (not batch or size < BATCH_BYTES):
            batch.append(self._pop())
            size += len(batch[-1][1])
        if not self._queue:
            self._filled.clear()
        return batch

    def sent(self) -> None:
        """The batch taken last has arrived."""
        if not self._queue:
            self._settled.set()

    def lost(self, batch: list[Outgoing]) -> None:
        """It is not known whether `batch` has arrived. It is not sent again (at most once), it counts as dropped."""
        self.dropped += len(batch)

    async def settled(self) -> None:
        """Wait until everything was sent."""
        await self._settled.wait()

    def _pop(self) -> Outgoing:
        outgoing = self._queue.popleft()
        self._size -= len(outgoing[1])
        return outgoing
