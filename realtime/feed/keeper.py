"""Keeps the logs of the watched scopes in step with the store: by news on the bus, and by reading what they miss."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import msgspec

from realtime.bus.base import Bus
from realtime.domain.errors import BatchboardError
from realtime.feed.news import CHANGES, read_news, scope_of
from realtime.feed.reader import READ_LIMIT, Reader
from realtime.feed.subscriber import Audience
from realtime.store.changes import SITE

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at the store, for a bus that is silent or away."""
PATIENCE = 0.05
"""Seconds that missing news get: another process's commits come by another way than our own."""
LINGER = 30.0
"""Seconds for which a log is kept that nobody watches: clients come back."""


class Keeper:
    """Applies what is new to the logs, and tells `moved` of each that has moved. `gaps` counts what news left out."""

    def __init__(
        self, reader: Reader, bus: Bus, audiences: dict[str, Audience], moved: Callable[[Audience], None]
    ) -> None:
        self._reader = reader
        self._bus = bus
        self._audiences = audiences
        self._moved = moved
        self._woken = asyncio.Event()
        self._compare_at = 0.0
        self._expected: dict[str, tuple[int, int]] = {}
        """scope -> the position that its log is given a moment to reach, and the furthest one known since"""
        self._missing: set[str] = set()
        """scopes whose log did not: the store is read for them"""
        self._unreadable = False
        self.gaps = 0

    async def run(self) -> None:
        """Keep the logs in step; runs until cancelled."""
        clock = asyncio.get_running_loop().time
        unlisten = [
            self._bus.listen(CHANGES, self._on_news, self.look),
            self._bus.listen(SITE, self._on_news, self.look),
        ]
        try:
            while True:
                compare = clock() >= self._compare_at
                if compare:
                    self._compare_at = clock() + LOOK_EVERY
                    self._reader.forget_views()
                    self._forget_unwatched(clock() - LINGER)
                self._woken.clear()
                await self._heal(compare)
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(self._compare_at):
                        await self._woken.wait()
        finally:
            for end in unlisten:
                end()

    def look(self) -> None:
        """Compare all logs with the store now: news may have been lost, or went by before a log was made."""
        self._compare_at = 0.0
        self._woken.set()

    def expect(self, audience: Audience, position: int) -> None:
        """The store is known to have reached this position: when the log does not within a moment, it is read."""
        if position <= audience.log.seq:
            return
        if waiting := self._expected.get(audience.scope):
            self._expected[audience.scope] = waiting[0], max(waiting[1], position)
        else:
            self._expected[audience.scope] = position, position
            asyncio.get_running_loop().call_later(PATIENCE, self._judge, audience.scope)

    def _judge(self, scope: str) -> None:
        position, furthest = self._expected.pop(scope)
        audience = self._audiences.get(scope)
        if audience is None:
            return
        if audience.log.seq >= position:
            self.expect(audience, furthest)
            return
        self.gaps += 1
        self._missing.add(scope)
        self._woken.set()

    def _on_news(self, topic: str, message: bytes) -> None:
        audience = self._audiences.get(scope_of(topic))
        if audience is None:
            return
        try:
            epoch, change = read_news(message, audience.scope)
        except (msgspec.DecodeError, UnicodeDecodeError):
            logger.warning("odd message on the bus in %s ignored", topic)
            return
        if epoch == audience.log.epoch:
            before = audience.log.seq
            audience.log.apply(change)
            if audience.log.seq > before:
                self._moved(audience)
            self.expect(audience, audience.log.known)

    def _forget_unwatched(self, before: float) -> None:
        for scope, audience in list(self._audiences.items()):
            if not audience.watchers and audience.left_at < before:
                del self._audiences[scope]

    async def _heal(self, compare: bool) -> None:
        if not (compare and self._audiences) and not self._missing:
            return
        try:
            if compare:
                await self._compare()
            await self._read_missing()
        except BatchboardError as error:
            if not self._unreadable:
                logger.warning("the feed cannot read the store, trying again: %s", error)
            self._unreadable = True
        else:
            if self._unreadable:
                logger.info("the feed can read the store again")
            self._unreadable = False

    async def _compare(self) -> None:
        for scope, seq in (await self._reader.positions(list(self._audiences))).items():
            if audience := self._audiences.get(scope):
                self.expect(audience, seq)

    async def _read_missing(self) -> None:
        while self._missing:
            scope = next(iter(self._missing))
            if audience := self._audiences.get(scope):
                await self._catch_up(audience)
            self._missing.discard(scope)

    async def _catch_up(self, audience: Audience) -> None:
        full = True
        while full:
            before = audience.log.seq
            change = await self._reader.changes(audience.scope, before, READ_LIMIT)
            audience.log.apply(change)
            if audience.log.seq > before:
                self._moved(audience)
            full = len(change.entries) == READ_LIMIT
