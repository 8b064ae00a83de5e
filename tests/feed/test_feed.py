"""The feed over a real store: whatever the connections and the bus do, everybody reaches the newest state."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from realtime.domain.errors import Unavailable
from realtime.feed import Gone, Slow
from realtime.protocol.live import Close
from realtime.service.experiments import create_experiment
from realtime.store import rows
from realtime.store.changes import SITE
from tests.feed.conftest import SCOPE, Room, opened
from tests.feed.wires import Leaving, OneByOne, Recorder, Stuck


async def truth(room: Room) -> dict[str, int]:
    """Rows of the experiment as the store has them."""
    _, entries = await room.store.read(lambda conn: rows.snapshot(conn, SCOPE, 10_000))
    return {entry.key: entry.seq for entry in entries}


async def test_a_follower_is_told_hello_the_view_and_then_every_change(room: Room) -> None:
    await room.start_run(2)
    wire = Recorder()
    room.follow(wire)
    await wire.sees(lambda: "snapshot" in wire.kinds())
    assert wire.rows == await truth(room)
    end = await room.start_run()
    await wire.until(end)
    assert wire.kinds() == ["hello", "snapshot", "delta"]
    assert "reset" not in wire.messages[1]
    assert wire.messages[0]["epoch"] == room.store.epoch
    assert wire.rows == await truth(room)


async def test_news_are_handed_over_in_passing_as_one_frame_for_all_who_stand_there(room: Room) -> None:
    wires = [Recorder() for _ in range(600)]
    for wire in wires:
        room.follow(wire)
    for wire in wires:
        await wire.sees(lambda wire=wire: wire.seq >= 0)
    end = await room.start_run()
    for wire in wires:
        await wire.until(end)
    assert {wire.written for wire in wires} == {1}
    assert len({id(wire.frames[-1]) for wire in wires}) == 1
    stats = room.feed.stats()
    assert (stats.subscribers, stats.scopes, stats.rows, stats.fell_behind) == (600, 1, 600, 0)
    assert stats.frames == 3 * 600


async def test_equal_requests_that_come_together_are_one_read(room: Room) -> None:
    await room.start_run(3)
    before = room.feed.stats().store_reads
    wires = [Recorder() for _ in range(200)]
    for wire in wires:
        room.follow(wire)
    for wire in wires:
        await wire.sees(lambda wire=wire: wire.seq >= 0)
    assert len({id(wire.frames[1]) for wire in wires}) == 1
    assert room.feed.stats().store_reads - before <= 4


async def test_who_comes_a_little_later_is_given_the_same_view_and_what_followed(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.feed.reader.VIEW_AGE", 60.0)
    first, later = Recorder(), Recorder()
    room.follow(first)
    await first.sees(lambda: first.seq >= 0)
    end = await room.start_run()
    room.follow(later)
    await later.until(end)
    assert later.frames[1] is first.frames[1]
    assert later.rows == await truth(room)


async def test_a_view_that_some_slow_client_is_sent_is_given_to_others_and_then_let_go(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.feed.reader.VIEW_AGE", 0.0)
    monkeypatch.setattr("realtime.feed.keeper.LOOK_EVERY", 0.01)
    stuck, later = Stuck(room=1), Recorder()
    room.follow(stuck)
    await stuck.waiting.wait()
    end = await room.start_run()
    await asyncio.sleep(0.1)  # some looks of the keeper, which forgets views
    room.follow(later)
    await later.until(end)
    stuck.open()
    await stuck.until(end)
    assert later.frames[1] is stuck.frames[1]
    assert later.rows == stuck.rows == await truth(room)
    async with asyncio.timeout(10):
        kinds: list[str] = []
        while kinds != ["hello", "snapshot"]:
            new = Recorder()
            room.follow(new)
            await new.until(end)
            kinds = new.kinds()
            await asyncio.sleep(0.02)


async def test_a_stuck_connection_delays_nobody_and_skips_what_is_old(room: Room) -> None:
    stuck, quick = Stuck(room=2), Recorder()
    room.follow(stuck)
    room.follow(quick)
    await stuck.sees(lambda: stuck.seq >= 0)
    await quick.sees(lambda: quick.seq >= 0)
    for _ in range(5):
        end = await room.start_run()
        await quick.until(end)
    await stuck.waiting.wait()
    stuck.open()
    await stuck.until(end)
    assert quick.rows == stuck.rows == await truth(room)
    assert len(stuck.messages) < len(quick.messages)
    assert room.feed.stats().fell_behind >= 1
    end = await room.start_run()
    await stuck.until(end)
    assert stuck.written >= 1, "it is served in passing again"


async def test_who_never_takes_anything_in_passing_misses_nothing(room: Room) -> None:
    wires = [OneByOne() for _ in range(20)]
    for wire in wires:
        room.follow(wire)
    for _ in range(20):
        end = await room.start_run()
    for wire in wires:
        await wire.until(end)
        assert wire.rows == await truth(room)


@pytest.mark.parametrize(
    ("room_for", "how", "code"),
    [(0, Gone, 1000), (1, Gone, 1000), (2, Gone, 1000), (1, Slow, 4008), (2, Slow, 4008)],
)
async def test_a_connection_that_goes_ends_its_following_alone(
    room: Room, room_for: int, how: type[Gone] | type[Slow], code: int
) -> None:
    other = Recorder()
    room.follow(other)
    await other.sees(lambda: other.seq >= 0)
    leaving = Leaving(room_for, how)
    following = room.follow(leaving)
    await leaving.sees(lambda: len(leaving.messages) == room_for)
    end = await room.start_run()
    assert await asyncio.wait_for(following, 10) == code
    await other.until(end)
    assert room.feed.stats().subscribers == 1


async def test_what_a_connection_raises_is_its_own_affair(room: Room) -> None:
    odd, other = Leaving(2, ValueError), Recorder()
    following = room.follow(odd)
    room.follow(other)
    await odd.sees(lambda: odd.seq >= 0)
    await other.sees(lambda: other.seq >= 0)
    end = await room.start_run()
    await other.until(end)
    with pytest.raises(ValueError):
        await asyncio.wait_for(following, 10)


async def test_a_client_resumes_where_it_stood_without_a_snapshot(room: Room) -> None:
    first, again = Recorder(), Recorder()
    leaving = room.follow(first)
    await first.sees(lambda: first.seq >= 0)
    leaving.cancel()
    end = await room.start_run(2)
    again.rows, again.seq = first.rows, first.seq
    room.follow(again, since=f"{first.epoch}:{first.seq}")
    await again.until(end)
    assert again.kinds() == ["hello", "delta"]
    assert again.rows == await truth(room)


async def test_who_stands_at_the_newest_position_is_told_nothing_but_hello(room: Room) -> None:
    end = await room.start_run()
    wire = Recorder()
    wire.seq = end
    room.follow(wire, since=f"{room.store.epoch}:{end}")
    end = await room.start_run()
    await wire.until(end)
    assert wire.kinds() == ["hello", "delta"]


async def test_after_a_restart_those_who_come_back_are_served_from_one_read(room: Room) -> None:
    positions = [await room.start_run() for _ in range(50)]
    wires = [Recorder() for _ in positions]
    for wire, seq in zip(wires, positions, strict=True):
        wire.seq = seq
        room.follow(wire, since=f"{room.store.epoch}:{seq}")
    for wire in wires:
        await wire.until(positions[-1])
    assert "snapshot" not in {kind for wire in wires for kind in wire.kinds()}
    assert room.feed.stats().store_reads <= 6


async def test_who_is_far_behind_is_served_from_the_store_in_pieces(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.feed.reader.READ_LIMIT", 20)
    monkeypatch.setattr("realtime.feed.feed.FRAME_ROWS", 10)
    begin = await room.start_run()
    for _ in range(3):
        end = await room.start_run(15)
    wire = Recorder()
    wire.seq = begin
    room.follow(wire, since=f"{room.store.epoch}:{begin}")
    await wire.until(end)
    assert wire.kinds() == ["hello", *["delta"] * 5]
    assert wire.rows == {key: seq for key, seq in (await truth(room)).items() if seq > begin}


@pytest.mark.parametrize("since", ["other:1", "{epoch}:999999", "{epoch}:x", "{epoch}:-1", "nonsense", ""])
async def test_a_position_that_cannot_be_served_is_answered_with_a_reset(room: Room, since: str) -> None:
    wire = Recorder()
    wire.rows = {"run/99": 1}
    room.follow(wire, since=since.replace("{epoch}", room.store.epoch))
    await wire.sees(lambda: wire.seq >= 0)
    assert wire.messages[1]["reset"] is True
    assert wire.rows == await truth(room)


async def test_a_position_below_the_floor_of_the_store_is_answered_with_a_reset(room: Room) -> None:
    await room.start_run()

    def raise_floor(tx: Any) -> None:
        tx.conn.exec_driver_sql("UPDATE scope SET floor = seq")

    await room.store.write(raise_floor)
    wire = Recorder()
    room.follow(wire, since=f"{room.store.epoch}:0")
    await wire.sees(lambda: wire.seq >= 0)
    assert wire.messages[1]["reset"] is True


async def test_news_that_the_bus_has_lost_are_read_from_the_store(room: Room) -> None:
    wire = Recorder()
    room.follow(wire)
    await wire.sees(lambda: wire.seq >= 0)
    room.told = False
    await wire.until(await room.start_run())
    assert wire.rows == await truth(room)


@pytest.fixture
def no_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed looks at the store only when it has a reason."""
    monkeypatch.setattr("realtime.feed.keeper.LOOK_EVERY", 3600.0)


