"""One life of the connection to Redis: from the subscription to the first sign that something is wrong.

A link never mends itself. redis-py would reconnect and subscribe again silently, and a frozen server is noticed by
nothing; so every error, a second subscription and a heartbeat that does not come back end the link, and whoever runs it
makes a new one and tells the listeners of the gap.
"""

import asyncio
from collections import Counter
from typing import NoReturn, Protocol

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from realtime.bus.outbox import Outbox
from realtime.protocol.wire import Shape, decode, encode

HEARTBEAT = "heartbeat"
"""Topic of the bus itself; listeners never see it."""
BEAT_EVERY = 1.0
PATIENCE = (1.2, 0.3)
"""Seconds a heartbeat may take. In two portions, because after a pause of our own process the first one is over before
the answer that lies in the socket was read."""
SUBSCRIBE_TIMEOUT = 1.5
SEND_TIMEOUT = 5.0
YIELD_AFTER = 64
"""Messages read in a row before others get their turn."""
FORGET_AFTER = 60
"""Heartbeats of ours after which a process that has said nothing is forgotten."""


class LinkBroken(Exception):
    """The connection does not do what it should."""


class Beat(Shape, frozen=True, kw_only=True):
    """Published every second by each process. `dropped`: messages of that process that others may have missed."""

    process: str
    dropped: int


class LinkOwner(Protocol):
    """What a link tells its owner."""

    def link_up(self) -> None:
        """A heartbeat came back, the first one of this link."""

    def link_message(self, topic: str, message: bytes) -> None:
        """Another process has published."""

    def link_gap(self) -> None:
        """Another process had to drop messages."""


class Link:
    """Publishes what is in the outbox, hands on what other processes publish.

    Own messages were delivered when they were published, so their echoes are dropped: each message is noted when it is
    sent and struck off when an equal one (topic and payload) arrives. Of two equal messages, ours and another
    process's, one is dropped and one delivered, whichever came first, so nothing has to be added to the payload. The
    notes end with the link; a link that brings no echoes does not live for three seconds.
    """

    def __init__(self, client: Redis, prefix: str, process: str, outbox: Outbox, owner: LinkOwner) -> None:
        self._client = client
        self._prefix = prefix
        self._process = process
        self._outbox = outbox
        self._owner = owner
        self._echoes: Counter[tuple[str, bytes]] = Counter()
        self._beaten = asyncio.Event()
        self._beats = 0
        self._others: dict[str, tuple[int, int]] = {}
        """process -> (dropped, our count of beats when it was heard)"""

    async def run(self) -> NoReturn:
        """Work until something is wrong; raises RedisError, OSError, TimeoutError or LinkBroken."""
        async with self._client.pubsub() as pubsub:
            async with asyncio.timeout(SUBSCRIBE_TIMEOUT):
                await self._subscribe(pubsub)
            await self._work(pubsub)
        raise LinkBroken("the connection was ended")

    async def _subscribe(self, pubsub: PubSub) -> None:
        await pubsub.psubscribe(f"{self._prefix}*")
        while True:
            event = await pubsub.get_message(timeout=None)
            if event is not None and event["type"] == "psubscribe":
                return

    async def _work(self, pubsub: PubSub) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(pubsub))
                group.create_task(self._send())
                group.create_task(self._watch(group))
        except* (RedisError, OSError, TimeoutError, LinkBroken) as errors:
            raise _first(errors) from errors

    async def _read(self, pubsub: PubSub) -> NoReturn:
        read = 0
        while True:
            event = await pubsub.get_message(timeout=None)
            if event is None:
                continue
            if event["type"] != "pmessage":
                raise LinkBroken(f"unexpected {event['type']}: the subscription was made anew")
            self._arrived(event["channel"].decode(errors="replace").removeprefix(self._prefix), event["data"])
            read += 1
            if read % YIELD_AFTER == 0:
                await asyncio.sleep(0)

    def _arrived(self, topic: str, message: bytes) -> None:
        if topic == HEARTBEAT:
            self._beat_arrived(message)
        elif (outgoing := (topic, message)) in self._echoes:
            self._echoes[outgoing] -= 1
            if not self._echoes[outgoing]:
                del self._echoes[outgoing]
        else:
            self._owner.link_message(topic, message)

    def _beat_arrived(self, message: bytes) -> None:
        try:
            beat = decode(message, Beat)
        except msgspec.DecodeError:
            return
        if beat.process == self._process:
            self._beaten.set()
            return
        before, _ = self._others.get(beat.process, (0, 0))
        self._others[beat.process] = beat.dropped, self._beats
        if beat.dropped > before:
            self._owner.link_gap()

    async def _send(self) -> NoReturn:
        while True:
            batch = await self._outbox.take()
            self._echoes.update(batch)
            pipeline = self._client.pipeline(transaction=False)
            for topic, message in batch:
                pipeline.publish(self._prefix + topic, message)
            try:
                async with asyncio.timeout(SEND_TIMEOUT):
                    await pipeline.execute()
            except BaseException:
                self._outbox.lost(batch)
                raise
            self._outbox.sent()

    async def _watch(self, group: asyncio.TaskGroup) -> NoReturn:
        while True:
            beat = group.create_task(self._beat())
            for seconds in PATIENCE:
                await asyncio.wait({beat}, timeout=seconds)
            if not beat.done():
                raise LinkBroken(f"no answer for {sum(PATIENCE):g} s")
            if self._beats == 1:
                self._owner.link_up()
            self._others = {
                process: (dropped, heard)
                for process, (dropped, heard) in self._others.items()
                if self._beats - heard < FORGET_AFTER
            }
            await asyncio.sleep(BEAT_EVERY)

    async def _beat(self) -> None:
        self._beaten.clear()
        beat = Beat(process=self._process, dropped=self._outbox.dropped)
        await self._client.publish(self._prefix + HEARTBEAT, encode(beat))
        await self._beaten.wait()
        self._beats += 1


def _first(errors: BaseExceptionGroup[Exception]) -> Exception:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error
