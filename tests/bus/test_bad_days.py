"""The rooms of two server processes over one store and one Redis, through its bad days: nobody misses anything."""

import asyncio
import logging
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from quart.testing import QuartClient

from realtime.app import open_house
from realtime.bus.outbox import BYTES
from realtime.bus.redis import RedisBus
from realtime.service.experiments import change_run, create_experiment, start_run
from realtime.settings import Settings
from realtime.store import rows
from realtime.store.changes import experiment_scope
from realtime.store.tx import Tx
from realtime.web.context import House
from realtime.web.edge import application
from tests.bus.redis_server import TestServer
from tests.bus.waiting import until
from tests.client import Client, bearer
from tests.feed.wires import OneByOne, Recorder

SCOPE = experiment_scope("demo")
MANY = 10_000
MEBIBYTE = b"x" * 1024 * 1024
WITHIN = 20.0
"""Seconds, generous: news are promised within 2 s, and what they took is printed."""
SMALL_BUFFER = '"pubsub 131072 65536 1"'
NORMAL_BUFFER = '"pubsub 33554432 8388608 60"'


class Installation:
    """Two processes' rooms, and who follows the experiment in each."""

    def __init__(self, houses: list[House], server: TestServer) -> None:
        self.houses = houses
        self.server = server
        self.wires: list[Recorder] = []
        self.following: list[asyncio.Task[int]] = []
        self.turn = 0

    def follow(self, house: House, wire: Recorder) -> None:
        """One more who watches."""
        self.wires.append(wire)
        self.following.append(asyncio.create_task(house.feed.follow(wire, SCOPE, MANY, None)))

    async def write(self, **params: str) -> int:
        """A new run, by the processes in turn; the position that everybody must reach."""
        self.turn += 1
        house = self.houses[self.turn % 2]
        await house.store.write(lambda tx: start_run(tx, "demo", None, None, dict(params), "ana"))
        found = await house.store.read(partial(rows.position, scope=SCOPE))
        assert found is not None
        return found[0]

    async def everybody_sees(self, day: str, times: int = 2) -> None:
        """News of each process reach every follower of both."""
        for _ in range(times):
            began = time.monotonic()
            seq = await self.write()
            await until(partial(self.all_stand_at, seq), WITHIN)
            print(f"{day}: everybody has it after {1000 * (time.monotonic() - began):.0f} ms")
            assert not any(task.done() for task in self.following)

    def all_stand_at(self, seq: int) -> bool:
        """Everybody has got as far as that."""
        return all(wire.seq >= seq for wire in self.wires)

    async def connected(self, now: bool) -> None:
        """Both processes have noticed how Redis is."""
        await until(lambda: all(house.bus.state().connected == now for house in self.houses), WITHIN)


@asynccontextmanager
async def opened(settings: Settings, server: TestServer) -> AsyncIterator[Installation]:
    """Two processes' rooms over the store of the settings."""
    async with AsyncExitStack() as stack:
        houses = []
        for name in ("1", "2"):
            bus = RedisBus(server.url, "test")
            await bus.start()
            stack.push_async_callback(bus.close)
            houses.append(await stack.enter_async_context(open_house(settings, bus, "redis", name)))
        installation = Installation(houses, server)
        yield installation
        for task in installation.following:
            task.cancel()
        await asyncio.gather(*installation.following, return_exceptions=True)


@pytest.fixture
async def installation(settings: Settings, empty_database: Path, server: TestServer) -> AsyncIterator[Installation]:
    """With an experiment that five follow in each process, and one who is slow."""
    settings.data_dir.mkdir(exist_ok=True)
    shutil.copyfile(empty_database, settings.data_dir / "batchboard.db")
    async with opened(settings, server) as installation:
        await installation.houses[0].store.write(lambda tx: create_experiment(tx, "demo", "", "", "ana"))
        for house in installation.houses:
            for wire in (*(Recorder() for _ in range(5)), OneByOne()):
                installation.follow(house, wire)
        await until(lambda: all(wire.seq >= 0 for wire in installation.wires))
        yield installation


