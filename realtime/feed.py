"""The feed: for each scope that somebody watches, the newest form of each recent row, in the order of seq.

A subscriber is a position in it: it is sent everything newer, once, in one message. `Log` is pure; `Feed` keeps logs
in step with the store by the news on the bus, reads the store where news is missing, and looks there every two seconds
in case the bus is silent.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

import msgspec

from realtime.bus.base import Bus
from realtime.domain.errors import BatchboardError
from realtime.protocol.live import MESSAGE_LIMIT, Delta, Snapshot
from realtime.protocol.wire import encode
from realtime.store import rows
from realtime.store.changes import SITE, Commit, Entry, ScopeChange, experiment_of, experiment_scope
from realtime.store.store import Store

logger = logging.getLogger(__name__)

LOG_LIMIT = 5_000
"""Rows kept for each scope; who is further behind is served from the store."""
READ_LIMIT = 2_000
LOOK_EVERY = 2.0
"""Seconds between two looks at the store, for a bus that is silent or away."""


class Log:
    """The recent rows of one scope. `seq` is how far it goes, `floor` how far back it is complete."""

    def __init__(self, epoch: str, seq: int, limit: int = LOG_LIMIT) -> None:
        self.epoch = epoch
        self.seq = seq
        self.floor = seq
        self._limit = limit
        self._entries: dict[str, Entry] = {}
        self._news = asyncio.Event()
        self._frames: dict[int, list[bytes]] = {}

    def apply(self, change: ScopeChange) -> bool:
        """Take over a change; False when something between here and there is missing. Repeats are nothing."""
        if change.start > self.seq:
            return False
        if change.end <= self.seq:
            return True
        for entry in change.entries:
            if entry.seq > self.seq:
                self._entries.pop(entry.key, None)  # to the end: the dict is in the order of seq
                self._entries[entry.key] = entry
        while len(self._entries) > self._limit:
            oldest = next(iter(self._entries))
            self.floor = self._entries.pop(oldest).seq
        self.seq = change.end
        self._frames = {}
        news, self._news = self._news, asyncio.Event()
        news.set()
        return True

    def since(self, position: int) -> list[bytes] | None:
        """Everything newer as delta messages; None when `position` lies too far back (or ahead) for this log.

        Subscribers at the same position share the same bytes.
        """
        if not self.floor <= position <= self.seq:
            return None
        if position not in self._frames:
            newer = []
            for entry in reversed(self._entries.values()):
                if entry.seq <= position:
                    break
                newer.append(entry)
            self._frames[position] = deltas(self.epoch, position, self.seq, newer[::-1])
        return self._frames[position]

    async def beyond(self, position: int) -> None:
        """Wait until there is something newer than `position`."""
        while self.seq <= position:
            await self._news.wait()


def deltas(epoch: str, start: int, end: int, entries: list[Entry]) -> list[bytes]:
    """Rows in the order of seq as delta messages of at most 256 KiB (a single larger row stands alone)."""
    messages: list[bytes] = []
    part: list[Entry] = []
    size = 0
    for entry in entries:
        cost = len(entry.raw or b"") + len(entry.key) + 40
        if part and size + cost > MESSAGE_LIMIT - 1024:
            messages.append(encode(delta(epoch, start, part[-1].seq, part)))
            start, part, size = part[-1].seq, [], 0
        part.append(entry)
        size += cost
    if part or end > start:
        messages.append(encode(delta(epoch, start, end, part)))
    return messages


def delta(epoch: str, start: int, end: int, entries: list[Entry]) -> Delta:
    """One delta message."""
    return Delta(
        epoch=epoch,
        from_=start,
        to=end,
        put=[msgspec.Raw(entry.raw) for entry in entries if entry.raw is not None],
        drop=[(entry.key, entry.seq) for entry in entries if entry.raw is None],
    )


def snapshot_parts(epoch: str, seq: int, entries: list[Entry], reset: bool) -> list[bytes]:
    """A whole view as snapshot messages of at most 256 KiB."""
    parts: list[list[msgspec.Raw]] = [[]]
    size = 0
    for entry in entries:
        assert entry.raw is not None
        if parts[-1] and size + len(entry.raw) > MESSAGE_LIMIT - 1024:
            parts.append([])
            size = 0
        parts[-1].append(msgspec.Raw(entry.raw))
        size += len(entry.raw) + 1
    return [
        encode(
            Snapshot(
                epoch=epoch,
                seq=seq,
                rows=part,
                part=number,
                last=number == len(parts),
                reset=reset and number == 1,
            )
        )
        for number, part in enumerate(parts, 1)
    ]


class _DeltaNews(msgspec.Struct, frozen=True):
    """A delta as it comes from the bus: rows are kept encoded."""

    epoch: str
    to: int
    put: list[msgspec.Raw]
    drop: list[tuple[str, int]]
    from_: int = msgspec.field(name="from")


class _RowHead(msgspec.Struct, frozen=True):
    key: str
    seq: int


def read_news(message: bytes, scope: str) -> tuple[str, ScopeChange]:
    """(epoch, change) of a delta on the bus; raises msgspec.DecodeError."""
    news = msgspec.json.decode(message, type=_DeltaNews)
    entries = [Entry(key=key, seq=seq, raw=None) for key, seq in news.drop]
    for raw in news.put:
        head = msgspec.json.decode(raw, type=_RowHead)
        entries.append(Entry(key=head.key, seq=head.seq, raw=bytes(raw)))
    entries.sort(key=lambda entry: entry.seq)
    return news.epoch, ScopeChange(scope=scope, start=news.from_, end=news.to, entries=tuple(entries))


def publish(bus: Bus, epoch: str, commit: Commit) -> None:
    """Put a commit's news on the bus: deltas, transitions, and hints for agents."""
    for change in commit.changes:
        message = encode(delta(epoch, change.start, change.end, list(change.entries)))
        experiment = experiment_of(change.scope)
        bus.publish(SITE if experiment is None else f"changes:{experiment}", message)
    for experiment, transition in commit.transitions:
        bus.publish(f"transitions:{experiment}", transition)
    for location in commit.work:
        bus.publish(f"work:{location}", b"{}")


