"""Who is sent news: a subscriber is a position in the log of its scope."""

import asyncio

from realtime.feed.log import Log
from realtime.feed.wire import Wire


class Subscriber:
    """A connection and how far it has been sent the log. Either its own coroutine sends, or the broadcaster does."""

    __slots__ = ("_let_go", "log", "position", "sent_at", "wire")

    def __init__(self, wire: Wire, log: Log) -> None:
        self.wire = wire
        self.log = log
        self.position = 0
        self.sent_at = 0.0
        """when it was sent anything last, by the loop's clock"""
        self._let_go: asyncio.Future[None] | None = None

    @property
    def held(self) -> bool:
        """The broadcaster sends to it."""
        return self._let_go is not None

    async def hold(self) -> None:
        """Wait until the broadcaster lets go; raises what it was let go with."""
        self._let_go = asyncio.get_running_loop().create_future()
        try:
            await self._let_go
        finally:
            self._let_go = None

    def let_go(self, error: Exception | None = None) -> None:
        """The connection cannot be served in passing: its own coroutine goes on, with an error or without."""
        waiting, self._let_go = self._let_go, None
        if waiting is None or waiting.done():
            return
        if error is None:
            waiting.set_result(None)
        else:
            waiting.set_exception(error)


class Audience:
    """A scope that somebody watches: its log, and those who have all of it and wait for more."""

    def __init__(self, scope: str, log: Log) -> None:
        self.scope = scope
        self.log = log
        self.ready: dict[Subscriber, None] = {}
        self.watchers = 0
        self.left_at = 0.0
        """when the last watcher left, by the loop's clock"""
        self.too_far = -1
        """the position that the log could not be deepened to"""
