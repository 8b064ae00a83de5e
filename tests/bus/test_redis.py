"""Redis between processes, and what happens when it is away, frozen, restarted or flooded."""

import asyncio
import logging
import time

import pytest
from redis.asyncio import Redis

from realtime.bus.outbox import MESSAGES, Outbox
from realtime.bus.redis import RedisBus
from tests.bus.hearing import Hearing
from tests.bus.redis_server import TestServer
from tests.bus.waiting import until

Pair = tuple[RedisBus, RedisBus]


async def test_other_processes_hear_a_message_once_and_in_order(pair: Pair) -> None:
    one, other = pair
    here, there = Hearing(one), Hearing(other)
    for number in range(500):
        one.publish("changes:x", b"%d" % number)
    await until(lambda: len(there.heard) == 500)
    assert there.messages == here.messages == [b"%d" % number for number in range(500)]
    assert here.gaps == there.gaps == 0


async def test_equal_messages_of_two_processes_are_heard_as_often_as_they_were_published(pair: Pair) -> None:
    one, other = pair
    here, there = Hearing(one), Hearing(other)
    for _ in range(50):
        one.publish("work:default", b"{}")
        other.publish("work:default", b"{}")
        await asyncio.sleep(0)
    one.publish("last", b"1")
    other.publish("last", b"2")
    await until(lambda: (("last", b"2") in here.heard) and (("last", b"1") in there.heard))
    assert here.heard.count(("work:default", b"{}")) == 100
    assert there.heard.count(("work:default", b"{}")) == 100


async def test_other_programs_see_the_payload_as_it_is_on_a_channel_of_the_instance(
    server: TestServer, pair: Pair
) -> None:
    async with Redis.from_url(server.url) as client, client.pubsub() as pubsub:
        await pubsub.subscribe("batchboard:test:changes:xpp")
        assert (await pubsub.get_message(timeout=2))["type"] == "subscribe"
        pair[0].publish("changes:xpp", b'{"a": 1}')
        assert (await pubsub.get_message(timeout=2))["data"] == b'{"a": 1}'


async def test_installations_do_not_hear_each_other(server: TestServer, pair: Pair) -> None:
    stranger = RedisBus(server.url, "test2")
    await stranger.start()
    strange, there = Hearing(stranger), Hearing(pair[1])
    pair[0].publish("a", b"1")
    stranger.publish("a", b"2")
    await until(lambda: there.messages)
    await stranger.close()
    assert strange.messages == [b"2"]
    assert there.messages == [b"1"]


async def test_what_was_published_just_before_the_end_is_sent(server: TestServer, pair: Pair) -> None:
    leaving = RedisBus(server.url, "test")
    await leaving.start()
    there = Hearing(pair[0])
    leaving.publish("a", b"goodbye")
    await leaving.close()
    await until(lambda: there.messages == [b"goodbye"])


