"""Hypercorn's HTTP over connections that we take ourselves, and an end that leaves nobody without an answer.

Hypercorn's own loop closes connections that it has taken and not heard yet, and on Python 3.12 and later it waits for
ever for open websockets; so its parts are put together here.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework, LifespanState

from realtime.server.accepting import Acceptor

logger = logging.getLogger(__name__)

FIRST_WORD = 0.2
"""Seconds in which a connection that was taken just before the end may still send its request."""
LAST_ANSWER = 1.0
"""Seconds in which requests under way are answered."""


async def serve(
    app: ASGIFramework,
    config: Config,
    listening: socket.socket,
    serving: Callable[[], None],
    told_to_end: Awaitable[object],
    goodbye: Callable[[], Awaitable[None]],
) -> None:
    """Serve `app` until `told_to_end` is over. `serving` is called when connections are taken; `goodbye` ends what
    stays open by itself."""
    loop = asyncio.get_running_loop()
    wrapped = ASGIWrapper(app)
    state: LifespanState = {}
    lifespan = Lifespan(wrapped, config, loop, state)
    living = loop.create_task(lifespan.handle_lifespan(), name="lifespan")
    await lifespan.wait_for_startup()
    context = WorkerContext(None)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = TCPServer(wrapped, loop, config, context, state, reader, writer)
        try:
            await connection
        finally:
            # Its parts know each other, and the garbage collector hardly ever looks at what has lived long.
            vars(connection).clear()

    acceptor = Acceptor(listening, converse)
    acceptor.open()
    try:
        serving()
        await told_to_end
        acceptor.close()
        config.keep_alive_max_requests = 0  # from now on every answer asks the client to come back by a new connection
        if acceptor.connections:
            await asyncio.gather(goodbye(), asyncio.sleep(FIRST_WORD))
        await context.terminated.set()
        if acceptor.connections:
            await asyncio.wait(acceptor.connections, timeout=LAST_ANSWER)
    finally:
        acceptor.close()
        left = list(acceptor.connections)
        for connection in left:
            connection.cancel()
        if left:
            await asyncio.wait(left, timeout=LAST_ANSWER)
        await lifespan.wait_for_shutdown()
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
