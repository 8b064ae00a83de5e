"""A program that posts to a server as fast as it answers, over a few connections that stay open.

`python -m tests.bench.posting`; a Plan as JSON on standard input, a Posted as JSON on standard output.
"""

import asyncio
import re
import sys
import time
from functools import partial
from typing import cast

import msgspec
import uvloop

WARMING = 1.0
"""Seconds at the beginning that do not count."""
NUMBER = "$N"
APART = 1_000_000
"""The numbers of two connections never meet."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Plan(msgspec.Struct, frozen=True):
    """Each connection posts `bodies[i]` to `paths[i]` for `seconds`; NUMBER in a body is another number each time."""

    port: int
    seconds: float
    paths: list[str]
    bodies: list[str]


class Posted(msgspec.Struct, frozen=True):
    """`accepted`: answered with status 200; times in ms."""

    accepted: int
    refused: int
    seconds: float
    median_ms: float
    p99_ms: float
    longest_ms: float
    answer: str


class Connection(asyncio.Protocol):
    """Posts, waits for the answer, posts again."""

    def __init__(self, plan: Plan, place: int, number: int) -> None:
        head = f"POST {plan.paths[place]} HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\nContent-Type: application/json\r\n"
        self._head = head.encode()
        self._body = plan.bodies[place]
        self._number = number
        self._since = 0.0
        self._came = b""
        self.took: list[tuple[float, float]] = []
        """(when, how long) of what was accepted."""
        self.refused = 0
        self.answer = b""
        self.stopped = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first post."""
        self._transport = cast(asyncio.Transport, transport)
        self._post()

    def _post(self) -> None:
        if self.stopped:
            self._transport.close()
            return
        self._number += 1
        body = self._body.replace(NUMBER, str(self._number)).encode()
        self._since = time.monotonic()
        self._transport.write(self._head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def data_received(self, data: bytes) -> None:
        """Count a whole answer and go on."""
        self._came += data
        head, end, body = self._came.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or (length and len(body) < int(length[1])):
            return
        now = time.monotonic()
        if self._came.startswith(b"HTTP/1.1 200"):
            self.took.append((now, now - self._since))
        else:
            self.refused += 1
        self.answer, self._came = body, b""
        self._post()

    def connection_lost(self, error: Exception | None) -> None:
        """A connection that the server ended before its time is a failed measurement."""
        if self.stopped:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error or ConnectionResetError("closed by the server"))


async def post(plan: Plan) -> Posted:
    """Post as planned; raises OSError when a connection is lost."""
    loop = asyncio.get_running_loop()
    connections: list[Connection] = []
    for place in range(len(plan.paths)):
        made = partial(Connection, plan, place, APART * (place + 1))
        _, connection = await loop.create_connection(made, "127.0.0.1", plan.port)
        connections.append(connection)
    began = time.monotonic() + WARMING
    await asyncio.sleep(WARMING + plan.seconds)
    for connection in connections:
        connection.stopped = True
    over = time.monotonic()
    await asyncio.wait_for(asyncio.gather(*(connection.ended for connection in connections)), 60)
    took = sorted(took for connection in connections for at, took in connection.took if began <= at <= over)
    return Posted(
        accepted=len(took),
        refused=sum(connection.refused for connection in connections),
        seconds=over - began,
        median_ms=_ms(took, 0.5),
        p99_ms=_ms(took, 0.99),
        longest_ms=_ms(took, 1.0),
        answer=connections[0].answer[:200].decode(),
    )


def _ms(took: list[float], share: float) -> float:
    return round(took[min(len(took) - 1, int(len(took) * share))] * 1000, 2) if took else 0.0


if __name__ == "__main__":
    found = uvloop.run(post(msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)))
    sys.stdout.buffer.write(msgspec.json.encode(found))
