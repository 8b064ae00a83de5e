"""The pure feed: whatever news arrive in whatever order, snapshot plus deltas equals the new snapshot."""

import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from realtime.feed import FRAME_LIMIT, Frame, Log, delta, deltas, read_news, snapshot_parts
from realtime.feed.log import LOG_SIZE, SHARED_SIZE
from realtime.protocol.wire import encode
from realtime.store.changes import Entry, ScopeChange


@dataclass
class View:
    """What a client keeps: rows by key and a position, by the rules of the protocol."""

    rows: dict[str, int] = field(default_factory=dict)
    seq: int = 0

    def take(self, frame: Frame) -> None:
        """Apply a snapshot part or a delta."""
        said: dict[str, Any] = json.loads(frame.payload)
        if said["type"] == "snapshot":
            if said.get("reset"):
                self.rows = {}
            self.put(said["rows"])
            self.seq = said["seq"] if said["last"] else self.seq
            return
        assert said["from"] == self.seq, "a delta joins where the client stands"
        self.put(said["put"])
        for key, seq in said["drop"]:
            if seq > self.rows.get(key, 0):
                self.rows.pop(key, None)
        assert said["to"] >= self.seq, "no position goes back"
        self.seq = said["to"]

    def put(self, rows: list[dict[str, Any]]) -> None:
        """Newer rows replace older ones."""
        for row in rows:
            if row["seq"] > self.rows.get(row["key"], 0):
                self.rows[row["key"]] = row["seq"]


def entry(key: str, seq: int, *, gone: bool = False, size: int = 0) -> Entry:
    raw = None if gone else json.dumps({"key": key, "seq": seq, "fill": "x" * size}).encode()
    return Entry(key=key, seq=seq, raw=raw)


def history(writes: list[tuple[int, bool]], cuts: list[int]) -> list[ScopeChange]:
    """Commits of some writes each: every write touches one of few rows, or deletes it."""
    changes: list[ScopeChange] = []
    start = 0
    for length in [*cuts, len(writes)]:
        part = writes[start : start + length]
        if not part:
            break
        newest = {f"job/{row}": entry(f"job/{row}", start + n, gone=gone) for n, (row, gone) in enumerate(part, 1)}
        entries = tuple(sorted(newest.values(), key=lambda e: e.seq))
        changes.append(ScopeChange(scope="experiment/e", start=start, end=start + len(part), entries=entries))
        start += len(part)
    return changes


def truth(changes: list[ScopeChange]) -> dict[str, int]:
    """Rows as the store has them after these commits."""
    rows: dict[str, int] = {}
    for change in changes:
        for e in change.entries:
            rows.pop(e.key, None)
            if e.raw is not None:
                rows[e.key] = e.seq
    return rows


def between(changes: list[ScopeChange], position: int) -> ScopeChange:
    """What the store answers to `everything since position`."""
    newest: dict[str, Entry] = {}
    for change in changes:
        newest |= {e.key: e for e in change.entries}
    entries = tuple(sorted((e for e in newest.values() if e.seq > position), key=lambda e: e.seq))
    return ScopeChange(scope="experiment/e", start=position, end=changes[-1].end, entries=entries)


writes = st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=1, max_size=30)
cuts = st.lists(st.integers(1, 4), max_size=12)


@settings(max_examples=200)
@given(writes, cuts, st.data())
def test_snapshot_plus_deltas_equals_the_new_snapshot(
    made: list[tuple[int, bool]], lengths: list[int], data: st.DataObject
) -> None:
    changes = history(made, lengths)
    begin = data.draw(st.integers(0, len(changes) - 1), "commits before the log is made")
    log = Log("ep", changes[begin - 1].end if begin else 0, limit=data.draw(st.integers(1, 6), "log limit"))
    joined = data.draw(st.integers(0, begin), "commits in the client's snapshot")
    view = View()
    seen = changes[:joined]
    rows = [e for e in (between(changes[:joined], 0).entries if joined else ()) if e.raw is not None]
    for part in snapshot_parts("ep", seen[-1].end if seen else 0, rows, reset=False):
        view.take(part)
    late: list[ScopeChange] = []
    for number in range(begin, len(changes)):
        news = changes[number]
        match data.draw(st.sampled_from(["arrive", "are lost", "arrive twice", "are late", "are read"]), "the news"):
            case "arrive":
                hear(log, news)
            case "arrive twice":
                hear(log, news)
                hear(log, news)
            case "are late":
                late.append(news)
            case "are read":
                assert log.apply(between(changes[: number + 1], log.seq))
        arrives: bool = data.draw(st.booleans(), "what was late arrives")
        if late and arrives:
            hear(log, late.pop(data.draw(st.integers(0, len(late) - 1), "which")))
        reads: bool = data.draw(st.booleans(), "the client reads now")
        if reads:
            read(log, changes[: number + 1], view)
    log.apply(between(changes, log.seq))
    read(log, changes, view)
    assert view.rows == truth(changes)
    assert view.seq == changes[-1].end


def hear(log: Log, change: ScopeChange) -> None:
    """News over the bus."""
    message = encode(delta("ep", change.start, change.end, change.entries))
    epoch, heard = read_news(message, change.scope)
    assert (epoch, heard) == ("ep", change)
    log.apply(heard)


