"""Clients that say nothing, with the real server in this process and short times."""

import asyncio
import gc
from contextlib import suppress

import pytest
from hypercorn.asyncio.tcp_server import TCPServer

from realtime.protocol.live import Close
from realtime.web.context import House
from realtime.web.socket import Socket
from realtime.web.sockets import LOOK_EVERY, PING_EVERY, SILENT_AFTER
from realtime.web.stream import Stream
from realtime.web.stream_socket import LEAVE_WITHIN
from tests.bus.waiting import until
from tests.client import Client
from tests.conftest import TOKEN
from tests.live.raw import CLOSE, PING, PONG, SITE, TEXT, Raw, connected, frame, upgrade


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Websockets are looked after often."""
    monkeypatch.setattr("realtime.web.sockets.LOOK_EVERY", 0.02)
    monkeypatch.setattr("realtime.web.sockets.PING_EVERY", 0.1)
    monkeypatch.setattr("realtime.web.sockets.SILENT_AFTER", 0.5)
    monkeypatch.setattr("realtime.web.stream_socket.LEAVE_WITHIN", 0.2)


def test_a_dead_client_is_gone_within_a_minute() -> None:
    assert SILENT_AFTER + LOOK_EVERY + LEAVE_WITHIN < 60
    assert SILENT_AFTER > 2 * PING_EVERY


async def answering(client: Raw) -> None:
    """Answer every ping."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            opcode, payload = await client.next()
            if opcode == PING:
                client.say(frame(PONG, payload))


async def test_a_client_that_does_not_answer_pings_is_ended_and_others_stay(house: House, port: int) -> None:
    lively = await connected(port, upgrade(SITE, TOKEN))
    talking = asyncio.create_task(answering(lively))
    silent = await connected(port, upgrade(SITE, TOKEN))
    await until(lambda: len(house.sockets) == 2)
    assert await silent.closed() == 4408
    await until(lambda: len(house.sockets) == 1)  # it never answered the close frame either
    assert house.sockets.stats().ended == {4408: 1}
    assert not talking.done()
    lively.writer.close()
    silent.writer.close()
    await talking


async def test_news_are_written_in_passing_to_a_client_that_has_taken_all_before(client: Client, port: int) -> None:
    """The shortcut through Hypercorn is in effect: without it every message needs the connection's own coroutine."""
    watching = await connected(port, upgrade(SITE, TOKEN))
    await watching.message("snapshot")
    for name in "abc":
        await client.post("/experiments", {"name": name})
        await watching.message("delta")
    assert client.house.feed.stats().fell_behind == 0
    watching.writer.close()


async def test_a_client_that_takes_nothing_is_ended_as_slow(
    client: Client, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.web.stream_socket.SLOW_AFTER", 0.1)
    await client.prepare(runs=0)
    for _ in range(30):
        await client.post("/experiments/demo/runs", {"params": {"note": "x" * 15_000}})
    stuck = await connected(port, upgrade("/api/v1/experiments/demo/live", TOKEN), receive_buffer=4096)
    stuck.stop_reading()
    await until(lambda: client.house.sockets.stats().ended == {4008: 1})
    stuck.writer.transport.abort()


async def test_what_is_left_open_at_the_end_is_cut_off(house: House, port: int) -> None:
    stuck = [await connected(port, upgrade(SITE, TOKEN)) for _ in range(3)]
    for client in stuck:
        await client.message("hello")
    await house.sockets.close(0.05)
    assert len(house.sockets) == 0
    for client in stuck:
        assert (await client.message("bye"))["after"][1] >= 500
        assert await client.closed() == 1012
        client.writer.close()


async def test_hello_comes_first_or_nothing_does(house: House, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def not_yet(*_: object) -> int:
        await asyncio.Event().wait()
        return 0

    monkeypatch.setattr(house.feed, "follow", not_yet)
    client = await connected(port, upgrade(SITE, TOKEN))
    await until(lambda: len(house.sockets) == 1)
    closing = asyncio.create_task(house.sockets.close(1.0))
    opcode, payload = await client.next()
    assert (opcode, payload[:2]) == (CLOSE, (1012).to_bytes(2, "big"))
    client.writer.close()
    await closing


async def test_a_mistake_of_the_server_ends_one_socket_and_says_so(
    house: House, port: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def wrong(*_: object) -> int:
        raise ValueError("a mistake")

    with monkeypatch.context() as mistaken:
        mistaken.setattr(house.feed, "follow", wrong)
        client = await connected(port, upgrade(SITE, TOKEN))
        assert await client.closed() == Close.FAULT
        client.writer.close()
    assert "a websocket has failed" in caplog.text
    other = await connected(port, upgrade(SITE, TOKEN))
    await other.message("hello")
    other.writer.close()


async def test_a_connection_that_has_ended_leaves_nothing_for_the_garbage_collector(house: House, port: int) -> None:
    gc.collect()
    gc.disable()
    try:
        for said in (frame(CLOSE, b"\x03\xe8"), frame(TEXT, b"?"), b""):
            client = await connected(port, upgrade(SITE, TOKEN))
            await client.message("snapshot")
            client.say(said)
            client.writer.close()
        await until(lambda: not [one for one in gc.get_objects() if isinstance(one, TCPServer | Stream | Socket)])
    finally:
        gc.enable()
