"""Hypercorn's side of a websocket, as far as ASGI does not show it: bytes that come in without a queue, a transport to
write to without a coroutine, an end that waits for the client's close frame.

Built on the inside of Hypercorn 0.18, which is pinned; a test holds that it is in effect.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol, cast

from hypercorn import protocol as hypercorn_protocol
from hypercorn.protocol import h11
from hypercorn.protocol.events import Body, Data, Event, StreamClosed
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from hypercorn.typing import ASGISendEvent

SCOPE_KEY = "batchboard.stream"


class Owner(Protocol):
    """Who has a stream that was accepted."""

    def hear(self, data: bytes) -> bool:
        """Bytes have come in; True when the client has said its last."""

    def lost(self) -> None:
        """The connection has ended."""


class Stream(WSStream):
    """Hypercorn's websocket until it has an owner: from its accept on the owner alone hears and speaks."""

    owner: Owner | None = None

    async def handle(self, event: Event) -> None:
        """What the connection says."""
        if isinstance(event, StreamClosed):
            if self.owner is not None:
                self.owner.lost()
            await super().handle(event)
        elif isinstance(event, Body | Data) and self.owner is not None and self.state is ASGIWebsocketState.CONNECTED:
            if self.owner.hear(event.data):
                await self._finish()
        elif not self.closed:
            await super().handle(event)
            if self.closed:  # refused: Hypercorn would leave the connection open
                self.closed = False
                await self._finish()

    async def _finish(self) -> None:
        await self.send(StreamClosed(stream_id=self.stream_id))

    async def app_send(self, message: ASGISendEvent | None) -> None:
        """What the application says; after the accept it has nothing to say any more."""
        if self.owner is None or self.state is not ASGIWebsocketState.CONNECTED:
            await super().app_send(message)

    @property
    def writer(self) -> asyncio.StreamWriter:
        """The connection's."""
        http = cast(Any, self.send).__self__
        return cast(asyncio.StreamWriter, http.send.__self__.writer)

    @property
    def transport(self) -> asyncio.Transport:
        """The connection's."""
        return cast(asyncio.Transport, self.writer.transport)


class OnlyHttp1(h11.H11Protocol):
    """HTTP/1.1 without a way to HTTP/2: its websockets would be ordinary streams, with none of our limits."""

    async def _check_protocol(self, event: Any) -> None:
        pass


def found_in(scope: Mapping[str, Any]) -> Stream | None:
    """The stream behind an ASGI scope, when the server is Hypercorn with `install`."""
    stream = scope.get(SCOPE_KEY)
    return stream if isinstance(stream, Stream) else None


def noted(scope: dict[str, Any], send: Any) -> dict[str, Any]:
    """The scope with its stream, which Hypercorn shows only as the owner of `send`."""
    return {**scope, SCOPE_KEY: getattr(send, "__self__", None)}


def install() -> None:
    """Make Hypercorn use all this, for the whole process."""
    vars(h11)["WSStream"] = Stream
    vars(hypercorn_protocol)["H11Protocol"] = OnlyHttp1
