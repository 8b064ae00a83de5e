"""What clients must not do, and how it ends: each with the code that says what it was, and nobody else notices."""

import asyncio

import pytest

from tests.live.raw import BINARY, CONTINUATION, PING, PONG, SITE, TEXT, frame, upgrade
from tests.live.served import TOKEN, Served

MESSAGE = frame(TEXT, b'{"type":"hello"}')


async def lives(served: Served) -> None:
    """A client of good manners is served."""
    client = await served.open()
    assert (await client.message())["type"] == "hello"
    client.writer.close()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        pytest.param(MESSAGE * 21, 4429, id="more than 20 messages in a second"),
        pytest.param(frame(PING) * 21, 4429, id="more than 20 pings in a second"),
        pytest.param(frame(PONG) * 21, 4429, id="more than 20 pongs in a second"),
        pytest.param(frame(TEXT, final=False) + frame(CONTINUATION, final=False) * 2000, 4429, id="empty frames"),
        pytest.param(frame(TEXT, b"[1,"), 4400, id="no JSON"),
        pytest.param(frame(TEXT, b"[" * 60_000), 4400, id="deep JSON"),
        pytest.param(frame(BINARY, b"{}"), 4400, id="binary"),
        pytest.param(frame(TEXT, b"1" * 65_537), 1009, id="a message above 64 KiB"),
        pytest.param(
            frame(TEXT, b"1" * 40_000, final=False) + frame(CONTINUATION, b"1" * 40_000), 1009, id="in pieces"
        ),
        pytest.param(frame(TEXT, b"{}", masked=False), 1002, id="without a mask"),
        pytest.param(frame(0x3, b"{}"), 1002, id="an unknown opcode"),
        pytest.param(b"\xf1\x80\0\0\0\0", 1002, id="reserved bits"),
        pytest.param(frame(TEXT, b"\xff\xfe"), 1007, id="text that is no UTF-8"),
        pytest.param(frame(CONTINUATION, b"{}"), 1002, id="a continuation of nothing"),
        pytest.param(frame(PING, b"1" * 126), 1002, id="a long ping"),
        pytest.param(frame(0x8, b"\x00\x01"), 1002, id="a close code that is none"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 1002, id="HTTP"),
    ],
)
async def test_a_client_that_says_what_it_must_not_is_ended_with_the_reason(
    served: Served, said: bytes, code: int
) -> None:
    client = await served.open()
    await client.message()
    client.say(said)
    assert await client.closed() == code
    await lives(served)


async def test_a_client_that_was_ended_and_stays_is_cut_off(served: Served) -> None:
    client = await served.open()
    client.say(frame(BINARY, b"{}"))
    assert await client.closed() == 4400
    await client.gone()


async def test_what_a_client_may_say_has_no_consequence(served: Served) -> None:
    client = await served.open()
    client.say(frame(TEXT, b'{"a":', final=False), frame(PING, b"?"), frame(CONTINUATION, b"1}"), MESSAGE * 19)
    while True:
        opcode, payload = await client.next()
        if opcode == PONG:
            break
    assert payload == b"?"
    await asyncio.sleep(1.1)
    client.say(frame(TEXT, b'"' + b"1" * 65_534 + b'"'), frame(0x8, b"\x03\xe8"))
    assert await client.closed() == 1000
    await client.gone()


async def test_a_client_that_floods_and_never_reads_is_cut_off(served: Served) -> None:
    client = await served.open()
    memory = served.memory()
    noise = frame(TEXT, b"1" * 60_000) * 20

    async def flood() -> None:
        while True:
            client.say(noise)
            await client.writer.drain()

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(flood(), 15)
    assert served.memory() - memory < 4_000_000
    await lives(served)


async def test_frames_before_the_answer_are_no_websocket(served: Served) -> None:
    client = await served.ask(upgrade(SITE, TOKEN) + MESSAGE)
    assert client.status == 400
    await client.gone()
    await lives(served)


async def test_an_upgrade_that_is_none_does_not_keep_the_connection(served: Served) -> None:
    client = await served.open(Sec_WebSocket_Version="7")
    assert client.status == 400
    await client.gone()


async def test_there_is_no_way_around_by_http_2(served: Served) -> None:
    client = await served.ask(b"PRI * HTTP/2.0\r\nHost: localhost\r\n\r\nSM\r\n\r\n")
    assert client.status in (400, 404, 405)
    client.writer.close()


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (SITE, {"Authorization": "Bearer wrong"}, 401),
        (SITE, {"Origin": "https://evil.example"}, 403),
        (SITE, {"Host": "evil.example"}, 403),
        ("/api/v1/experiments/none/live", {}, 404),
        ("/api/v1/jobs/none/log/live", {}, 404),
        (SITE + "?runs=x", {}, 422),
    ],
)
async def test_refusals_come_before_the_upgrade(
    served: Served, path: str, headers: dict[str, str], status: int
) -> None:
    client = await served.open(path, **headers)
    assert client.status == status
    await client.gone()


async def test_a_client_may_leave_at_any_moment(served: Served) -> None:
    for _ in range(20):
        client = await served.open()
        client.writer.transport.abort()
    _, early = await asyncio.open_connection("127.0.0.1", served.port)
    early.write(upgrade(SITE, TOKEN))
    early.close()
    await lives(served)
