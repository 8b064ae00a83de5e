"""A websocket the ordinary way, through Quart: for any server but Hypercorn, Quart's test client for one."""

import asyncio
from collections.abc import Callable

from quart import websocket

from realtime.feed.wire import SLOW_AFTER, Frame, Slow
from realtime.web.socket import Serve, Socket


class AsgiSocket(Socket):
    """Sends in the coroutine that serves, and never in passing."""

    __slots__ = ("_last",)

    def __init__(self, left: Callable[[Socket], None]) -> None:
        super().__init__(left)
        self._last: Frame | None = None

    async def run(self, serve: Serve) -> None:
        """Serve it until it ends."""
        self._serving = asyncio.create_task(self._serve(serve), name="websocket")
        try:
            await asyncio.wait([self._serving])
            if self._last is not None:
                await websocket.send(self._last.payload.decode())
            await websocket.close(self.code or 1000)
        finally:
            self.lost()

    async def _serve(self, serve: Serve) -> None:
        self.end(await self._served(serve))

    def write(self, frame: Frame) -> bool:
        """As in feed.Wire."""
        return False

    async def send(self, frame: Frame) -> None:
        """As in feed.Wire."""
        try:
            async with asyncio.timeout(SLOW_AFTER):
                await websocket.send(frame.payload.decode())
                self.spoken = True
        except TimeoutError:
            raise Slow from None

    def end(self, code: int, last: Frame | None = None) -> None:
        """As in Socket."""
        if self.code is None:
            self._last = last if self.spoken else None
            self._close(code)

    def cut(self) -> None:
        """As in Socket."""
        self.lost()

    def ping(self) -> None:
        """The server's business."""
