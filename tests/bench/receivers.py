"""Connections that note when a marked message arrives: plain TCP, or a websocket with hardly any parsing."""

import asyncio
import time
from typing import cast

READY = b'"last":true}'
"""The end of a snapshot. (The raw server says something at once.)"""


class Receiver(asyncio.Protocol):
    """One connection. `arrived` is set with the time when `marker` has come in."""

    def __init__(self, greeting: bytes) -> None:
        self._greeting = greeting
        self._marker: bytes | None = None
        self._tail = b""
        self.ready = asyncio.get_running_loop().create_future()
        self.arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.message = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say what the server wants to hear."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._greeting)

    def expect(self, marker: bytes) -> None:
        """The next message that counts."""
        self._marker = marker
        self._tail = b""
        self.arrived = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        """Look for the marker; it may be cut by the network."""
        now = time.monotonic()
        seen = self._tail + data
        if not self.ready.done() and (READY in seen or not self._greeting):
            self.ready.set_result(None)
        if self._marker is not None and self._marker in seen:
            self._marker = None
            self.message = seen
            self.arrived.set_result(now)
        self._tail = seen[-200:] if self.ready.done() else seen

    def connection_lost(self, error: Exception | None) -> None:
        """A lost connection is a failed measurement for whoever waits."""
        for waiting in (self.ready, self.arrived):
            if not waiting.done() and self._marker is not None:
                waiting.set_exception(error or ConnectionResetError("closed by the server"))


def upgrade(path: str, token: str) -> bytes:
    """The request that opens a websocket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()


async def connect(port: int, count: int, greeting: bytes) -> list[Receiver]:
    """`count` connections that are ready."""
    loop = asyncio.get_running_loop()
    receivers: list[Receiver] = []
    for _ in range(0, count, 50):
        part = min(50, count - len(receivers))
        opened = await asyncio.gather(
            *(loop.create_connection(lambda: Receiver(greeting), "127.0.0.1", port) for _ in range(part))
        )
        receivers += [receiver for _, receiver in opened]
        await asyncio.wait_for(asyncio.gather(*(receiver.ready for _, receiver in opened)), 60)
    return receivers


def close(receivers: list[Receiver]) -> None:
    """End all connections."""
    for receiver in receivers:
        receiver.arrived.cancel()
        receiver.transport.abort()
