"""A subscription that Redis cuts off, or that goes deaf, is noticed: nothing is lost silently."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from realtime.bus.outbox import BYTES, MESSAGES
from realtime.bus.redis import RedisBus
from tests.bus.deaf import DeafProxy
from tests.bus.hearing import Hearing
from tests.bus.redis_server import TestServer
from tests.bus.waiting import PATIENCE, until

ROOT = Path(__file__).parents[2]
Pair = tuple[RedisBus, RedisBus]
LARGE = b"x" * 8 * 1024
SMALL_BUFFER = '"pubsub 262144 131072 1"'


async def test_an_output_buffer_overrun_is_told_as_a_gap_and_passes(server: TestServer, pair: Pair) -> None:
    one, other = pair
    here, there = Hearing(one), Hearing(other)
    assert server.command("CONFIG", "SET", "client-output-buffer-limit", SMALL_BUFFER) == b"+OK\r\n"
    for _ in range(500):
        one.publish("changes:x", LARGE)
    await until(lambda: here.gaps and there.gaps)
    assert there.messages.count(LARGE) < 500
    assert other.state().gaps == there.gaps
    assert len(here.heard) == 500, "own listeners have heard everything at once"
    published = await published_until(one, lambda: b"back" in there.messages)
    assert here.messages.count(b"back") == published


async def published_until(bus: RedisBus, heard: Callable[[], bool]) -> int:
    """Publish until somebody has heard; how often. A connection that Redis is about to cut takes messages along."""
    published = 0
    async with asyncio.timeout(PATIENCE):
        while not heard():
            bus.publish("changes:x", b"back")
            published += 1
            await asyncio.sleep(0.1)
    return published


@pytest.fixture
async def proxy(server: TestServer, tmp_path: Path) -> AsyncIterator[DeafProxy]:
    """A way to the server on which answers can get lost without a word."""
    async with DeafProxy(server.url.removeprefix("unix://")) as proxy:
        yield proxy


async def test_a_subscription_that_has_gone_deaf_is_noticed_by_its_heartbeat(
    server: TestServer, proxy: DeafProxy
) -> None:
    one, other = RedisBus(server.url, "test"), RedisBus(proxy.url, "test")
    await one.start()
    await other.start()
    there = Hearing(other)
    proxy.deafen_subscriptions()
    one.publish("a", b"lost")
    await until(lambda: not other.state().connected)
    assert one.state().connected
    assert there.messages == []
    await until(lambda: other.state().connected and there.gaps)
    one.publish("a", b"heard")
    await until(lambda: there.messages == [b"heard"])
    await one.close()
    await other.close()


@pytest.mark.parametrize("size", [8 * 1024, 32 * 1024])
async def test_a_process_that_stood_still_while_redis_cut_it_off_learns_of_the_gap(
    server: TestServer, size: int
) -> None:
    bus = RedisBus(server.url, "test")
    await bus.start()
    assert server.command("CONFIG", "SET", "client-output-buffer-limit", SMALL_BUFFER) == b"+OK\r\n"
    program = (sys.executable, "-m", "tests.bus.listening", server.url, "test")
    process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    try:
        await said(process.stdout, "ready")
        process.send_signal(signal.SIGSTOP)
        subscriptions = number_of_subscriptions(server)
        while number_of_subscriptions(server) == subscriptions:
            bus.publish("changes:x", b"x" * size)
            await until(lambda: not bus.state().waiting)
        process.send_signal(signal.SIGCONT)
        await said(process.stdout, "gap")
        back = asyncio.create_task(said(process.stdout, "back"))
        await published_until(bus, back.done)
        await back
    finally:
        process.kill()
        await process.wait()
        await bus.close()


async def said(output: asyncio.StreamReader, wanted: str) -> None:
    """Read on until the process says it."""
    async with asyncio.timeout(PATIENCE):
        while (line := (await output.readline()).decode().strip()) != wanted:
            assert line, "the process has ended"


def number_of_subscriptions(server: TestServer) -> int:
    """Connections that listen."""
    return server.command("CLIENT", "LIST", "TYPE", "pubsub").count(b"id=")


async def test_flushing_everything_is_no_fault(server: TestServer, pair: Pair) -> None:
    one, other = pair
    there = Hearing(other)
    assert server.command("FLUSHALL") == b"+OK\r\n"
    one.publish("a", b"1")
    await until(lambda: there.messages == [b"1"])
    assert there.gaps == 0 and other.state().connected


async def test_memory_stays_flat_while_redis_is_away(server: TestServer, pair: Pair) -> None:
    one, other = pair
    there = Hearing(other)
    server.kill()
    await until(lambda: not one.state().connected)
    for number in range(3 * MESSAGES):
        one.publish("changes:x", b"%05d" % number)
    assert one.state().waiting == 5 * MESSAGES
    for _ in range(3 * BYTES // len(LARGE)):
        one.publish("changes:x", LARGE)
    assert one.state().waiting <= BYTES
    server.start()
    await until(lambda: one.state().connected and not one.state().waiting)
    await until(lambda: there.gaps >= 1 and other.state().connected)
    assert one.state().dropped >= 3 * MESSAGES
