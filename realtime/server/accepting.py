"""Connections from a listening socket that several processes share."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

A_TURN = 8
"""Connections taken in one turn of the loop: a process that is busy has fewer turns, and so takes fewer."""
AFTER_TROUBLE = 0.5
"""Seconds without a new connection when the kernel could not give one (too many open files, say)."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Acceptor:
    """Takes connections until closed, and runs `serve` over each in a coroutine of its own. What is not taken yet stays
    for the other processes that have the socket."""

    def __init__(self, listening: socket.socket, serve: Serve) -> None:
        self.connections: set[asyncio.Task[None]] = set()
        self._listening = listening
        self._serve = serve
        self._loop = asyncio.get_running_loop()
        self._open = False

    def open(self) -> None:
        """Take connections from now on."""
        self._listening.setblocking(False)
        self._open = True
        self._go_on()

    def close(self) -> None:
        """Take no more; the socket is closed in this process alone. Safe to repeat."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._listening)
            self._listening.close()

    def _go_on(self) -> None:
        if self._open:
            self._loop.add_reader(self._listening, self._take)

    def _rest(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening)
        self._loop.call_later(seconds, self._go_on)

    def _take(self) -> None:
        for _ in range(A_TURN):
            try:
                connection, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return  # another process was faster, or the client has gone
            except OSError as error:
                logger.error("no connection can be taken now: %s", error)
                self._rest(AFTER_TROUBLE)
                return
            connection.setblocking(False)
            task = self._loop.create_task(self._converse(connection), name="connection")
            self.connections.add(task)
            task.add_done_callback(self.connections.discard)

    async def _converse(self, connection: socket.socket) -> None:
        try:
            reader = asyncio.StreamReader(loop=self._loop)
            protocol = asyncio.StreamReaderProtocol(reader, loop=self._loop)
            transport, _ = await self._loop.connect_accepted_socket(lambda: protocol, connection)
        except OSError:
            connection.close()
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
        try:
            await self._serve(reader, writer)
        except Exception:
            logger.exception("a connection has failed")
        finally:
            writer.close()
