"""One websocket to the manager: the token goes there and nowhere else, a refusal is told, silence is not waited out."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidState, InvalidStatus, WebSocketException

from realtime.client.backoff import delay_after, delay_asked
from realtime.protocol.errors import ErrorAnswer
from realtime.protocol.live import Close
from realtime.protocol.wire import decode

DEAD_AFTER = 40.0
"""Seconds without any message, after which a connection is given up: heartbeats come every 15 s."""
PING_EVERY = 20.0
OPEN_TIMEOUT = 15.0
LARGEST = 4 * 1024 * 1024
"""Bytes of a message. They are at most 256 KiB, unless a single row is larger."""
LATER = frozenset({408, 425, 429})
"""Refusals that do not last, as do those from 500."""

_random = secrets.SystemRandom()


class Lost(Exception):
    """The connection has ended, or never came to be; it is worth coming back.

    `code`: of the close frame; `retry_after`: of a refusal that does not last; `after`: of the server's goodbye.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        retry_after: str | None = None,
        after: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self._retry_after = retry_after
        self._after = after

    def wait(self, attempt: int) -> float:
        """Seconds until the next try; `attempt`: how many came to nothing before."""
        luck = _random.random()
        if self._after is not None:
            return delay_asked(self._after, luck)
        return delay_after(self._retry_after, attempt, luck)


class Refused(Exception):
    """The manager will not have us: 401 without the right token, 403 from here, 404 for what does not exist."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@asynccontextmanager
async def opened(address: str, token: str | None, *, quiet: bool = False) -> AsyncIterator["Link"]:
    """A connection; raises Refused or Lost. `quiet`: nothing may come for long, so the server is pinged instead."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        connection = await _Connect(
            address,
            additional_headers=headers,
            compression=None,
            proxy=None,
            max_size=LARGEST,
            ping_interval=PING_EVERY if quiet else None,
            ping_timeout=PING_EVERY,
            open_timeout=OPEN_TIMEOUT,
        )
    except InvalidStatus as answer:
        raise _refusal(answer) from answer
    except (OSError, TimeoutError, EOFError, WebSocketException) as error:
        raise Lost(f"no manager at {address.partition('?')[0]}: {error or type(error).__name__}") from error
    try:
        yield Link(connection, None if quiet else DEAD_AFTER)
    finally:
        _leave(connection)


def _leave(connection: ClientConnection) -> None:
    """Say that we go, and do not wait for an answer: generators that are left may be closed when the loop ends."""
    with suppress(InvalidState):
        connection.protocol.send_close(Close.DONE)
        connection.send_data()
    connection.transport.close()


class _Connect(connect):
    """Redirects are not followed."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def _refusal(answer: InvalidStatus) -> Refused | Lost:
    status = answer.response.status_code
    try:
        message = decode(bytes(answer.response.body or b""), ErrorAnswer).error.message
    except msgspec.DecodeError:
        message = f"unexpected answer {status}"
    if status in LATER or status >= 500:
        return Lost(message, retry_after=answer.response.headers.get("Retry-After"))
    return Refused(status, message)


class Link:
    """An open connection."""

    def __init__(self, connection: ClientConnection, dead_after: float | None) -> None:
        self._connection = connection
        self._dead_after = dead_after

    async def receive(self) -> str:
        """The next message; raises Lost, also after too long without any."""
        try:
            async with asyncio.timeout(self._dead_after):
                message = await self._connection.recv()
        except TimeoutError as error:
            raise Lost(f"nothing heard for {self._dead_after:g} s") from error
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
            raise Lost("the connection was cut" if code is None else f"closed with {code}", code=code) from closed
        return message if isinstance(message, str) else message.decode(errors="replace")
