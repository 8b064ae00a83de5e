"""One for the process: it hands news to all who can take them in passing, and waits for nobody.

Passes are tight loops in slices: no task, no timer and no await for each subscriber. Who cannot be served in passing
is let go, and its own coroutine catches up.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from realtime.feed.frames import heartbeat
from realtime.feed.pace import Pace
from realtime.feed.subscriber import Audience, Subscriber
from realtime.feed.wire import Frame
from realtime.protocol.live import HEARTBEAT

SLICE = 250
"""Subscribers served before others in the process get their turn."""
TICK = 1.0


class Broadcaster:
    """Sends to subscribers that are `held`. Its counters only grow."""

    def __init__(self, audiences: Mapping[str, Audience]) -> None:
        self._audiences = audiences
        self._pace = Pace()
        self._behind: dict[str, Audience] = {}
        self._news = asyncio.Event()
        self.passes = 0
        self.frames = 0
        self.rows = 0
        self.fell_behind = 0

    async def serve(self, audience: Audience, subscriber: Subscriber) -> None:
        """Send what becomes known from now on; returns when the subscriber has to catch up by itself. Raises Gone, or
        whatever its wire raised."""
        audience.ready[subscriber] = None
        try:
            await subscriber.hold()
        finally:
            audience.ready.pop(subscriber, None)

    def news(self, audience: Audience) -> None:
        """The log of a scope has moved."""
        self._behind[audience.scope] = audience
        self._news.set()

    async def run(self) -> None:
        """Send; runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send_news(), name="feed passes")
            group.create_task(self._send_heartbeats(), name="feed heartbeats")

    async def _send_news(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await self._news.wait()
            if pause := self._pace.wait(clock()):
                await asyncio.sleep(pause)
            self._news.clear()
            behind, self._behind = self._behind, {}
            began = clock()
            for subscribers in _slices(subscriber for audience in behind.values() for subscriber in audience.ready):
                self._hand_out(subscribers, clock())
                await asyncio.sleep(0)
            self._pace.passed(began, clock())
            self.passes += 1

    def _hand_out(self, subscribers: Sequence[Subscriber], now: float) -> None:
        sent = rows = 0
        for subscriber in subscribers:
            log = subscriber.log
            if subscriber.position >= log.seq or not subscriber.held:
                continue
            frame = log.next(subscriber.position)
            if frame is None or frame.to != log.seq:
                self._let_go(subscriber)
            elif self._write(subscriber, frame):
                subscriber.position = frame.to
                subscriber.sent_at = now
                sent += 1
                rows += frame.rows
        self.frames += sent
        self.rows += rows

    async def _send_heartbeats(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(TICK)
            before = clock() - HEARTBEAT
            quiet = (
                subscriber
                for audience in self._audiences.values()
                for subscriber in audience.ready
                if subscriber.sent_at <= before
            )
            frames: dict[int, Frame] = {}
            for subscribers in _slices(quiet):
                for subscriber in subscribers:
                    if subscriber.held:
                        self._send_heartbeat(subscriber, frames, clock())
                await asyncio.sleep(0)

    def _send_heartbeat(self, subscriber: Subscriber, frames: dict[int, Frame], now: float) -> None:
        frame = frames.get(subscriber.position)
        if frame is None:
            frame = frames[subscriber.position] = heartbeat(subscriber.position, datetime.now(UTC))
        if self._write(subscriber, frame):
            subscriber.sent_at = now
            self.frames += 1

    def _write(self, subscriber: Subscriber, frame: Frame) -> bool:
        try:
            taken = subscriber.wire.write(frame)
        except Exception as error:  # its own coroutine raises it; the others go on
            subscriber.let_go(error)
            return False
        if not taken:
            self._let_go(subscriber)
        return taken

    def _let_go(self, subscriber: Subscriber) -> None:
        self.fell_behind += 1
        subscriber.let_go()


def _slices(subscribers: Iterable[Subscriber]) -> Iterator[list[Subscriber]]:
    # All of them first: sets of subscribers change while others have their turn.
    every = list(subscribers)
    for start in range(0, len(every), SLICE):
        yield every[start : start + SLICE]
