"""What the feed reads from the store. Equal reads that come together are one; every method raises Unavailable."""

import asyncio
from collections.abc import Sequence
from functools import partial
from weakref import WeakValueDictionary

from realtime.feed.frames import snapshot_parts
from realtime.feed.log import Log
from realtime.feed.subscriber import Audience
from realtime.feed.together import Together
from realtime.feed.wire import Frame
from realtime.store import rows
from realtime.store.changes import ScopeChange
from realtime.store.store import Store

READ_LIMIT = 1_000
"""Rows of one read for a log."""
FRAME_ROWS = 300
"""Rows of one read for one subscriber, of which it is sent what one frame holds."""
MARGIN = 500
"""Positions that a log is deepened further than somebody asked."""
VIEW_AGE = 1.0
"""Seconds for which a snapshot is kept for others, too."""


class View:
    """A snapshot of a scope: what was read at a moment, and its frames."""

    def __init__(self, seq: int, frames: tuple[Frame, ...], read_at: float) -> None:
        self.seq = seq
        self.frames = frames
        self.read_at = read_at


class Reader:
    """Reads of the store. `reads` counts them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._making: Together[View] = Together()
        self._deepening: Together[None] = Together()
        self._views: dict[tuple[str, int, bool], View] = {}
        self._alive: WeakValueDictionary[tuple[str, int, bool], View] = WeakValueDictionary()
        """those, and the ones that some slow client is still being sent: it must not hold one of its own"""
        self.reads = 0

    @property
    def epoch(self) -> str:
        """The store's."""
        return self._store.epoch

    async def position(self, scope: str) -> tuple[int, int]:
        """(seq, floor) of a scope; (0, 0) when there is no such scope."""
        self.reads += 1
        return await self._store.read(partial(rows.position, scope=scope)) or (0, 0)

    async def positions(self, scopes: Sequence[str]) -> dict[str, int]:
        """The seq of each of these scopes."""
        self.reads += 1
        return await self._store.read(partial(rows.positions, scopes=scopes))

    async def changes(self, scope: str, since: int, limit: int) -> ScopeChange:
        """What changed after a position, at most `limit` rows; where that leads to is its `end`."""
        self.reads += 1
        read = partial(rows.changed_since, scope=scope, since=since, limit=limit)
        entries, end = await self._store.read(read)
        return ScopeChange(scope=scope, start=since, end=end, entries=tuple(entries))

    async def view(self, scope: str, newest_runs: int, *, reset: bool, log: Log) -> View:
        """The whole view of a scope: one that is in use and that `log` can carry on from, or a new one."""
        key = (scope, newest_runs, reset)
        kept = self._alive.get(key)
        if kept is not None and log.floor <= kept.seq:
            return kept
        return await self._making.call(key, partial(self._make_view, *key))

    async def _make_view(self, scope: str, newest_runs: int, reset: bool) -> View:
        began = asyncio.get_running_loop().time()
        self.reads += 1
        seq, entries = await self._store.read(partial(rows.snapshot, scope=scope, newest_runs=newest_runs))
        view = View(seq, snapshot_parts(self.epoch, seq, entries, reset=reset), began)
        self._views[scope, newest_runs, reset] = self._alive[scope, newest_runs, reset] = view
        return view

    async def deepen(self, audience: Audience, position: int) -> None:
        """Have a log reach back to a position (and somewhat further), unless that is too far, or below the store's
        floor. Clients that come back after a restart stand closely together."""
        while audience.too_far < position < audience.log.floor:
            await self._deepening.call(audience.scope, partial(self._deepen, audience, position))

    async def _deepen(self, audience: Audience, position: int) -> None:
        _, floor = await self.position(audience.scope)
        start = max(floor, position - MARGIN)
        limit = min(READ_LIMIT, audience.log.room)
        found = await self.changes(audience.scope, start, limit) if start <= position and limit else None
        if found is not None and len(found.entries) < limit:
            audience.log.deepen(start, found.entries)
        if audience.log.floor > position:
            audience.too_far = position

    def forget_views(self) -> None:
        """Let go of snapshots that nobody has asked for lately."""
        before = asyncio.get_running_loop().time() - VIEW_AGE
        self._views = {key: view for key, view in self._views.items() if view.read_at > before}

    def close(self) -> None:
        """End what is under way."""
        for under_way in (self._making, self._deepening):
            under_way.cancel()
