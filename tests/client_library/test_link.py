"""How connections end and begin again, in front of a server that goes by a script."""

import asyncio
import time

import pytest
from websockets.asyncio.server import ServerConnection

from realtime.client import Refused, backoff, link, subscribe
from realtime.protocol.live import Bye, Delta, Hello, Snapshot
from tests.client_library.scripted import answer, says, scripted, stay

HELLO = Hello(epoch="e", seq=5)
WHOLE = Snapshot(epoch="e", seq=5, rows=[], part=1, last=True)


def moved(start: int, end: int) -> Delta:
    return Delta(epoch="e", from_=start, to=end, put=[], drop=[("run/1", end)])


GREETING = says(HELLO, WHOLE, then=stay)


async def positions(url: str, count: int) -> list[str]:
    """Positions of so many changes."""
    found = []
    async with asyncio.timeout(10):
        async for change in subscribe(url, "x"):
            found.append(change.position)
            if len(found) == count:
                break
    return found


async def test_a_connection_that_was_cut_is_resumed_at_the_position() -> None:
    async with scripted(says(HELLO, WHOLE, moved(5, 6)), says(HELLO, moved(6, 8), then=stay)) as server:
        assert await positions(server.url, 3) == ["e:5", "e:6", "e:8"]
        assert [asked.get("since") for asked in server.asked] == [None, "e:6"]


async def test_a_delta_that_does_not_follow_on_is_asked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "SHORTEST", 60.0)
    async with scripted(says(HELLO, WHOLE, moved(7, 8), then=stay), says(HELLO, moved(5, 8), then=stay)) as server:
        assert await positions(server.url, 2) == ["e:5", "e:8"]
        assert server.asked[1]["since"] == "e:5"


async def test_a_goodbye_is_answered_by_coming_back_when_it_says() -> None:
    bye = Bye(code=1012, after=(0, 1))
    async with scripted(says(HELLO, WHOLE, bye, then=stay), says(HELLO, moved(5, 6), then=stay)) as server:
        assert await positions(server.url, 2) == ["e:5", "e:6"]


async def test_a_silent_connection_is_given_up_and_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "DEAD_AFTER", 0.2)
    async with scripted(GREETING, says(HELLO, moved(5, 6), then=stay)) as server:
        assert await positions(server.url, 2) == ["e:5", "e:6"]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_a_server_that_cannot_now_is_asked_again_after_a_while(status: int) -> None:
    async with scripted(answer(status, "1"), GREETING) as server:
        begin = time.monotonic()
        assert await positions(server.url, 1) == ["e:5"]
        assert time.monotonic() - begin >= 1


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404])
async def test_a_server_that_does_not_want_us_is_not_asked_again(status: int) -> None:
    async with scripted(answer(status), GREETING) as server:
        with pytest.raises(Refused) as refused:
            await positions(server.url, 1)
        assert refused.value.status == status
        assert len(server.asked) == 1


async def test_another_protocol_is_told_and_not_guessed_at() -> None:
    async with scripted(says(Hello(protocol="batchboard.v9", epoch="e", seq=1), then=stay)) as server:
        with pytest.raises(RuntimeError, match=r"batchboard\.v9"):
            await positions(server.url, 1)


async def test_who_leaves_says_so() -> None:
    codes: asyncio.Queue[int | None] = asyncio.Queue()

    async def noting(connection: ServerConnection) -> None:
        await GREETING(connection)
        await codes.put(connection.close_code)

    async with scripted(noting) as server:
        assert await positions(server.url, 1) == ["e:5"]
        assert await asyncio.wait_for(codes.get(), 10) == 1000
