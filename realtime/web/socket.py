"""One open websocket, as the feed and the registry of the process see it."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import datetime

from realtime.feed.wire import Frame, Gone, Slow
from realtime.protocol.live import Close

logger = logging.getLogger(__name__)

LEFT, LOST = 1001, 1006
"""How it counts when the client ends it: with a close frame, and without."""


class Socket(ABC):
    """A feed.Wire that anybody may end, once: from then on `write` and `send` raise Gone, and what serves it is
    cancelled. Times are the loop's."""

    __slots__ = ("_left", "_serving", "code", "ends_at", "heard_at", "ping_at", "spoken")

    def __init__(self, left: Callable[["Socket"], None]) -> None:
        """`left` is called once, when the connection is no more."""
        self.code: int | None = None
        """why it ended; None while it is open"""
        self.spoken = False
        """a message was handed over; before the first one the protocol has no room for a goodbye"""
        self.ends_at: datetime | None = None
        """when the login session that it was opened with is over; None: it has none"""
        self.heard_at = self.ping_at = asyncio.get_running_loop().time()
        self._left: Callable[[Socket], None] | None = left
        self._serving: asyncio.Task[None] | None = None

    @abstractmethod
    def write(self, frame: Frame) -> bool:
        """As in feed.Wire."""

    @abstractmethod
    async def send(self, frame: Frame) -> None:
        """As in feed.Wire."""

    @abstractmethod
    def end(self, code: int, last: Frame | None = None) -> None:
        """Say `last` (when something was said before) and the close code, without waiting; safe to repeat, the first
        code counts."""

    @abstractmethod
    def cut(self) -> None:
        """End the connection at once; safe to repeat."""

    @abstractmethod
    def ping(self) -> None:
        """Make the client say that it lives."""

    def lost(self) -> None:
        """The connection is no more; safe to repeat."""
        self._close(LOST)
        left, self._left = self._left, None
        if left is not None:
            left(self)

    def _close(self, code: int) -> None:
        if self.code is None:
            self.code = code
        serving, self._serving = self._serving, None
        if serving is not None and serving is not asyncio.current_task():
            serving.cancel()

    async def _served(self, serve: "Serve") -> int:
        """The code to end with."""
        try:
            return await serve(self)
        except Slow:
            return Close.SLOW
        except Gone:
            return LOST
        except Exception:
            logger.exception("a websocket has failed")
            return Close.FAULT


Serve = Callable[[Socket], Awaitable[int]]
"""Talks to a socket until there is nothing more to say, and returns the close code. Cancelled when the socket ends."""
