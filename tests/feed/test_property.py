"""The pure feed of two processes: whatever becomes of the news between them, every client reaches the truth, and none
ever goes back."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from realtime.feed.frames import DeltaFrame, delta, deltas, first_delta, heartbeat, hello, snapshot_parts
from realtime.feed.log import Log
from realtime.feed.news import read_news
from realtime.feed.pace import SHORTEST, Pace
from realtime.protocol.live import MESSAGE_LIMIT
from realtime.protocol.wire import encode
from realtime.store.changes import Entry, ScopeChange
from tests.chaos.view import Contents, View

EPOCH = "9f3c"
SCOPE = "experiment/e"
PROCESSES = 2
CLIENTS = 4
SIZES = (0, 0, 0, 0, 0, 0, 60_000, 140_000)
"""Bytes of a row: two of the larger ones need two frames, and the last one is larger than a frame."""

writes = st.lists(
    st.tuples(st.integers(1, 6), st.booleans(), st.sampled_from(SIZES)),
    min_size=1,
    max_size=3,
    unique_by=lambda write: write[0],
)
fate = st.sampled_from(["now", "now", "later", "never"])


class TwoProcesses(RuleBasedStateMachine):
    """A store that two processes write to, the log of each, and clients that go from one to the other.

    The clients are strict: their `take` raises on whatever the protocol excludes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seq = 0
        self.rows: dict[str, Entry] = {}
        self.commits: list[bytes] = []
        self.logs = [Log(EPOCH, 0, limit=4) for _ in range(PROCESSES)]
        self.late: list[list[bytes]] = [[] for _ in range(PROCESSES)]
        contents: Contents = {}
        self.clients = [View(SCOPE, contents) for _ in range(CLIENTS)]
        self.at = [0] * CLIENTS
        self.before: list[int] = [0] * CLIENTS
        for view in self.clients:
            view.take(hello(EPOCH, 0).payload)
            for part in snapshot_parts(EPOCH, 0, [], reset=False):
                view.take(part.payload)
        self.past: list[tuple[int, dict[str, Any]] | None] = [None] * CLIENTS

    @rule(writes=writes, silent=st.sampled_from([0, 0, 1]), fates=st.tuples(*[fate] * PROCESSES))
    def commit(self, writes: list[tuple[int, bool, int]], silent: int, fates: tuple[str, ...]) -> None:
        """Rows are put or dropped; `silent` numbers are taken before them by what no row shows. The news come to each
        process now, later, or never."""
        start, self.seq = self.seq, self.seq + silent
        entries = []
        for row, gone, size in writes:
            self.seq += 1
            key = f"job/{row}"
            raw = None if gone else json.dumps({"key": key, "seq": self.seq, "fill": "x" * size}).encode()
            self.rows[key] = Entry(key=key, seq=self.seq, raw=raw)
            entries.append(self.rows[key])
        news = encode(delta(EPOCH, start, self.seq, entries))
        self.commits.append(news)
        for log, late, fate in zip(self.logs, self.late, fates, strict=True):
            if fate == "now":
                log.apply(read_news(news, SCOPE)[1])
            elif fate == "later":
                late.append(news)

    @precondition(lambda self: any(self.late))
    @rule(number=st.integers(0, 20))
    def late_news(self, number: int) -> None:
        """In any order."""
        for log, late in zip(self.logs, self.late, strict=True):
            if late:
                log.apply(read_news(late.pop(number % len(late)), SCOPE)[1])

    @precondition(lambda self: self.commits)
    @rule(process=st.integers(0, PROCESSES - 1), number=st.integers(0, 1000))
    def old_news(self, process: int, number: int) -> None:
        """Once more, or long after the store was read for them."""
        self.logs[process].apply(read_news(self.commits[number % len(self.commits)], SCOPE)[1])

    @rule(process=st.integers(0, PROCESSES - 1), limit=st.sampled_from([1, 3, 100]))
    def look(self, process: int, limit: int) -> None:
        """A process reads the store for what it misses."""
        log = self.logs[process]
        log.apply(self.changed_since(log.seq, limit))

    @rule(process=st.integers(0, PROCESSES - 1), back=st.integers(0, 10))
    def deepen(self, process: int, back: int) -> None:
        """A process reads the store for who is further behind than its log."""
        log = self.logs[process]
        start = max(0, log.floor - back)
        log.deepen(start, self.changed_since(start, 100).entries)

    @rule(process=st.integers(0, PROCESSES - 1))
    def restart(self, process: int) -> None:
        """A process dies, another one takes its place, and its clients come back."""
        self.logs[process] = Log(EPOCH, self.seq, limit=4)
        self.late[process] = []

    @rule(messages=st.lists(st.sampled_from([0, 1, 100]), min_size=CLIENTS, max_size=CLIENTS))
    def read_some(self, messages: list[int]) -> None:
        """Steady clients take what there is, slow ones a message, others nothing."""
        for who, most in enumerate(messages):
            self.read(who, most)

    @rule(who=st.integers(0, CLIENTS - 1))
    def move(self, who: int) -> None:
        """A restless client comes back, to the other process."""
        self.at[who] = (self.at[who] + 1) % PROCESSES
        self.come(who)

    @rule(who=st.integers(0, CLIENTS - 1))
    def fall_asleep(self, who: int) -> None:
        """A client will wake up with what it holds now."""
        self.past[who] = self.clients[who].seq, dict(self.clients[who].rows)

    @rule(who=st.integers(0, CLIENTS - 1))
    def wake_up(self, who: int) -> None:
        """A client comes back with an old position."""
        past = self.past[who]
        if past is not None:
            self.clients[who].go_back(*past)
            self.before[who] = past[0]
            self.come(who)

    def come(self, who: int) -> None:
        """A connection begins."""
        view, log = self.clients[who], self.logs[self.at[who]]
        view.begin(view.position)
        view.take(hello(EPOCH, log.seq).payload)

    def read(self, who: int, most: int) -> None:
        """From the log, else from the store, as a connection is served."""
        view, log = self.clients[who], self.logs[self.at[who]]
        frames = 0
        while view.seq < log.seq and frames < most:
            frame = log.next(view.seq) or self.from_store(view.seq)
            assert frame.rows <= 1 or len(frame.payload) <= MESSAGE_LIMIT
            view.take(frame.payload)
            assert view.seq == frame.to
            frames += 1
        if most and view.seq >= log.seq:
            view.take(heartbeat(view.seq, datetime(2026, 11, 22, tzinfo=UTC)).payload)

    def from_store(self, position: int) -> DeltaFrame:
        """What a connection is sent that its log does not reach back to."""
        change = self.changed_since(position, 3)
        return first_delta(EPOCH, position, change.end, change.entries)

    def changed_since(self, position: int, limit: int) -> ScopeChange:
        """What the store answers."""
        newer = sorted((e for e in self.rows.values() if e.seq > position), key=lambda entry: entry.seq)
        entries = tuple(newer[:limit])
        end = entries[-1].seq if len(entries) == limit else self.seq
        return ScopeChange(scope=SCOPE, start=position, end=end, entries=entries)

    @invariant()
    def no_position_goes_back(self) -> None:
        """Of nobody, at no time; nor beyond what there is."""
        for who, view in enumerate(self.clients):
            assert self.before[who] <= view.seq <= self.seq
            self.before[who] = view.seq
        for log in self.logs:
            assert log.floor <= log.seq <= self.seq

    @invariant()
    def a_log_serves_no_position_out_of_its_reach(self) -> None:
        """Neither one that it has forgotten, nor one that it has not come to."""
        for log in self.logs:
            assert log.since(log.floor - 1) is None and log.since(log.seq + 1) is None
            assert log.since(log.seq) == ()

    def teardown(self) -> None:
        """Quiet: the processes have looked, the clients have read. Everybody holds the truth."""
        for process in range(PROCESSES):
            self.look(process, 1000)
        truth = {key: json.loads(entry.raw) for key, entry in self.rows.items() if entry.raw is not None}
        for who, view in enumerate(self.clients):
            self.read(who, 1000)
            assert view.seq == self.seq
            assert view.differences(truth) == []


