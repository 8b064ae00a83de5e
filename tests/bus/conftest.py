"""Buses over a real server."""

from collections.abc import AsyncIterator, Iterator

import pytest

from realtime.bus.base import Bus
from realtime.bus.in_process import InProcessBus
from realtime.bus.redis import RedisBus
from tests.bus.redis_server import TestServer, running_server


@pytest.fixture
def server() -> Iterator[TestServer]:
    """A running server."""
    with running_server() as server:
        yield server


@pytest.fixture
async def pair(server: TestServer) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    """The buses of two processes."""
    one, other = RedisBus(server.url, "test"), RedisBus(server.url, "test")
    await one.start()
    await other.start()
    assert one.state().connected
    assert other.state().connected
    yield one, other
    await one.close()
    await other.close()


@pytest.fixture(params=["in-process", "redis", "redis away"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    """Every bus there is, and the one whose server is not there."""
    match request.param:
        case "in-process":
            bus: Bus = InProcessBus()
        case "redis":
            bus = RedisBus(request.getfixturevalue("server").url, "test")
        case _:
            bus = RedisBus("unix:///nowhere/redis.sock", "test")
    await bus.start()
    yield bus
    await bus.close()