def read(log: Log, changes: list[ScopeChange], view: View) -> None:
    """What a socket does: from the log, else from the store."""
    frames = log.since(view.seq)
    if frames is None:
        store = between(changes, view.seq)
        frames = deltas("ep", view.seq, store.end, store.entries)
    for frame in frames:
        view.take(frame)


def change(start: int, *entries: Entry, end: int = 0) -> ScopeChange:
    return ScopeChange(scope="s", start=start, end=end or entries[-1].seq, entries=entries)


def test_news_with_a_hole_before_them_wait_for_what_is_missing() -> None:
    log = Log("ep", 5)
    assert not log.apply(change(7, entry("job/3", 8)))
    assert not log.apply(change(6, entry("job/2", 7)))
    assert (log.seq, log.known, log.since(5)) == (5, 8, ())
    assert log.apply(change(5, entry("job/1", 6)))
    assert (log.seq, log.known) == (8, 8)
    view = View(seq=5)
    read(log, [], view)
    assert view.rows == {"job/1": 6, "job/2": 7, "job/3": 8}


def test_what_waits_for_missing_news_is_bounded_and_the_nearest_is_kept() -> None:
    log = Log("ep", 0, limit=3)
    for n in range(9, 1, -1):
        log.apply(change(n - 1, entry(f"job/{n}", n)))
    log.apply(change(0, entry("job/1", 1)))
    assert log.seq == 4


def test_a_log_can_be_deepened_by_what_the_store_has() -> None:
    log = Log("ep", 10)
    log.apply(change(10, entry("job/1", 11), entry("job/2", 12, gone=True)))
    assert log.next(4) is None
    stored = [entry("job/3", 5), entry("job/4", 9, gone=True), entry("job/1", 11), entry("job/2", 12, gone=True)]
    log.deepen(4, stored)
    view = View({"job/1": 1, "job/2": 2, "job/4": 4}, seq=4)
    read(log, [], view)
    assert (view.rows, view.seq) == ({"job/1": 11, "job/3": 5}, 12)
    assert log.floor == 4 and log.next(3) is None


def test_a_row_that_has_changed_since_the_log_was_deepened_is_sent_once_in_its_newest_state() -> None:
    log = Log("ep", 10)
    log.deepen(4, [entry("job/1", 5), entry("job/2", 6)])
    log.apply(change(10, entry("job/1", 11)))
    (frame,) = log.since(4) or ()
    assert [row["key"] for row in json.loads(frame.payload)["put"]] == ["job/2", "job/1"]


def test_a_log_keeps_at_most_so_many_bytes() -> None:
    log = Log("ep", 0)
    row = "x" * 60_000
    for n in range(1, 501):
        log.apply(change(n - 1, Entry(key=f"job/{n}", seq=n, raw=json.dumps({"fill": row}).encode())))
    assert 500 - LOG_SIZE // 60_000 <= log.floor < 500 - LOG_SIZE // 61_000


def test_messages_stay_below_their_limit_and_join() -> None:
    log = Log("ep", 0)
    entries = tuple(entry(f"job/{n}", n, size=60_000) for n in range(1, 21))
    log.apply(change(0, *entries, end=25))
    frames = log.since(0)
    assert frames is not None and len(frames) > 3
    assert max(len(frame.payload) for frame in frames) <= FRAME_LIMIT
    assert sum(frame.rows for frame in frames) == 20
    view = View()
    for frame in frames:
        view.take(frame)
        assert view.seq == frame.to
    assert (len(view.rows), view.seq) == (20, 25)
    parts = snapshot_parts("ep", 25, entries, reset=True)
    assert max(len(part.payload) for part in parts) <= FRAME_LIMIT
    for part in parts:
        view.take(part)
    assert (len(view.rows), view.seq) == (20, 25)


def test_a_row_larger_than_a_frame_stands_alone() -> None:
    large = entry("job/2", 2, size=2 * FRAME_LIMIT)
    frames = deltas("ep", 0, 3, (entry("job/1", 1), large, entry("job/3", 3)))
    assert [(frame.rows, frame.to) for frame in frames] == [(1, 1), (1, 2), (1, 3)]


def test_a_frame_is_a_websocket_message_that_is_kept_once() -> None:
    for size in (1, 125, 126, 65535, 65536, 200_000):
        frame = Frame(b"x" * size)
        assert frame.payload == b"x" * size
        server = Connection(ConnectionType.CLIENT)
        server.receive_data(frame.packet)
        text = "".join(event.data for event in server.events() if isinstance(event, TextMessage))
        assert text == "x" * size


def test_equal_positions_share_the_same_frames() -> None:
    log = Log("ep", 0)
    log.apply(change(0, entry("job/1", 1)))
    assert log.next(0) is log.next(0) is not None


def test_frames_kept_for_others_are_bounded() -> None:
    log = Log("ep", 0)
    log.apply(change(0, *(entry(f"job/{n}", n, size=100_000) for n in range(1, 101))))
    shared = sum(log.next(position) is log.next(position) for position in range(100))
    assert shared * 100_000 <= SHARED_SIZE < (shared + 2) * 100_000


def test_who_is_too_far_back_or_ahead_is_sent_to_the_store() -> None:
    log = Log("ep", 3, limit=1)
    log.apply(change(3, entry("job/1", 4), entry("job/2", 5)))
    assert (log.since(3), log.next(3)) == (None, None)
    assert (log.since(6), log.next(6)) == (None, None)
    assert log.since(4) is not None
    assert log.since(5) == ()