async def test_a_server_that_was_killed_and_restarted_is_found_again_with_a_gap(
    server: TestServer, pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = pair
    here, there = Hearing(one), Hearing(other)
    with caplog.at_level(logging.INFO):
        server.kill()
        await until(lambda: not one.state().connected and not other.state().connected, 3)
        assert one.state().error
        one.publish("a", b"away")
        assert here.messages == [b"away"]
        assert here.gaps == 0
        server.start()
        await until(lambda: one.state().connected and other.state().connected, 5)
    assert one.state().error is None
    assert here.gaps == there.gaps == 1
    one.publish("a", b"back")
    await until(lambda: b"back" in there.messages)
    assert here.messages == [b"away", b"back"]
    assert [record.levelname for record in caplog.records if "redis" in record.name] == ["WARNING"] * 2 + ["INFO"] * 2


async def test_a_frozen_server_is_noticed_within_three_seconds(server: TestServer, pair: Pair) -> None:
    one, other = pair
    here, there = Hearing(one), Hearing(other)
    server.freeze()
    frozen = time.monotonic()
    try:
        one.publish("a", b"frozen")
        await until(lambda: not one.state().connected and not other.state().connected, 5)
        assert time.monotonic() - frozen < 3
        assert here.messages == [b"frozen"]
    finally:
        server.thaw()
    await until(lambda: one.state().connected and other.state().connected, 6)
    assert here.gaps and there.gaps
    one.publish("a", b"back")
    await until(lambda: b"back" in there.messages)
    assert here.messages == [b"frozen", b"back"]


async def test_a_subscription_that_was_cut_is_made_again_with_a_gap(server: TestServer, pair: Pair) -> None:
    one, other = pair
    here, there = Hearing(one), Hearing(other)
    assert server.command("CLIENT", "KILL", "TYPE", "pubsub") == b":2\r\n"
    await until(lambda: here.gaps and there.gaps, 5)
    one.publish("a", b"1")
    await until(lambda: there.messages == [b"1"])
    assert here.messages == [b"1"]


async def test_a_cut_publisher_loses_nothing_silently(server: TestServer, pair: Pair) -> None:
    one, other = pair
    there = Hearing(other)
    assert server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").startswith(b":")
    one.publish("a", b"1")
    await until(lambda: there.messages == [b"1"] or there.gaps, 5)
    one.publish("a", b"2")
    await until(lambda: b"2" in there.messages)


async def test_a_flood_is_delivered_or_announced_as_a_gap(pair: Pair) -> None:
    one, other = pair
    here, there = Hearing(one), Hearing(other)
    number = 0
    while number < MESSAGES + 5000:
        one.publish("changes:x", b"%d" % number)
        number += 1
    assert one.state().dropped >= 4000
    assert len(here.heard) == number
    one.publish("changes:x", b"last")
    await until(lambda: there.messages and there.messages[-1] == b"last")
    await until(lambda: there.gaps, 4)
    arrived = [int(message) for message in there.messages[:-1]]
    assert arrived == sorted(arrived)
    assert len(arrived) + one.state().dropped == number


async def test_publishing_costs_nothing_while_redis_is_frozen(server: TestServer, pair: Pair) -> None:
    server.freeze()
    try:
        began = time.monotonic()
        for _ in range(20_000):
            pair[0].publish("changes:x", b"x" * 100)
        assert time.monotonic() - began < 1
        closing = asyncio.create_task(pair[0].close())
        await asyncio.wait({closing}, timeout=2)
        assert closing.done()
    finally:
        server.thaw()


async def test_a_server_that_comes_later_is_found(server: TestServer) -> None:
    server.kill()
    bus = RedisBus(server.url, "test")
    began = time.monotonic()
    await bus.start()
    assert time.monotonic() - began < 2
    assert not bus.state().connected
    server.start()
    await until(lambda: bus.state().connected, 5)
    await bus.close()


async def test_closing_ends_every_connection(server: TestServer) -> None:
    for _ in range(5):
        bus = RedisBus(server.url, "test")
        await bus.start()
        for number in range(300):
            bus.publish("a", b"%d" % number)
        await bus.close()
    await until(lambda: server.command("CLIENT", "LIST").count(b"id=") == 1)


async def test_nonsense_on_our_channels_is_no_fault(server: TestServer, pair: Pair) -> None:
    there = Hearing(pair[1])
    async with Redis.from_url(server.url) as client:
        await client.publish("batchboard:test:heartbeat", b"\xff{")
        await client.publish("batchboard:test:heartbeat", b'{"process": 1}')
        await client.publish(b"batchboard:test:\xff", b"1")
    pair[0].publish("a", b"1")
    await until(lambda: b"1" in [message for topic, message in there.heard if topic == "a"])
    assert pair[1].state().connected


async def test_the_outbox_is_bounded_in_bytes_too_and_keeps_the_newest() -> None:
    outbox = Outbox(messages=10, size=100)
    for number in range(5):
        outbox.put("a", b"%d" % number * 40)
    assert outbox.dropped == 3
    assert [message[:1] for _, message in await outbox.take()] == [b"3", b"4"]
    outbox.put("a", b"x" * 1000)
    assert len(await outbox.take()) == 1