async def probe(house: House) -> tuple[bool, list[str]]:
    """What /readyz and /metrics say of the bus."""
    app = application(house)
    async with app.test_app():
        client = Client(QuartClient(app), bearer(house.token), house)
        ready = await client.call("GET", "//readyz")
        assert ready.status == 200
        metrics = (await client.call("GET", "//metrics")).body.decode().splitlines()
    return ready.body["bus"]["connected"], [line for line in metrics if line.startswith("batchboard_bus")]


def change_many_runs(tx: Tx, params: dict[str, str]) -> None:
    """One commit whose news are larger than the small buffer."""
    for number in range(1, 21):
        change_run(tx, "demo", number, {"params": params}, "ana")


@pytest.mark.timeout(180)
async def test_nobody_misses_anything_whatever_befalls_redis(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    server = installation.server
    await installation.everybody_sees("a good day")

    with caplog.at_level(logging.INFO, "realtime.bus.redis"):
        server.kill()
        await installation.everybody_sees("killed", 3)
        await installation.connected(False)
        connected, metrics = await probe(installation.houses[0])
        assert not connected and 'batchboard_bus_connected{process="1"} 0' in metrics
        server.start()
        await installation.connected(True)
        await installation.everybody_sees("started again")
        connected, metrics = await probe(installation.houses[0])
        assert connected and {
            'batchboard_bus_connected{process="1"} 1',
            'batchboard_bus_gaps_total{process="1"} 1',
        } <= set(metrics)
    lines = [record.levelname for record in caplog.records if record.name == "realtime.bus.redis"]
    assert sorted(lines) == ["INFO"] * 2 + ["WARNING"] * 2, "one line each way in each process"

    server.freeze()
    try:
        await installation.everybody_sees("stands still", 3)
        await installation.connected(False)
    finally:
        server.thaw()
    await installation.connected(True)
    await installation.everybody_sees("goes on")

    assert server.command("FLUSHALL") == b"+OK\r\n"
    await installation.everybody_sees("flushed")

    for kind in ("pubsub", "normal"):
        assert server.command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes").startswith(b":")
        await installation.everybody_sees(f"{kind} connections cut")
    await installation.connected(True)

    server.kill()
    server.start()
    await installation.everybody_sees("restarted")
    await installation.connected(True)

    gaps = [house.bus.state().gaps for house in installation.houses]
    assert server.command("CONFIG", "SET", "client-output-buffer-limit", SMALL_BUFFER) == b"+OK\r\n"
    large = {"text": "x" * 12_000}
    await asyncio.gather(*(installation.write(**large) for _ in range(100)))
    await installation.houses[0].store.write(partial(change_many_runs, params=large))
    for _ in range(100):
        installation.houses[1].bus.publish("transitions:other", MEBIBYTE[:8192])
    await installation.everybody_sees("output buffers overrun")
    assert all(house.bus.state().gaps > before for house, before in zip(installation.houses, gaps, strict=True))
    assert server.command("CONFIG", "SET", "client-output-buffer-limit", NORMAL_BUFFER) == b"+OK\r\n"
    await installation.connected(True)
    await installation.everybody_sees("a good day again")

    _, entries = await installation.houses[0].store.read(lambda conn: rows.snapshot(conn, SCOPE, MANY))
    truth = {entry.key: entry.seq for entry in entries}
    assert len(truth) > 120
    for wire in installation.wires:
        assert wire.rows == truth
        assert wire.kinds().count("snapshot") == 1, "nobody had to begin anew"


async def test_memory_stays_flat_while_redis_is_away_and_everybody_sees_what_is_written(
    installation: Installation,
) -> None:
    installation.server.kill()
    await installation.connected(False)
    for house in installation.houses:
        for _ in range(4 * BYTES // len(MEBIBYTE)):
            house.bus.publish("transitions:other", MEBIBYTE)
        assert house.bus.state().waiting <= BYTES and house.bus.state().dropped
    await installation.everybody_sees("away, after many writes")
    installation.server.start()
    await installation.connected(True)
    await installation.everybody_sees("back")
    await until(lambda: not any(house.bus.state().waiting for house in installation.houses))