@pytest.mark.usefixtures("no_looks")
async def test_news_with_a_hole_are_completed_from_the_store(room: Room) -> None:
    wire = Recorder()
    room.follow(wire)
    await wire.sees(lambda: wire.seq >= 0)
    room.told = False
    await room.start_run()
    room.told = True
    await wire.until(await room.start_run())
    assert wire.rows == await truth(room)
    assert room.feed.stats().gaps == 1


async def test_news_of_two_processes_may_come_in_any_order(room: Room) -> None:
    wire = Recorder()
    room.follow(wire)
    await wire.sees(lambda: wire.seq >= 0)
    room.told = False
    for _ in range(4):
        end = await room.start_run()
    reads = room.feed.stats().store_reads
    for commit in reversed(room.commits[-4:]):
        room.tell(commit)
    assert (room.feed.stats().gaps, room.feed.stats().store_reads) == (0, reads)
    await wire.until(end)
    assert wire.rows == await truth(room)


async def test_two_processes_that_write_at_once_tell_all_followers_everything(room: Room, database: Path) -> None:
    async with opened(Room(database)) as other:
        room.others, other.others = [other], [room]
        wires = Recorder(), Recorder()
        room.follow(wires[0])
        other.follow(wires[1])
        for wire in wires:
            await wire.sees(lambda wire=wire: wire.seq >= 0)
        positions = [await asyncio.gather(room.start_run(), other.start_run()) for _ in range(30)]
        for wire in wires:
            await wire.until(max(positions[-1]))
            assert wire.rows == await truth(room)
            assert len(wire.rows) == 60


