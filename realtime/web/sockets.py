"""The open websockets of this process: how many may be, whether they live, and the goodbye of a stopping server."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from realtime.domain.errors import Overfull
from realtime.feed.wire import Frame
from realtime.protocol.live import Bye, Close
from realtime.protocol.wire import encode
from realtime.web.socket import Socket

LOOK_EVERY = 1.0
PING_EVERY = 20.0
SILENT_AFTER = 55.0
"""Seconds without a sign of life; with LOOK_EVERY and the time to leave a dead client is gone within 60."""
SLICE = 100
"""Sockets that are spoken to before others in the process get their turn."""


@dataclass(frozen=True)
class SocketStats:
    """For the metrics."""

    open: int
    refused: int
    """since the start, for want of room"""
    ended: dict[int, int]
    """since the start, by close code; 1001 and 1006: the client left, with and without a word"""


class Sockets:
    """All of them. `leaving` is set when the server begins to stop."""

    def __init__(self, most: int = 5000) -> None:
        self.leaving = asyncio.Event()
        self._most = most
        self._sockets: set[Socket] = set()
        self._opening = 0
        self._refused = 0
        self._ended: Counter[int] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._sockets)

    def stats(self) -> SocketStats:
        """Counts of now."""
        return SocketStats(open=len(self._sockets), refused=self._refused, ended=dict(self._ended))

    def full(self) -> bool:
        """There is no room for another one."""
        return len(self._sockets) + self._opening >= self._most

    def check_room(self) -> None:
        """Raises Overfull when another socket cannot be opened now."""
        if self.leaving.is_set():
            raise Overfull("this server is about to stop; come back in a moment")
        if self.full():
            self._refused += 1
            raise Overfull(f"{self._most} websockets are open here already; come back in a moment")

    @contextmanager
    def opening(self) -> Iterator[None]:
        """While a socket is being opened; raises Overfull."""
        self.check_room()
        self._opening += 1
        try:
            yield
        finally:
            self._opening -= 1

    def enter(self, socket: Socket) -> None:
        """It has been opened."""
        self._sockets.add(socket)
        self._empty.clear()
        socket.ping_at = asyncio.get_running_loop().time() + secrets.randbelow(1000) / 1000 * PING_EVERY
        if self.leaving.is_set():
            socket.end(Close.RESTART, self._goodbye())

    def leave(self, socket: Socket) -> None:
        """Its connection is no more."""
        if socket in self._sockets:
            self._sockets.discard(socket)
            self._ended[socket.code or Close.DONE] += 1
            if not self._sockets:
                self._empty.set()

    def renewed(self, ended: datetime, ends_at: datetime) -> None:
        """A session that was to end then goes on: the websockets that were opened with it, too."""
        for socket in self._sockets:
            if socket.ends_at == ended:
                socket.ends_at = ends_at

    async def keep(self) -> None:
        """Ping, and end those that do not answer or whose session is over. Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self._look(asyncio.get_running_loop().time())

    def _look(self, now: float) -> None:
        clock = datetime.now(UTC)
        for socket in list(self._sockets):
            if socket.ends_at is not None and clock >= socket.ends_at:
                socket.end(Close.LOG_IN)
            elif now - socket.heard_at > SILENT_AFTER:
                socket.end(Close.SILENT)
            elif now >= socket.ping_at:
                socket.ping_at = now + PING_EVERY
                socket.ping()

    async def close(self, within: float) -> None:
        """Say goodbye to everybody; whoever is still there after `within` seconds is cut off."""
        self.leaving.set()
        goodbye = self._goodbye()
        try:
            async with asyncio.timeout(within):
                everybody = list(self._sockets)
                for start in range(0, len(everybody), SLICE):
                    for socket in everybody[start : start + SLICE]:
                        socket.end(Close.RESTART, goodbye)
                    await asyncio.sleep(0)
                await self._empty.wait()
        except TimeoutError:
            for socket in list(self._sockets):
                socket.cut()

    def _goodbye(self) -> Frame:
        """The more there are, the longer the time in which they come back."""
        latest = min(5000, 500 + 4 * len(self._sockets))
        return Frame(encode(Bye(code=Close.RESTART, after=(0, latest))))
