"""What every bus promises within its own process, with and without Redis."""

import asyncio
import logging

import pytest

from realtime.bus.base import Bus
from tests.bus.hearing import Hearing
from tests.bus.waiting import until


async def test_own_listeners_hear_a_message_exactly_once_and_at_once(bus: Bus) -> None:
    hearing = Hearing(bus)
    for number in range(100):
        bus.publish("changes:xpp", b"%d" % (number % 3))
    assert hearing.messages == [b"%d" % (number % 3) for number in range(100)]
    await echoes_have_come(bus)
    assert len(hearing.heard) == 100


async def echoes_have_come(bus: Bus) -> None:
    """Two heartbeats are more than the way there and back; a bus without Redis has no echoes."""
    if bus.name == "redis" and bus.state().connected:
        await asyncio.sleep(0.2)


async def test_only_topics_with_the_prefix_are_heard(bus: Bus) -> None:
    hearing = Hearing(bus, "changes:")
    for topic in ("changes:a", "transitions:a", "change", "changes:b"):
        bus.publish(topic, b"x")
    assert [topic for topic, _ in hearing.heard] == ["changes:a", "changes:b"]


async def test_nothing_is_heard_after_the_end(bus: Bus) -> None:
    hearing = Hearing(bus)
    bus.publish("a", b"1")
    hearing.end()
    hearing.end()
    bus.publish("a", b"2")
    assert hearing.messages == [b"1"]


async def test_a_listener_that_ends_another_is_obeyed_at_once(bus: Bus) -> None:
    ends: list[Hearing] = []
    bus.listen("", lambda *_: ends[0].end(), lambda: None)
    ends.append(Hearing(bus))
    bus.publish("a", b"1")
    assert ends[0].heard == []


async def test_all_hear_the_same_order_when_a_listener_publishes(bus: Bus) -> None:
    bus.listen("question", lambda topic, message: bus.publish("answer", message), lambda: None)
    late = Hearing(bus)
    bus.publish("question", b"1")
    assert [topic for topic, _ in late.heard] == ["question", "answer"]


async def test_a_listener_that_fails_is_logged_and_harms_nobody(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    def fail(topic: str, message: bytes) -> None:
        raise ValueError(topic)

    bus.listen("a", fail, lambda: None)
    hearing = Hearing(bus)
    with caplog.at_level(logging.ERROR):
        bus.publish("a", b"1")
    assert hearing.messages == [b"1"]
    assert "a listener of 'a' failed" in caplog.text


async def test_publishing_after_the_end_raises_nothing(bus: Bus) -> None:
    await bus.close()
    bus.publish("a", b"1")
    assert not bus.state().connected
    assert bus.state().error


async def test_the_state_says_since_when(bus: Bus) -> None:
    state = bus.state()
    assert state.name == bus.name
    assert state.since is not None
    assert state.since.tzinfo is not None
    assert state.connected == (state.error is None)


async def test_without_a_fault_there_is_no_gap(bus: Bus) -> None:
    if not bus.state().connected:
        return
    hearing = Hearing(bus)
    bus.publish("a", b"1")
    await until(lambda: hearing.messages)
    assert hearing.gaps == 0
