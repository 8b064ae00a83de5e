"""Passes over the subscribers: who is served in passing, who is let go, and that others get their turn."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from realtime.feed import Log
from realtime.feed.broadcaster import SLICE, Broadcaster
from realtime.feed.subscriber import Audience, Subscriber
from realtime.store.changes import Entry, ScopeChange
from tests.feed.wires import Recorder, Stuck


class Hall:
    """A broadcaster of one scope, running."""

    def __init__(self) -> None:
        self.log = Log("ep", 0)
        self.audience = Audience("experiment/e", self.log)
        self.broadcaster = Broadcaster({"experiment/e": self.audience})
        self.served: list[asyncio.Task[None]] = []

    def join(self, wire: Recorder, position: int = 0) -> asyncio.Task[None]:
        """A subscriber that has everything up to a position."""
        wire.seq = position
        subscriber = Subscriber(wire, self.log)
        subscriber.position = position
        subscriber.sent_at = asyncio.get_running_loop().time()
        self.served.append(asyncio.create_task(self.broadcaster.serve(self.audience, subscriber)))
        return self.served[-1]

    def tell(self, *sizes: int) -> None:
        """A change of rows with so many bytes each."""
        start = self.log.seq
        entries = tuple(
            Entry(key=f"job/{seq}", seq=seq, raw=b'{"key":"job/%d","seq":%d,"fill":"%s"}' % (seq, seq, b"x" * size))
            for seq, size in enumerate(sizes, start + 1)
        )
        self.log.apply(ScopeChange(scope="s", start=start, end=start + len(sizes), entries=entries))
        self.broadcaster.news(self.audience)


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    hall = Hall()
    running = asyncio.create_task(hall.broadcaster.run())
    yield hall
    for task in (running, *hall.served):
        task.cancel()
    await asyncio.gather(running, *hall.served, return_exceptions=True)


async def test_others_get_their_turn_between_slices(hall: Hall) -> None:
    wires = [Recorder() for _ in range(3 * SLICE)]
    for wire in wires:
        hall.join(wire)
    await asyncio.sleep(0)
    hall.tell(10)
    seen = set()
    while not hall.broadcaster.passes:
        seen.add(sum(wire.written for wire in wires))
        await asyncio.sleep(0)
    assert {SLICE, 2 * SLICE, 3 * SLICE} <= seen
    assert {wire.seq for wire in wires} == {1}


async def test_who_leaves_during_a_pass_is_not_sent_to(hall: Hall) -> None:
    wires = [Recorder() for _ in range(6 * SLICE)]
    for wire in wires:
        hall.join(wire)
    await asyncio.sleep(0)
    hall.tell(10)
    await wires[0].until(1)
    hall.served[-1].cancel()
    await wires[-2].until(1)
    assert wires[-1].written == 0


async def test_who_is_due_more_than_one_frame_is_let_go(hall: Hall) -> None:
    behind, level = Recorder(), Recorder()
    hall.tell(100_000)
    gone_on = hall.join(behind, 0)
    hall.join(level, 1)
    await asyncio.sleep(0)
    hall.tell(100_000)
    await asyncio.wait_for(gone_on, 5)
    await level.until(2)
    assert (behind.written, level.written, hall.broadcaster.fell_behind) == (0, 1, 1)


async def test_who_stands_further_back_than_the_log_is_let_go(hall: Hall) -> None:
    hall.log.floor = hall.log.seq = 5
    gone_on = hall.join(Recorder(), 3)
    await asyncio.sleep(0)
    hall.tell(10)
    await asyncio.wait_for(gone_on, 5)


async def test_a_stuck_connection_is_let_go_for_its_heartbeat_too(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.feed.broadcaster.TICK", 0.01)
    monkeypatch.setattr("realtime.feed.broadcaster.HEARTBEAT", 0.02)
    gone_on = hall.join(Stuck(room=0))
    await asyncio.wait_for(gone_on, 5)
    assert hall.broadcaster.fell_behind == 1


async def test_news_that_come_during_a_pause_go_out_together(hall: Hall) -> None:
    wire = Recorder()
    hall.join(wire)
    await asyncio.sleep(0)
    hall.tell(10)
    await wire.until(1)
    for _ in range(10):
        hall.tell(10)
        await asyncio.sleep(0)
    await wire.until(11)
    assert wire.written == 2
