"""The bus between processes: Redis pub/sub, one subscription for each process."""

import asyncio
import contextlib
import logging
import secrets
from datetime import UTC, datetime

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from realtime.bus.base import BusState, EndListening, OnGap, OnMessage
from realtime.bus.listeners import Listeners
from realtime.bus.outbox import Outbox
from realtime.bus.redis_link import Link, LinkBroken

log = logging.getLogger(__name__)

FIRST_TRY = 1.0
"""Seconds that `start` gives the first connection, so that what starts afterwards finds the bus connected."""
FLUSH = 0.5
BACKOFF = (0.1, 2.0)
CONNECT_TIMEOUT = 1.5


class RedisBus:
    """A `Bus` over Redis. The channel of a topic is `batchboard:{instance}:{topic}`, the payload the message as it is.

    Own listeners hear a message when it is published; its echo is dropped (see Link). While Redis is away, messages
    wait (10,000 and 16 MiB at most, then the oldest are dropped). After every connection listeners are told of a gap;
    the processes that missed dropped messages are told by the heartbeat of the one that dropped them.
    """

    name = "redis"

    def __init__(self, url: str, instance: str) -> None:
        self._url = url
        self._prefix = f"batchboard:{instance}:"
        self._process = secrets.token_hex(8)
        self._listeners = Listeners()
        self._outbox = Outbox()
        self._connected = False
        self._gaps = 0
        self._since: datetime | None = None
        self._error: str | None = "not started"
        self._tried = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """See Bus. Waits up to a second for the first connection."""
        self._since = datetime.now(UTC)
        self._keeping = asyncio.create_task(self._keep(), name="redis bus")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_TRY):
                await self._tried.wait()

    async def close(self) -> None:
        """See Bus."""
        if self._keeping is None:
            return
        if self._connected:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH):
                    await self._outbox.settled()
        while not self._keeping.done():
            self._keeping.cancel()
            # Again, should it go on: in Python 3.11 a task group's error takes the place of a cancellation.
            await asyncio.wait({self._keeping}, timeout=FLUSH)
        self._keeping = None
        self._becomes(connected=False, error="closed")

    def publish(self, topic: str, message: bytes) -> None:
        """See Bus."""
        self._listeners.message(topic, message)
        self._outbox.put(topic, message)

    def listen(self, prefix: str, on_message: OnMessage, on_gap: OnGap) -> EndListening:
        """See Bus."""
        return self._listeners.add(prefix, on_message, on_gap)

    def state(self) -> BusState:
        """See Bus."""
        return BusState(
            name=self.name,
            connected=self._connected,
            since=self._since,
            dropped=self._outbox.dropped,
            gaps=self._gaps,
            waiting=self._outbox.size,
            error=self._error,
        )

    async def _keep(self) -> None:
        shortest, longest = BACKOFF
        pause = shortest
        while True:
            error = await self._live_once()
            if self._connected:
                pause = shortest
            if self._connected or not self._tried.is_set():
                log.warning("redis is away, going on without it: %s", error)
            self._becomes(connected=False, error=error)
            self._tried.set()
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    async def _live_once(self) -> str:
        # No socket_timeout: with it redis-py calls asyncio.wait_for, which in Python 3.11 may swallow a cancellation.
        # The link bounds its waits itself.
        client = Redis.from_url(
            self._url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=CONNECT_TIMEOUT,
            socket_timeout=None,
        )
        try:
            await Link(client, self._prefix, self._process, self._outbox, self).run()
        except (RedisError, OSError, TimeoutError, LinkBroken) as error:
            return str(error) or type(error).__name__
        finally:
            await client.aclose()

    def link_up(self) -> None:
        """See LinkOwner."""
        away = datetime.now(UTC) - self._since if self._since and self._tried.is_set() else None
        self._becomes(connected=True, error=None)
        self._tried.set()
        log.info("redis is connected" if away is None else f"redis is back after {away.total_seconds():.1f} s")
        if away is None:
            self._listeners.gap()  # nobody can have missed anything, but those who listen already look once
        else:
            self._gap()

    def link_message(self, topic: str, message: bytes) -> None:
        """See LinkOwner."""
        self._listeners.message(topic, message)

    def link_gap(self) -> None:
        """See LinkOwner."""
        self._gap()

    def _gap(self) -> None:
        self._gaps += 1
        self._listeners.gap()

    def _becomes(self, *, connected: bool, error: str | None) -> None:
        if connected != self._connected:
            self._connected, self._since = connected, datetime.now(UTC)
        self._error = error