class Feed:
    """The logs of the scopes that are being watched in this process."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._logs: dict[str, Log] = {}
        self._watchers: dict[str, int] = {}
        self._look = asyncio.Event()
        self._unlisten: list[Callable[[], None]] = []

    async def run(self) -> None:
        """Keep the logs in step; runs until cancelled."""
        self._unlisten = [
            self._bus.listen("changes:", self._on_news, self._on_gap),
            self._bus.listen(SITE, self._on_news, self._on_gap),
        ]
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._look.wait(), LOOK_EVERY)
                self._look.clear()
                try:
                    await self._catch_up()
                except BatchboardError as error:
                    logger.warning("feed cannot read the store, trying again: %s", error)
                    await asyncio.sleep(0.5)
        finally:
            for unlisten in self._unlisten:
                unlisten()

    @asynccontextmanager
    async def watch(self, scope: str) -> AsyncIterator[Log]:
        """The log of a scope, kept in step while somebody is inside."""
        self._watchers[scope] = self._watchers.get(scope, 0) + 1
        try:
            if scope not in self._logs:
                head = await self._store.read(lambda conn: rows.position(conn, scope))
                log = Log(self._store.epoch, head[0] if head else 0)
                # Two may have come here at once: the first one's log is the log.
                self._logs.setdefault(scope, log)
                self._look.set()  # news between reading the head and now went unheard
            yield self._logs[scope]
        finally:
            self._watchers[scope] -= 1
            if not self._watchers[scope]:
                del self._watchers[scope]
                self._logs.pop(scope, None)

    async def snapshot(self, scope: str, newest_runs: int) -> tuple[int, list[Entry]]:
        """The whole view of a scope and its position."""
        return await self._store.read(lambda conn: rows.snapshot(conn, scope, newest_runs))

    async def read_since(self, scope: str, position: int) -> list[bytes] | None:
        """Deltas from the store; None when the position cannot be served (below the floor or ahead of the store)."""
        found = await self._store.read(partial(rows.served_since, scope=scope, since=position, limit=READ_LIMIT))
        return None if found is None else deltas(self._store.epoch, position, found[1], found[0])

    async def read_through(self, scope: str, position: int) -> tuple[int, list[bytes]]:
        """(new position, deltas) from the store, for a subscriber that the log cannot serve."""
        entries, end = await self._store.read(
            partial(rows.changed_since, scope=scope, since=position, limit=READ_LIMIT)
        )
        return end, deltas(self._store.epoch, position, end, entries)

    def nothing_since(self, position: int) -> bytes:
        """An empty delta."""
        return encode(delta(self._store.epoch, position, position, []))

    def _on_news(self, topic: str, message: bytes) -> None:
        scope = topic if topic == SITE else experiment_scope(topic.removeprefix("changes:"))
        log = self._logs.get(scope)
        if log is None:
            return
        try:
            epoch, change = read_news(message, scope)
        except (msgspec.DecodeError, UnicodeDecodeError):
            logger.warning("odd message on the bus in %s ignored", topic)
            return
        if epoch == log.epoch and not log.apply(change):
            self._look.set()

    def _on_gap(self) -> None:
        self._look.set()

    async def _catch_up(self) -> None:
        for scope, log in list(self._logs.items()):
            head = await self._store.read(partial(rows.position, scope=scope))
            while head is not None and log.seq < head[0]:
                start = log.seq
                read = partial(rows.changed_since, scope=scope, since=start, limit=READ_LIMIT)
                entries, end = await self._store.read(read)
                log.apply(ScopeChange(scope=scope, start=start, end=end, entries=tuple(entries)))
