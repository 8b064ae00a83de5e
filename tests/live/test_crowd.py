"""Many at once, more than there is room for, and the goodbye to all of them."""

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.raw import Raw
from tests.live.served import Served

AT_ONCE = 2000
STAY = 1000
STUCK = 50


@pytest.fixture
def many_files() -> Iterator[None]:
    """A descriptor for each client."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < AT_ONCE + 500:
        pytest.skip(f"at most {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def ended(client: Raw) -> tuple[str, int]:
    """The last message and the close code."""
    said = (await client.message("bye"))["type"]
    code = await client.closed()
    client.writer.close()
    return said, code


@pytest.mark.timeout(90)
async def test_2000_that_come_at_once_are_served_and_1000_that_stay_hear_goodbye(
    tmp_path: Path, many_files: None
) -> None:
    served = Served(tmp_path)
    try:
        clients = await asyncio.gather(*(served.open() for _ in range(AT_ONCE)))
        assert Counter(client.status for client in clients) == {101: AT_ONCE}
        assert {(await client.message())["type"] for client in clients} == {"hello"}
        for client in clients[STAY:]:
            client.writer.transport.abort()
        stuck, listening = clients[:STUCK], clients[STUCK:STAY]
        for client in stuck:
            client.stop_reading()
        began = time.monotonic()
        endings = asyncio.gather(*(ended(client) for client in listening))
        assert await asyncio.to_thread(served.end) == 0
        assert time.monotonic() - began < 5
        assert set(await endings) == {("bye", 1012)}
        await served.leave()
    finally:
        served.process.kill()
        served.process.wait()


async def test_a_server_that_is_full_says_when_to_come_back(tmp_path: Path) -> None:
    served = Served(tmp_path, MAX_WEBSOCKETS="2")
    try:
        clients = await asyncio.gather(*(served.open() for _ in range(6)))
        assert Counter(client.status for client in clients) == {101: 2, 503: 4}
        refused = [client for client in clients if client.status == 503]
        assert all(2 <= int(client.headers["retry-after"]) <= 8 for client in refused)
        next(client for client in clients if client.status == 101).writer.transport.abort()
        while (await served.open()).status == 503:
            pass
        await served.leave()
        assert served.end() == 0
    finally:
        served.process.kill()
        served.process.wait()
