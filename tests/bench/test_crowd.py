"""The program that counts what arrives counts right, however the network cuts it."""

import asyncio
import json
import sys
from collections.abc import Callable

import msgspec
import pytest

from tests.bench.crowd import Noted, Plan, Step

ROWS = "".join(f'{{"key":"run/{number}","params":{{"n":{1_000_000 + number}}}}}' for number in range(50))
SUBSCRIBERS = 3


def frame(text: str) -> bytes:
    """A websocket text frame."""
    size = len(text)
    head = bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return head + text.encode()


async def watched(plan: Callable[[int], Plan], said: bytes, piece: int) -> Noted:
    """What a crowd notes when a server greets it, and then says that in small pieces."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 101 OK\r\n\r\n" + frame("ready"))
        await everybody.wait()
        for start in range(0, len(said), piece):
            writer.write(said[start : start + piece])
            await writer.drain()
            await asyncio.sleep(0.001)  # so that it arrives in pieces as well
        await reader.read()
        writer.close()

    everybody = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    crowd = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.crowd"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert crowd.stdin and crowd.stdout
    crowd.stdin.write(msgspec.json.encode(plan(server.sockets[0].getsockname()[1])) + b"\n")
    assert json.loads(await crowd.stdout.readline())["connected_s"] > 0
    everybody.set()
    noted = msgspec.json.decode(await crowd.stdout.readline(), type=Noted)
    crowd.stdin.close()
    assert await crowd.wait() == 0
    server.close()
    await server.wait_closed()
    return noted


def plan(note: str, mark: str, expected: int) -> Callable[[int], Plan]:
    """A plan for a port."""

    def on(port: int) -> Plan:
        made = {
            "port": port,
            "count": SUBSCRIBERS,
            "note": note,
            "mark": mark,
            "expected": expected,
            "websocket": False,
        }
        return msgspec.convert({**made, "steps": [Step(say="hello", hear="ready")]}, Plan)

    return on


@pytest.mark.parametrize("piece", [7, 1000])
async def test_a_row_is_counted_once_wherever_it_is_cut(piece: int) -> None:
    noted = await watched(plan("rows", '"key":"run/', 50), ROWS.encode(), piece)
    assert noted.rows == [50] * SUBSCRIBERS and noted.first <= noted.last and not noted.lost


@pytest.mark.parametrize("piece", [7, 1000])
async def test_every_numbered_change_has_one_arrival_for_each_subscriber(piece: int) -> None:
    noted = await watched(plan("times", '"key":"run/', 50), ROWS.encode(), piece)
    assert {number: len(arrivals) for number, arrivals in noted.times.items()} == {
        1_000_000 + number: SUBSCRIBERS for number in range(50)
    }


async def test_frames_are_kept_whole_and_equal_ones_once() -> None:
    texts = ["one", "two" * 100, "one", '{"type":"delta","last":1}']
    said = b"".join(map(frame, texts)) + b"\x89\x00"
    noted = await watched(plan("frames", '"last":1', 1), said, 5)
    for heard in noted.heard:
        assert [noted.frames[place] for place, _ in heard] == ["ready", *texts]
    assert len(noted.frames) == 4
