"""Whoever asks one process sees all of them."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from realtime.bus.in_process import InProcessBus
from realtime.domain.errors import Unavailable
from realtime.feed import Feed
from realtime.web.metrics import exposition, of_processes
from realtime.web.processes import FORGET_AFTER, TOPIC, Processes
from realtime.web.sockets import Sockets
from tests.bus.waiting import until
from tests.client import Client


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def another(client: Client, name: str, clock: Callable[[], float] | None = None) -> Processes:
    """A process beside that of `client`, on the same bus."""
    here = client.house
    more: dict[str, Any] = {} if clock is None else {"clock": clock}
    return Processes(name, here.bus, Feed(here.store, here.bus), Sockets(), **more)


async def metrics(client: Client) -> list[str]:
    """The lines of /metrics."""
    client.headers = {"Host": "localhost"}
    answer = await client.call("GET", "//metrics")
    assert answer.status == 200
    lines: list[str] = answer.body.decode().splitlines()
    return lines


async def test_metrics_show_every_process_that_tells_of_itself(client: Client) -> None:
    telling = asyncio.create_task(another(client, "2").run())
    await until(lambda: [report.name for report in client.house.processes.reports()] == ["1", "2"])
    lines = await metrics(client)
    for name in ("batchboard_subscribers", "batchboard_websockets", "batchboard_feed_passes_total"):
        assert {f'{name}{{process="1"}} 0', f'{name}{{process="2"}} 0'} <= set(lines)
    assert {'batchboard_bus_connected{process="1"} 1', "batchboard_store_up 1"} <= set(lines)
    telling.cancel()


async def test_metrics_count_websockets_subscribers_and_how_they_ended(client: Client) -> None:
    await client.prepare()
    async with client.quart.websocket("/api/v1/experiments/demo/live", headers=client.headers) as opened:
        assert "hello" in await opened.receive()
        assert "snapshot" in await opened.receive()
        report = client.house.processes.own()
        assert (report.websockets, report.subscribers, report.frames) == (1, 1, 2)
        await client.apply()
        assert "delta" in await opened.receive()
        assert client.house.processes.own().rows >= 1
        await client.house.sockets.close(2)
    await until(lambda: client.house.processes.own().websockets == 0)
    lines = await metrics(client)
    assert 'batchboard_websockets_ended_total{process="1",code="1012"} 1' in lines
    heads = [line for line in lines if line.startswith("# TYPE")]
    assert len(heads) == len(set(heads))


async def test_a_process_that_says_nothing_is_forgotten(client: Client) -> None:
    clock = Clock()
    here = another(client, "1", clock)
    listening = asyncio.create_task(here.run())
    telling = asyncio.create_task(another(client, "2").run())
    await until(lambda: len(here.reports()) == 2)
    telling.cancel()
    clock.now += FORGET_AFTER + 0.1
    assert [report.name for report in here.reports()] == ["1"]
    listening.cancel()


async def test_a_successor_takes_the_place_of_the_process_of_its_name(client: Client) -> None:
    successor = another(client, "1")
    telling = asyncio.create_task(successor.run())
    await until(lambda: client.house.processes.reports()[0].id == successor.own().id)
    assert len(client.house.processes.reports()) == 1
    telling.cancel()


async def test_nonsense_from_others_is_ignored(client: Client) -> None:
    for message in (b"\xff", b"{}", b'{"id": 1}'):
        client.house.bus.publish(TOPIC, message)
    assert [report.name for report in client.house.processes.reports()] == ["1"]


async def test_metrics_tell_when_the_store_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_: object) -> None:
        raise Unavailable("the store does not answer")

    monkeypatch.setattr(client.house.store, "read", fail)
    lines = await metrics(client)
    assert "batchboard_store_up 0" in lines
    assert 'batchboard_websockets{process="1"} 0' in lines


async def test_metrics_tell_of_the_bus(client: Client) -> None:
    bus = InProcessBus()
    away = Processes("3", bus, Feed(client.house.store, bus), Sockets())
    text = exposition(of_processes([away.own()]))
    assert 'batchboard_bus_connected{process="3"} 0\n' in text
    assert 'batchboard_bus_waiting_bytes{process="3"} 0\n' in text