TestTwoProcesses = TwoProcesses.TestCase
TestTwoProcesses.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)

times = st.floats(0.0, 2.0)


@given(st.lists(times, min_size=1, max_size=30), st.data())
def test_no_news_wait_longer_than_a_pass_and_its_pause(news: list[float], data: st.DataObject) -> None:
    pace = Pace()
    now, last = 0.0, 0.0
    passes: list[tuple[float, float]] = []
    for at in sorted(news):
        if at < now and passes and at <= passes[-1][0]:
            continue  # it went along with the pass that began later
        now = max(now, at)
        wait = pace.wait(now)
        assert 0.0 <= wait <= max(SHORTEST, last) + 1e-9
        assert passes or wait == 0.0, "the first news go out at once"
        began = now + wait
        last = data.draw(st.floats(0.0, 0.2), "duration of the pass")
        now = began + last
        pace.passed(began, now)
        passes.append((began, now))
    for (began, ended), (following, _) in pairwise(passes):
        assert following >= began + SHORTEST - 1e-9
        assert following - ended >= ended - began - 1e-9, "others get as much time as the pass took"


def test_frames_of_a_store_read_join_without_a_hole() -> None:
    entries = [Entry(key=f"job/{n}", seq=2 * n, raw=b'{"key":"job/%d","seq":%d}' % (n, 2 * n)) for n in range(1, 9)]
    view = View(SCOPE)
    view.take(hello(EPOCH, 0).payload)
    for part in snapshot_parts(EPOCH, 0, [], reset=False):
        view.take(part.payload)
    for frame in deltas(EPOCH, 0, 20, entries):
        view.take(frame.payload)
    assert (view.seq, len(view.rows)) == (20, 8)
