"""From the POST of a report to its arrival at every subscriber, beside a raw TCP fan-out of the same bytes."""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

import httpx

from tests.bench.receivers import Receiver, close, connect, upgrade
from tests.bench.server import TOKEN, job_address, serving
from tests.ports import free_port

SUBSCRIBERS = {1: 100, 100: 40, 1000: 25}
"""How many subscribers, and how many posts are measured with them."""
PAUSE = 0.05
"""Seconds between two posts, so that each is measured alone."""


async def measure() -> None:
    """Print a line for each number of subscribers."""
    async with serving() as client:
        address = await job_address(client)
        port = client.base_url.port
        assert port is not None
        for count, posts in SUBSCRIBERS.items():
            greeting = upgrade("/api/v1/experiments/bench/live", TOKEN)
            receivers = await connect(port, count, greeting)
            ours = await _latencies(receivers, posts, _poster(client, address))
            message = receivers[0].message
            close(receivers)
            raw = await _raw(count, posts, message)
            line = {
                "bench": "report POST to subscribers",
                "subscribers": count,
                "posts": posts,
                "bytes": len(message),
                "median_ms": _ms(statistics.median(ours)),
                "p99_ms": _ms(_p99(ours)),
                "raw_tcp_median_ms": _ms(statistics.median(raw)),
                "raw_tcp_p99_ms": _ms(_p99(raw)),
                "ratio_median": round(statistics.median(ours) / statistics.median(raw), 2),
                "ratio_p99": round(_p99(ours) / _p99(raw), 2),
            }
            print(json.dumps(line), flush=True)


Send = Callable[[int], Awaitable[bytes]]


def _poster(client: httpx.AsyncClient, address: str) -> Send:
    async def post(value: int) -> bytes:
        answer = await client.post(address, json={"counters": {"Bench": [value, "red"], "Random Char": "Q"}})
        assert answer.status_code == 200, answer.text
        return b""

    return post


async def _latencies(receivers: list[Receiver], posts: int, send: Send) -> list[float]:
    """Seconds from the start of each sending to each arrival; the first sending warms up and does not count."""
    found: list[float] = []
    for number in range(posts + 1):
        value = 100_000 + number
        for receiver in receivers:
            receiver.expect(f'"value":{value},'.encode())
        start = time.monotonic()
        sending = asyncio.ensure_future(send(value))
        arrivals = await asyncio.wait_for(asyncio.gather(*(receiver.arrived for receiver in receivers)), 30)
        await sending
        if number:
            found += [arrival - start for arrival in arrivals]
        await asyncio.sleep(PAUSE)
    return found


async def _raw(count: int, posts: int, message: bytes) -> list[float]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.raw_fanout",
        str(port),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    await process.stdout.readline()
    stdin = process.stdin
    shape = message[: message.rindex(b'"value":') + 8] if b'"value":' in message else message

    async def send(value: int) -> bytes:
        filler = b" " * max(0, len(message) - len(shape) - 7)
        stdin.write((shape + f"{value},".encode() + filler).hex().encode() + b"\n")
        await stdin.drain()
        return b""

    try:
        receivers = await connect(port, count, b"")
        found = await _latencies(receivers, posts, send)
        close(receivers)
    finally:
        stdin.close()
        await process.wait()
    return found


def _p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
