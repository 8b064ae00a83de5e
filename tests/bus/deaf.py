"""A way to a Redis on which answers to subscribers can get lost, as behind a dead network: no error, no end."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self


class DeafProxy:
    """A unix socket in front of a server's unix socket."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._folder = Path(tempfile.mkdtemp(prefix="bus-"))
        self.url = f"unix://{self._folder / 's'}"
        self._subscribed: set[asyncio.StreamWriter] = set()
        self._deaf: set[asyncio.StreamWriter] = set()
        self._ways: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_unix_server(self._connected, self._folder / "s")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()
        for way in self._ways:
            way.cancel()
        await asyncio.gather(*self._ways, return_exceptions=True)
        shutil.rmtree(self._folder)

    def deafen_subscriptions(self) -> None:
        """Those that are open now hear nothing any more; others are served."""
        self._deaf |= self._subscribed

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self._server)
        for way in (self._ask(reader, to_server, writer), self._answer(from_server, writer)):
            going = asyncio.create_task(way)
            self._ways.add(going)
            going.add_done_callback(self._ways.discard)

    async def _ask(
        self, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter, asking: asyncio.StreamWriter
    ) -> None:
        try:
            while piece := await reader.read(65536):
                if b"SUBSCRIBE" in piece:
                    self._subscribed.add(asking)
                to_server.write(piece)
                await to_server.drain()
        finally:
            to_server.close()

    async def _answer(self, from_server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await from_server.read(65536):
                if writer not in self._deaf:
                    writer.write(piece)
                    await writer.drain()
        finally:
            writer.close()
