"""A manager for several tests."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from realtime.server.config import hypercorn_config
from realtime.server.serving import serve
from realtime.web.context import House
from realtime.web.edge import application
from tests.live.served import Served


@pytest.fixture(scope="package")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Whatever clients did to it, it ends well."""
    manager = Served(tmp_path_factory.mktemp("served"))
    try:
        yield manager
        assert manager.end() == 0
    finally:
        manager.process.kill()
        manager.process.wait()


@pytest.fixture
async def served(manager: Served) -> AsyncIterator[Served]:
    """Without the connections of other tests."""
    yield manager
    await manager.leave()


@pytest.fixture
async def port(house: House) -> AsyncIterator[int]:
    """Of a server in this process."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    end, begun = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(
        serve(application(house), hypercorn_config(), listening, begun.set, end.wait(), lambda: house.sockets.close(1))
    )
    await begun.wait()
    yield int(listening.getsockname()[1])
    end.set()
    await serving
