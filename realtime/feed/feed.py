"""The public face of the feed: whoever has a connection has it follow a scope."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from realtime.bus.base import Bus
from realtime.domain.errors import BatchboardError
from realtime.feed.broadcaster import Broadcaster
from realtime.feed.frames import DeltaFrame, first_delta, heartbeat, hello
from realtime.feed.keeper import Keeper
from realtime.feed.log import Log
from realtime.feed.reader import FRAME_ROWS, Reader
from realtime.feed.subscriber import Audience, Subscriber
from realtime.feed.together import Together
from realtime.feed.wire import Frame, Gone, Slow, Wire
from realtime.protocol.live import HEARTBEAT, Close
from realtime.store.store import Store


@dataclass(frozen=True, kw_only=True)
class FeedStats:
    """How the feed of this process is; all but the first two count since its start."""

    subscribers: int
    scopes: int
    """scopes with a log, watched or just left"""
    passes: int
    frames: int
    """messages handed to connections"""
    rows: int
    """row changes handed to connections in deltas"""
    fell_behind: int
    """times that a connection could not take news in passing"""
    gaps: int
    """times that news were missing, and the store was read for them"""
    store_reads: int


class Feed:
    """The scopes that are being watched in this process."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._audiences: dict[str, Audience] = {}
        self._reader = Reader(store)
        self._broadcaster = Broadcaster(self._audiences)
        self._keeper = Keeper(self._reader, bus, self._audiences, self._broadcaster.news)
        self._opening: Together[Audience] = Together()
        self._frames = 0
        self._rows = 0

    async def run(self) -> None:
        """Keep the logs in step and the subscribers served; runs until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keeper.run(), name="feed keeper")
                group.create_task(self._broadcaster.run(), name="feed broadcaster")
        finally:
            self._opening.cancel()
            self._reader.close()

    async def follow(self, wire: Wire, scope: str, newest_runs: int, since: str | None) -> int:
        """Send everything of a scope, for ever: hello, what is missing since a position (`EPOCH:SEQ`) or a snapshot
        with the newest runs, then every change.

        Returns the code to end the connection with: SLOW when it takes nothing, OVERLOAD when the store cannot be read,
        DONE when it has gone.
        """
        try:
            async with self._watch(scope) as audience:
                subscriber = Subscriber(wire, audience.log)
                await self._begin(subscriber, audience, newest_runs, since)
                while True:
                    await self._catch_up(subscriber, audience)
                    await self._broadcaster.serve(audience, subscriber)
        except Gone:
            return Close.DONE
        except Slow:
            return Close.SLOW
        except BatchboardError:
            return Close.OVERLOAD

    @asynccontextmanager
    async def _watch(self, scope: str) -> AsyncIterator[Audience]:
        audience = self._audiences.get(scope) or await self._opening.call(scope, partial(self._open, scope))
        audience.watchers += 1
        try:
            yield audience
        finally:
            audience.watchers -= 1
            audience.left_at = asyncio.get_running_loop().time()

    async def _open(self, scope: str) -> Audience:
        seq, _ = await self._reader.position(scope)
        audience = self._audiences[scope] = Audience(scope, Log(self._reader.epoch, seq))
        audience.left_at = asyncio.get_running_loop().time()
        self._keeper.look()
        return audience

    async def _begin(self, subscriber: Subscriber, audience: Audience, newest_runs: int, since: str | None) -> None:
        log = audience.log
        await self._send(subscriber, hello(log.epoch, log.seq))
        resumed = await self._served(audience, since)
        if resumed is not None:
            subscriber.position = resumed
            return
        view = await self._reader.view(audience.scope, newest_runs, reset=since is not None, log=log)
        self._keeper.expect(audience, view.seq)
        for frame in view.frames:
            await self._send(subscriber, frame)
        subscriber.position = view.seq

    async def _served(self, audience: Audience, since: str | None) -> int | None:
        """The position that a client asks to go on from; None when it asks for none or it cannot be served."""
        log = audience.log
        position = seq_in(since or "", log.epoch)
        if position is None or log.floor <= position <= log.seq:
            return position
        await self._reader.deepen(audience, position)
        if not log.floor <= position <= log.seq:
            seq, floor = await self._reader.position(audience.scope)
            if not floor <= position <= seq:
                return None
            self._keeper.expect(audience, seq)
        return position

    async def _catch_up(self, subscriber: Subscriber, audience: Audience) -> None:
        """Send until nothing is missing. Nothing is awaited between the last look at the log and the return."""
        clock = asyncio.get_running_loop().time
        if subscriber.sent_at <= clock() - HEARTBEAT:
            await self._send(subscriber, heartbeat(subscriber.position, datetime.now(UTC)))
        while subscriber.position < audience.log.seq:
            frame = audience.log.next(subscriber.position) or await self._read(audience.scope, subscriber.position)
            if frame is None:
                return
            await self._send(subscriber, frame)
            self._rows += frame.rows
            subscriber.position = frame.to

    async def _read(self, scope: str, position: int) -> DeltaFrame | None:
        """From the store, for a position that the log does not reach back to."""
        change = await self._reader.changes(scope, position, FRAME_ROWS)
        if change.end <= position:
            return None
        return first_delta(self._reader.epoch, position, change.end, change.entries)

    async def _send(self, subscriber: Subscriber, frame: Frame) -> None:
        await subscriber.wire.send(frame)
        subscriber.sent_at = asyncio.get_running_loop().time()
        self._frames += 1

    async def changes(self, scope: str, since: str) -> bytes | None:
        """What changed since a position (`EPOCH:SEQ`), as one delta that may lead to a position before the newest; None
        when the position cannot be served. Raises Unavailable."""
        position = seq_in(since, self._reader.epoch)
        if position is None:
            return None
        seq, floor = await self._reader.position(scope)
        if not floor <= position <= seq:
            return None
        audience = self._audiences.get(scope)
        if audience is not None and audience.log.seq >= seq and (kept := audience.log.next(position)):
            return kept.payload
        found = await self._read(scope, position)
        return (found or first_delta(self._reader.epoch, position, position, ())).payload

    def stats(self) -> FeedStats:
        """How it is now."""
        return FeedStats(
            subscribers=sum(audience.watchers for audience in self._audiences.values()),
            scopes=len(self._audiences),
            passes=self._broadcaster.passes,
            frames=self._broadcaster.frames + self._frames,
            rows=self._broadcaster.rows + self._rows,
            fell_behind=self._broadcaster.fell_behind,
            gaps=self._keeper.gaps,
            store_reads=self._reader.reads,
        )


def seq_in(since: str, epoch: str) -> int | None:
    """The seq of a position `EPOCH:SEQ`; None when it is none, or of another epoch."""
    of, _, seq = since.partition(":")
    return int(seq) if of == epoch and seq.isascii() and seq.isdecimal() and len(seq) <= 18 else None
