"""Servers that tell many subscribers of changed rows: ours, and its baselines on the same rows."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from realtime.bus.server import binaries, start
from realtime.protocol.rows import RunRow
from realtime.protocol.wire import encode
from tests.bench import peers
from tests.bench.crowd import Step
from tests.bench.receivers import upgrade
from tests.bench.server import TOKEN, installed
from tests.bench.writer import EXPERIMENT, NUMBERS_FROM, Changes
from tests.ports import free_port

SOCKETIO = ("python-socketio==5.18.1", "uvicorn==0.54.0", "uvloop==0.23.0", "httptools==0.9.0", "websockets==17.4")
REDIS_CLIENT = "redis==8.1.0"
ROW = '"key":"run/'
"""In each row that arrives, once."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A server that is up. `publish` makes changes from another process and gives the monotonic seconds of each.
    `environ`: of our installation."""

    name: str
    port: int
    pid: int
    steps: list[Step]
    websocket: bool
    publish: Callable[[Changes], Awaitable[list[float]]]
    environ: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def own_redis() -> AsyncIterator[str]:
    """The address of a Redis."""
    for binary in binaries():
        if server := await start(binary):
            try:
                yield server.url
            finally:
                await server.close()
            return
    raise RuntimeError("there is no Redis on this machine")


@asynccontextmanager
async def ours(redis: str, runs: int, shown: int = 1, processes: int = 1) -> AsyncIterator[Contender]:
    """The server, an experiment of so many runs of which a snapshot has the newest `shown`, and a writer that is a
    process of the same installation."""
    async with installed(redis_url=redis, processes=str(processes)) as installation:
        await installation.client.post("/api/v1/experiments", json={"name": EXPERIMENT})

        async def publish(changes: Changes) -> list[float]:
            program = [sys.executable, "-m", "tests.bench.writer"]
            said = await talk(program, msgspec.json.encode(changes), dict(installation.environ))
            return msgspec.json.decode(said, type=list[float])

        await publish(Changes(first=1, count=0, each=1, pause=0.0, make=runs))
        path = f"/api/v1/experiments/{EXPERIMENT}/live?runs={shown}"
        step = Step(say=upgrade(path, TOKEN).decode(), hear='"last":true}')
        yield Contender(
            name="ours",
            port=installation.port,
            pid=installation.pid,
            steps=[step],
            websocket=True,
            publish=publish,
            environ=installation.environ,
        )


@asynccontextmanager
async def raw_tcp() -> AsyncIterator[Contender]:
    """The practical limit."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.raw_fanout", str(port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    stdin = process.stdin
    await process.stdout.readline()

    async def publish(changes: Changes) -> list[float]:
        done: list[float] = []
        began = time.monotonic()
        for place, number in enumerate(number for numbers in changes.commits() for number in numbers):
            await asyncio.sleep(began + place * changes.pause - time.monotonic())
            done.append(time.monotonic())
            stdin.write(row(number).hex().encode() + b"\n")
            await stdin.drain()
        return done

    try:
        steps = [Step(say="", hear="ready")]
        yield Contender(name="raw_tcp", port=port, pid=process.pid, steps=steps, websocket=False, publish=publish)
    finally:
        stdin.close()
        await process.wait()


@asynccontextmanager
async def socketio(redis: str) -> AsyncIterator[Contender | None]:
    """python-socketio with its Redis manager on uvicorn; None when it cannot be installed."""
    python = await asyncio.to_thread(peers.interpreter, *SOCKETIO, REDIS_CLIENT)
    if python is None:
        yield None
        return
    program = [str(python), str(Path(__file__).with_name("peer_socketio.py"))]
    port = free_port()
    process = await asyncio.create_subprocess_exec(*program, "serve", str(port), redis)

    async def publish(changes: Changes) -> list[float]:
        rows = [json.loads(row(number)) for numbers in changes.commits() for number in numbers]
        return [
            float(at)
            for at in json.loads(
                await talk([*program, "emit", redis], json.dumps({"rows": rows, "pause": changes.pause}).encode())
            )
        ]

    try:
        await _listens(port)
        masked = "\x81\x82\x00\x00\x00\x0040"
        path = "/socket.io/?EIO=4&transport=websocket"
        steps = [
            Step(say=upgrade(path, "").decode(), hear='"pingTimeout"'),
            Step(say=masked, hear='40{"sid"'),
        ]
        yield Contender(name="socketio", port=port, pid=process.pid, steps=steps, websocket=True, publish=publish)
    finally:
        process.kill()
        await process.wait()


def row(number: int) -> bytes:
    """What subscribers of ours are sent for a run that has changed."""
    return encode(
        RunRow(
            key=f"run/{number}",
            seq=NUMBERS_FROM + number,
            experiment=EXPERIMENT,
            number=number,
            started_at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
            ended_at=None,
            params={"n": NUMBERS_FROM + number},
            jobs={},
        )
    )


async def talk(program: list[str], said: bytes, environ: dict[str, str] | None = None) -> bytes:
    """What a program answers to that; raises RuntimeError when it fails."""
    process = await asyncio.create_subprocess_exec(
        *program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environ
    )
    answer, _ = await process.communicate(said)
    if process.returncode:
        raise RuntimeError(f"{program} ended with {process.returncode}")
    return answer


async def _listens(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
