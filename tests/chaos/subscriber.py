"""Subscribers of different temper, in plain websockets code: they come, read, leave, sleep and come back."""

import asyncio
import random
import socket
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from realtime.protocol.live import MESSAGE_LIMIT
from tests.chaos.view import Broken, Held, View

DEAD_AFTER = 40.0
"""Seconds without a message after which a client gives a connection up."""
RUNS = 10_000


@dataclass(frozen=True, kw_only=True)
class Temper:
    """How a subscriber behaves. Ranges are seconds."""

    name: str
    reads_every: tuple[float, float] | None = None
    """pause before each message is read; None: read at once"""
    stays: tuple[float, float] | None = None
    """time after which it leaves without a word; None: until it is cut off"""
    sleeps: bool = False
    """it comes back with an older state of its own, or with a position that never was"""


TEMPERS = (
    Temper(name="steady"),
    Temper(name="slow", reads_every=(0.0, 1.5)),
    Temper(name="restless", stays=(0.2, 5.0)),
    Temper(name="sleeper", stays=(1.0, 6.0), sleeps=True),
)


class Subscriber:
    """One client: a view of a scope, followed for ever. `calm` ends its temper, and leaves its connection alone."""

    def __init__(
        self,
        name: str,
        address: str,
        token: str,
        view: View,
        temper: Temper,
        chance: random.Random,
        counts: Counter[str],
    ) -> None:
        self.name = f"{name} ({temper.name})"
        self.view = view
        self._address = address
        self._headers = {"Authorization": f"Bearer {token}"}
        self._temper = temper
        self._chance = chance
        self._counts = counts
        self._calm = asyncio.Event()
        self._past: deque[tuple[int, dict[str, Held]]] = deque(maxlen=4)

    @property
    def scope(self) -> str:
        """What it follows."""
        return self.view.scope

    @property
    def seq(self) -> int:
        """Where it stands."""
        return self.view.seq

    def differences(self, truth: dict[str, Any]) -> list[str]:
        """Where its rows are not those of the truth, in words."""
        return self.view.differences(truth)

    def calm(self) -> None:
        """From now on it reads at once and stays."""
        self._calm.set()

    async def run(self) -> None:
        """Follow until cancelled; raises Broken."""
        pause = 0.1
        while True:
            since, servable = self._position()
            self.view.begin(since, servable)
            query = f"?runs={RUNS}" + (f"&since={since}" if since else "")
            try:
                connection = await self._connected(query)
            except InvalidStatus as refusal:
                status = refusal.response.status_code
                self._counts[f"refused with {status}"] += 1
                if status not in (429, 503):
                    raise Broken(f"refused with {status}") from refusal
                pause = min(2 * pause, 2.0)
            except (OSError, TimeoutError, InvalidHandshake, EOFError):
                self._counts["no connection"] += 1
                pause = min(2 * pause, 2.0)
            else:
                self._counts["resumes" if since else "first visits"] += 1
                pause = 0.1
                await self._follow(connection)
            first, last = self.view.come_back or (0, 0)
            await asyncio.sleep(self._chance.uniform(first, min(last, 2000)) / 1000 + self._chance.uniform(0.0, pause))

    def _position(self) -> tuple[str | None, bool]:
        view = self.view
        if view.epoch is None or not self._temper.sleeps or self._calm.is_set():
            return view.position, True
        fate = self._chance.random()
        if fate < 0.15:
            return f"0123456789abcdef:{view.seq}", False
        if fate < 0.3:
            return f"{view.epoch}:{view.seq + 1_000_000}", False
        if self._past and fate < 0.9:
            view.go_back(*self._chance.choice(self._past))
        return view.position, True

    async def _connected(self, query: str) -> ClientConnection:
        slow = self._temper.reads_every is not None
        place = urlsplit(self._address)
        own = socket.socket()
        own.setblocking(False)
        if slow:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        async with asyncio.timeout(5):
            try:
                await asyncio.get_running_loop().sock_connect(own, (place.hostname, place.port))
            except BaseException:
                own.close()
                raise
            return await connect(
                self._address.replace("http", "ws", 1) + query,
                sock=own,
                additional_headers=self._headers,
                compression=None,
                max_size=MESSAGE_LIMIT,
                max_queue=1 if slow else 16,
                ping_interval=None,
                close_timeout=1,
                proxy=None,
            )

    async def _follow(self, connection: ClientConnection) -> None:
        loop = asyncio.get_running_loop()
        leave_at = loop.time() + self._chance.uniform(*self._temper.stays) if self._temper.stays else None
        try:
            while True:
                await self._be_slow()
                leaving = leave_at is not None and not self._calm.is_set()
                wait = max(0.0, (leave_at or 0.0) - loop.time()) if leaving else DEAD_AFTER
                try:
                    async with asyncio.timeout(wait):
                        message = await connection.recv()
                except TimeoutError:
                    if leaving and self._calm.is_set():
                        continue
                    self._counts["left" if leaving else "given up as dead"] += 1
                    return
                self._take(message)
        except ConnectionClosed as end:
            code = end.rcvd.code if end.rcvd else 1006
            self._counts[f"closed with {code}"] += 1
            if code not in (1006, 1012, 1013, 4008):
                raise Broken(f"closed with {code}: {end}") from end
            if end.sent and not end.rcvd_then_sent:
                raise Broken(f"the client had to close: {end}") from end
        finally:
            connection.transport.abort()

    async def _be_slow(self) -> None:
        if self._temper.reads_every is None or self._calm.is_set():
            return
        try:
            async with asyncio.timeout(self._chance.uniform(*self._temper.reads_every)):
                await self._calm.wait()
        except TimeoutError:
            return

    def _take(self, message: str | bytes) -> None:
        kind = self.view.take(message)
        self._counts["messages"] += 1
        self._counts[kind] += 1
        if kind == "delta" and self._temper.sleeps and self._chance.random() < 0.02:
            self._past.append((self.view.seq, dict(self.view.rows)))
