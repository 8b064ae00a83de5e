"""A websocket server that says what a test has written down: one script for each connection, the last one again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from realtime.protocol.wire import encode

Script = Callable[[ServerConnection], Awaitable[None]]


class Server:
    """`asked`: the query of each connection that came."""

    def __init__(self, scripts: list[Script | Response]) -> None:
        self.scripts = scripts
        self.asked: list[dict[str, str]] = []
        self.url = ""

    def refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        """An answer instead of the upgrade, where the script is one."""
        query = parse_qs(urlsplit(request.path).query)
        self.asked.append({name: values[0] for name, values in query.items()})
        script = self._script()
        return script if isinstance(script, Response) else None

    async def speak(self, connection: ServerConnection) -> None:
        """The script of this connection."""
        script = self._script()
        assert not isinstance(script, Response)
        await script(connection)

    def _script(self) -> Script | Response:
        return self.scripts[min(len(self.asked), len(self.scripts)) - 1]


@asynccontextmanager
async def scripted(*scripts: Script | Response) -> AsyncIterator[Server]:
    """It runs while somebody is inside."""
    server = Server(list(scripts))
    async with serve(server.speak, "127.0.0.1", 0, process_request=server.refuse) as listening:
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server


def says(*messages: object, then: Script | None = None) -> Script:
    """Sends the messages, then does `then`; by default the connection is cut."""

    async def script(connection: ServerConnection) -> None:
        for message in messages:
            await connection.send(encode(message).decode())
        await (then or cut)(connection)

    return script


async def cut(connection: ServerConnection) -> None:
    """No close frame."""
    await asyncio.sleep(0.05)  # what was sent is on its way
    connection.transport.abort()


async def stay(connection: ServerConnection) -> None:
    """Say nothing more."""
    await connection.wait_closed()


def answer(status: int, retry_after: str | None = None) -> Response:
    """A refusal before the upgrade."""
    from websockets.datastructures import Headers

    headers = Headers({"Content-Length": "0"} | ({"Retry-After": retry_after} if retry_after else {}))
    return Response(status, HTTPStatus(status).phrase, headers, b"")
