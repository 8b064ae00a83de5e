"""The pure feed: whatever news arrive in whatever order, snapshot plus deltas equals the new snapshot."""

import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.feed import Log, delta, deltas, read_news, snapshot_parts
from realtime.protocol.live import MESSAGE_LIMIT
from realtime.protocol.wire import encode
from realtime.store.changes import Entry, ScopeChange


@dataclass
class View:
    """What a client keeps: rows by key and a position, by the rules of the protocol."""

    rows: dict[str, int] = field(default_factory=dict)
    seq: int = 0

    def take(self, message: bytes) -> None:
        """Apply a snapshot part or a delta."""
        said: dict[str, Any] = json.loads(message)
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
    for number in range(begin, len(changes)):
        what = data.draw(st.sampled_from(["arrives", "is lost", "arrives twice", "arrives late"]), "the news")
        if what != "is lost":
            epoch, change = read_news(
                encode(delta("ep", changes[number].start, changes[number].end, list(changes[number].entries))),
                "experiment/e",
            )
            assert epoch == "ep"
            if not log.apply(change):
                assert log.apply(between(changes[: number + 1], log.seq))
            if what == "arrives twice":
                assert log.apply(change)
            if what == "arrives late":
                assert log.apply(changes[0])
        if data.draw(st.booleans(), "the client reads now"):
            read(log, changes[: number + 1], view)
    log.apply(between(changes, log.seq))
    read(log, changes, view)
    assert view.rows == truth(changes)
    assert view.seq == changes[-1].end


def read(log: Log, changes: list[ScopeChange], view: View) -> None:
    """What a socket does: from the log, else from the store."""
    messages = log.since(view.seq)
    if messages is None:
        store = between(changes, view.seq)
        messages = deltas("ep", view.seq, store.end, list(store.entries))
    for message in messages:
        view.take(message)


def test_news_with_a_hole_before_them_are_not_taken() -> None:
    log = Log("ep", 5)
    assert not log.apply(ScopeChange(scope="s", start=6, end=7, entries=(entry("job/1", 7),)))
    assert log.seq == 5


def test_messages_stay_below_their_limit_and_join() -> None:
    log = Log("ep", 0)
    entries = tuple(entry(f"job/{n}", n, size=60_000) for n in range(1, 21))
    log.apply(ScopeChange(scope="s", start=0, end=25, entries=entries))
    messages = log.since(0)
    assert messages is not None and len(messages) > 3
    assert max(map(len, messages)) <= MESSAGE_LIMIT
    view = View()
    for message in messages:
        view.take(message)
    assert (len(view.rows), view.seq) == (20, 25)
    parts = snapshot_parts("ep", 25, list(entries), reset=True)
    assert max(map(len, parts)) <= MESSAGE_LIMIT
    for part in parts:
        view.take(part)
    assert (len(view.rows), view.seq) == (20, 25)


def test_equal_positions_share_the_same_bytes() -> None:
    log = Log("ep", 0)
    log.apply(ScopeChange(scope="s", start=0, end=1, entries=(entry("job/1", 1),)))
    assert log.since(0) is log.since(0)


def test_who_is_too_far_back_or_ahead_is_sent_to_the_store() -> None:
    log = Log("ep", 3, limit=1)
    log.apply(ScopeChange(scope="s", start=3, end=5, entries=(entry("job/1", 4), entry("job/2", 5))))
    assert log.since(3) is None
    assert log.since(6) is None
    assert log.since(4) is not None
    assert log.since(5) == []