async def test_odd_messages_on_the_bus_and_other_stores_are_ignored(room: Room) -> None:
    wire = Recorder()
    room.follow(wire)
    await wire.sees(lambda: wire.seq >= 0)
    room.bus.publish("changes:e", b"\xff")
    room.bus.publish("changes:e", b'{"epoch": "%s", "from": 1}' % room.store.epoch.encode())
    room.bus.publish("changes:e", b'{"epoch": "other", "from": 0, "to": 99, "put": [], "drop": []}')
    await wire.until(await room.start_run())
    assert wire.kinds() == ["hello", "snapshot", "delta"]


async def test_a_quiet_subscriber_hears_a_heartbeat(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.feed.broadcaster.HEARTBEAT", 0.05)
    monkeypatch.setattr("realtime.feed.broadcaster.TICK", 0.02)
    wires = Recorder(), Recorder()
    for wire in wires:
        room.follow(wire)
    for wire in wires:
        await wire.sees(lambda wire=wire: wire.kinds().count("heartbeat") >= 2)
    assert wires[0].messages[-1]["seq"] == wires[0].seq


async def test_a_store_that_cannot_be_read_is_told_once_and_read_again(
    room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "realtime.feed")
    monkeypatch.setattr("realtime.feed.keeper.LOOK_EVERY", 0.02)
    monkeypatch.setattr("realtime.feed.broadcaster.HEARTBEAT", 0.05)
    monkeypatch.setattr("realtime.feed.broadcaster.TICK", 0.02)
    wire = Recorder()
    room.follow(wire)
    await wire.sees(lambda: wire.seq >= 0)
    read = room.store.read
    failed = 0

    async def broken(query: Any) -> Any:
        nonlocal failed
        failed += 1
        raise Unavailable("disk on fire")

    monkeypatch.setattr(room.store, "read", broken)
    beats = wire.kinds().count("heartbeat")
    await wire.sees(lambda: failed > 3 and wire.kinds().count("heartbeat") > beats + 1)
    assert await room.feed.follow(Recorder(), SITE, 100, None) == Close.OVERLOAD
    room.told = False
    end = await room.start_run()
    monkeypatch.setattr(room.store, "read", read)
    await wire.until(end)
    said = [record.getMessage() for record in caplog.records if record.name.startswith("realtime.feed")]
    assert said == ["the feed cannot read the store, trying again: disk on fire", "the feed can read the store again"]


async def test_changes_by_http_are_those_of_the_feed(room: Room) -> None:
    begin = await room.start_run()
    end = await room.start_run()
    unwatched = await room.feed.changes(SCOPE, f"{room.store.epoch}:{begin}")
    wire = Recorder()
    room.follow(wire, since=f"{room.store.epoch}:{begin}")
    wire.seq = begin
    await wire.until(end)
    reads = room.feed.stats().store_reads
    watched = await room.feed.changes(SCOPE, f"{room.store.epoch}:{begin}")
    assert watched == unwatched == wire.frames[-1].payload
    assert room.feed.stats().store_reads == reads + 1, "only where the store stands"
    assert await room.feed.changes(SCOPE, f"{room.store.epoch}:{end + 1}") is None
    assert await room.feed.changes(SCOPE, f"other:{end}") is None
    nothing = await room.feed.changes(SCOPE, f"{room.store.epoch}:{end}")
    assert nothing is not None and f'"from":{end},"to":{end},"put":[],"drop":[]' in nothing.decode()


async def test_a_log_is_kept_for_a_while_after_the_last_has_left(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.feed.keeper.LOOK_EVERY", 0.01)
    wire = Recorder()
    following = room.follow(wire)
    await wire.sees(lambda: wire.seq >= 0)
    following.cancel()
    await asyncio.wait([following])
    assert (room.feed.stats().subscribers, room.feed.stats().scopes) == (0, 1)
    monkeypatch.setattr("realtime.feed.keeper.LINGER", 0.0)
    for _ in range(500):
        await asyncio.sleep(0.01)
        if not room.feed.stats().scopes:
            break
    assert room.feed.stats().scopes == 0


async def test_the_site_and_an_experiment_are_apart(room: Room) -> None:
    site, experiment = Recorder(), Recorder()
    room.follow(site, scope=SITE)
    room.follow(experiment)
    await site.sees(lambda: site.seq >= 0)
    await experiment.sees(lambda: experiment.seq >= 0)
    await room.store.write(lambda tx: create_experiment(tx, "other", "XPP", "", "ana"))
    await site.sees(lambda: "experiment/other" in site.rows)
    assert experiment.kinds() == ["hello", "snapshot"]
