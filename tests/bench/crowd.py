"""A program that is many subscribers at once, at the level of bytes, so that it is not the limit of what it measures.

`python -m tests.bench.crowd`; a Plan as a line of JSON on standard input. It says `{"connected_s": ...}` when all are
ready, then a Noted as another line; it stays connected until standard input ends.
"""

import errno
import re
import resource
import select
import socket
import sys
import time
from typing import Literal, cast

import msgspec

AT_ONCE = 400
"""Connections that are being made at a time."""
ROOM = 256 * 1024
PONG = b"\x8a\x80\x00\x00\x00\x00"
PONG_EVERY = 12.0
"""Seconds: unasked pongs keep a websocket alive."""
DELTA = b'{"type":"delta"'
NUMBERED = re.compile(rb'"n":(\d{7})')
NUMBERED_SIZE = 11


class Step(msgspec.Struct, frozen=True):
    """What a client says, and what it hears before it goes on; bytes as Latin-1."""

    say: str
    hear: str


class Plan(msgspec.Struct, frozen=True):
    """`note`: `times`, when which numbered change arrived; `rows`, how often `mark` came; `frames`, all that was said.

    Over when each connection has `expected` numbered changes, marks, or the text `mark`, or nothing more comes for
    `patience` seconds.
    """

    port: int
    count: int
    steps: list[Step]
    note: Literal["times", "rows", "frames"]
    mark: str
    expected: int
    patience: float = 10.0
    websocket: bool = True


class Noted(msgspec.Struct, frozen=True):
    """`times`: number -> monotonic seconds of its arrivals; `rows`: for each connection; `frames` and, for each
    connection, their places in it with the monotonic seconds of each arrival. `cpu`: CPU seconds of this program
    between `first` and `last`, the monotonic seconds of the arrivals."""

    times: dict[int, list[float]]
    rows: list[int]
    frames: list[str]
    heard: list[list[tuple[int, float]]]
    first: float
    last: float
    cpu: float
    lost: int
    """connections that the server ended"""


class Connection:
    """One subscriber."""

    def __init__(self, connecting: socket.socket) -> None:
        self.socket = connecting
        self.step = -1
        self.came = bytearray()
        self.tail = b""
        self.found = 0
        self.heard: list[tuple[int, float]] = []
        self.told = 0.0


class Crowd:
    """All of them, in one loop."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._steps = [(step.say.encode("latin-1"), step.hear.encode("latin-1")) for step in plan.steps]
        self._mark = plan.mark.encode()
        self._kept = (NUMBERED_SIZE if plan.note == "times" else len(self._mark)) - 1
        self._poll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._connecting = 0
        self._ready = 0
        self._complete = 0
        self._lost = 0
        self._room = bytearray(ROOM)
        self._view = memoryview(self._room)
        self._times: dict[int, list[float]] = {}
        self._places: dict[bytes, int] = {}
        self._first = self._last = 0.0
        self._cpu = self._cpu_first = 0.0

    def connect(self) -> float:
        """Seconds until all are ready."""
        began = time.monotonic()
        while self._ready < self._plan.count:
            while self._connecting < AT_ONCE and len(self._connections) < self._plan.count:
                self._open()
            self._turn()
            if self._lost or time.monotonic() - began > 60:
                sys.exit(f"{self._ready} of {self._plan.count} are ready, {self._lost} were ended by the server")
        return time.monotonic() - began

    def _open(self) -> None:
        one = socket.socket()
        one.setblocking(False)
        failed = one.connect_ex(("127.0.0.1", self._plan.port))
        if failed not in (0, errno.EINPROGRESS):
            raise OSError(failed, "cannot connect")
        self._connections[one.fileno()] = Connection(one)
        self._connecting += 1
        self._poll.register(one, select.EPOLLIN | select.EPOLLOUT)

    def watch(self) -> Noted:
        """Note what comes until all have everything."""
        self._last = time.monotonic()
        while self._complete < self._plan.count - self._lost and time.monotonic() - self._last < self._plan.patience:
            self._turn()
        return Noted(
            times=self._times,
            rows=[connection.found for connection in self._connections.values()],
            frames=[payload.decode() for payload in self._places],
            heard=[connection.heard for connection in self._connections.values()],
            first=self._first,
            last=self._last,
            cpu=self._cpu - self._cpu_first,
            lost=self._lost,
        )

    def _turn(self) -> None:
        for number, event in self._poll.poll(0.5, maxevents=self._plan.count):
            connection = self._connections[number]
            if event & select.EPOLLOUT:
                self._poll.modify(number, select.EPOLLIN)
                self._go_on(connection)
            elif connection.step < len(self._steps):
                self._greet(connection)
            else:
                self._hear(connection)
        self._cpu = time.process_time()

    def _go_on(self, connection: Connection) -> None:
        """Take the next step of the greeting."""
        connection.step += 1
        connection.told = time.monotonic()
        if connection.step < len(self._steps):
            connection.socket.send(self._steps[connection.step][0])
            return
        self._connecting -= 1
        self._ready += 1
        connection.tail = b" " * self._kept
        if self._plan.note == "frames":
            self._cut(connection, connection.told)
        else:
            connection.came = bytearray()

    def _greet(self, connection: Connection) -> None:
        data = self._receive(connection)
        connection.came += data
        if self._steps[connection.step][1] in connection.came:
            if self._plan.note == "frames" and connection.step == 0:
                del connection.came[: connection.came.index(b"\r\n\r\n") + 4]
            self._go_on(connection)

    def _receive(self, connection: Connection) -> bytes:
        """What has come; a connection that has ended is forgotten."""
        try:
            size = connection.socket.recv_into(self._view)
        except OSError:
            size = 0
        if not size:
            self._lost += 1
            self._complete -= connection.found >= self._plan.expected
            self._poll.unregister(connection.socket)
        return bytes(self._view[:size])

    def _hear(self, connection: Connection) -> None:
        data = self._receive(connection)
        now = time.monotonic()
        if self._plan.websocket and now - connection.told > PONG_EVERY:
            connection.told = now
            connection.socket.send(PONG)
        before = connection.found
        if self._plan.note == "frames":
            connection.came += data
            self._cut(connection, now)
        else:
            seen = connection.tail + data
            if self._plan.note == "rows":
                connection.found += seen.count(self._mark)
            else:
                for number in NUMBERED.findall(seen):
                    self._times.setdefault(int(number), []).append(now)
                    connection.found += 1
            connection.tail = seen[-self._kept :]
        if connection.found > before:
            if not self._first:
                self._first, self._cpu_first = now, time.process_time()
            self._last = now
            self._complete += before < self._plan.expected <= connection.found

    def _cut(self, connection: Connection, now: float) -> None:
        """Websocket frames that are whole; equal ones are kept once."""
        came, start = connection.came, 0
        while len(came) - start >= 2:
            size, head = came[start + 1], 2
            if size > 125:
                head = 4 if size == 126 else 10
                size = int.from_bytes(came[start + 2 : start + head], "big")
            if len(came) - start < head + size:
                break
            if came[start] == 0x81:
                payload = bytes(came[start + head : start + head + size])
                connection.heard.append((self._places.setdefault(payload, len(self._places)), now))
                connection.found += self._mark in payload
                self._last = now if payload.startswith(DELTA) else self._last
            start += head + size
        del came[:start]


def main() -> None:
    """Connect, watch, and stay until standard input ends."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    crowd = Crowd(msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan))
    for said in ({"connected_s": crowd.connect()}, cast(object, None)):
        sys.stdout.buffer.write(msgspec.json.encode(said or crowd.watch()) + b"\n")
        sys.stdout.buffer.flush()
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
