"""A websocket over Hypercorn's transport itself: no coroutine and no queue between a frame and the system call, no task
that listens."""

import asyncio
import contextlib
from collections.abc import Callable
from contextvars import Context

from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Event, Ping
from wsproto.utilities import LocalProtocolError, ProtocolError

from realtime.feed.wire import SLOW_AFTER, Frame, Gone, Slow
from realtime.protocol.live import Close
from realtime.web.incoming import Incoming
from realtime.web.socket import LEFT, Serve, Socket
from realtime.web.stream import Stream

LEAVE_WITHIN = 2.0
"""Seconds that a client has to answer a close frame, after which the connection is cut."""
LONG = 1.0
"""Seconds of waiting that tell that the kernel's buffer was full: what it takes then was taken by the client."""


class StreamSocket(Socket):
    """Owner of a stream of Hypercorn."""

    __slots__ = ("_incoming", "_loop", "_stream", "_transport")

    def __init__(self, stream: Stream, left: Callable[[Socket], None]) -> None:
        super().__init__(left)
        self._stream = stream
        self._transport = stream.transport
        self._loop = asyncio.get_running_loop()
        self._incoming = Incoming()
        stream.owner = self

    def begin(self, serve: Serve) -> None:
        """Serve the stream, which has been accepted, in a coroutine of its own. Nothing of the request is kept for it:
        Quart's globals are not there."""
        if self._stream.closed:
            self.lost()
            return
        self._transport.set_write_buffer_limits(high=0)
        Context().run(self._stream.task_group.spawn, self._serve, serve)

    async def _serve(self, serve: Serve) -> None:
        if self.code is not None:
            return
        self._serving = asyncio.current_task()
        try:
            self.end(await self._served(serve))
        finally:
            self.end(Close.OVERLOAD)  # cancelled by somebody else: the process ends, or the connection has failed

    def write(self, frame: Frame) -> bool:
        """As in feed.Wire."""
        if self.code is not None or self._transport.is_closing():
            raise Gone
        if self._transport.get_write_buffer_size():
            return False
        self._transport.write(frame.packet)
        self.spoken = True
        return True

    async def send(self, frame: Frame) -> None:
        """As in feed.Wire."""
        await self._drained()
        self._transport.write(frame.packet)
        self.spoken = True
        await self._drained()

    async def _drained(self) -> None:
        """Wait until the kernel has taken everything; raises Slow when it takes nothing for SLOW_AFTER seconds."""
        began = self._loop.time()
        while self.code is None and not self._transport.is_closing():
            left = self._transport.get_write_buffer_size()
            if left:
                await self._less_than(left)
            if self._loop.time() - began > LONG:
                self.heard_at = self._loop.time()
            if not left:
                return
        raise Gone

    async def _less_than(self, left: int) -> None:
        try:
            async with asyncio.timeout(SLOW_AFTER):
                await self._stream.writer.drain()
        except TimeoutError:
            if self._transport.get_write_buffer_size() >= left:
                raise Slow from None
        except OSError:
            raise Gone from None

    def hear(self, data: bytes) -> bool:
        """As in stream.Owner."""
        self.heard_at = self._loop.time()
        code = self._incoming.data(data, self.heard_at)
        if code is not None:
            self._refuse(code)
            return False
        connection = self._stream.connection
        try:
            connection.receive_data(data)
            for event in connection.events():
                if isinstance(event, CloseConnection):
                    return self._parted(event)
                code = self._incoming.event(event)
                if code is not None:
                    self._refuse(code)
                    return False
                if isinstance(event, Ping) and not self._transport.get_write_buffer_size():
                    self._say(event.response())
        except ProtocolError:
            self._refuse(Close.PROTOCOL)
        return False

    def _parted(self, event: CloseConnection) -> bool:
        state = self._stream.connection.state
        if state in (ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING):  # wsproto's word for a frame that is none
            self._refuse(Close.BAD_TEXT if event.code == Close.BAD_TEXT else Close.PROTOCOL)
            return False
        if state is ConnectionState.REMOTE_CLOSING:
            self._say(event.response())
        self._close(LEFT)
        self._loop.call_later(LEAVE_WITHIN, self.cut)
        return True

    def _refuse(self, code: Close) -> None:
        """Say why, and listen no more: what else the client sends stays with it."""
        self.end(code)
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def end(self, code: int, last: Frame | None = None) -> None:
        """As in Socket."""
        if self.code is not None:
            return
        self._close(code)
        if not self._transport.is_closing():
            if last is not None and self.spoken:
                self._transport.write(last.packet)
            self._say(CloseConnection(code=code))
        self._loop.call_later(LEAVE_WITHIN, self.cut)

    def cut(self) -> None:
        """As in Socket."""
        self._transport.abort()
        self.lost()

    def lost(self) -> None:
        """As in Socket. Nothing is left to the garbage collector, which hardly ever runs over what lives long."""
        super().lost()
        self._stream.closed = True
        self._stream.owner = None

    def ping(self) -> None:
        """As in Socket: nothing is sent while the client has not taken what it was sent before."""
        if self.code is None and not self._transport.is_closing() and not self._transport.get_write_buffer_size():
            self._say(Ping())

    def _say(self, event: Event) -> None:
        with contextlib.suppress(LocalProtocolError):
            self._transport.write(self._stream.connection.send(event))
