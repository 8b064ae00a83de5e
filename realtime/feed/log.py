"""The newest form of each recent row of one scope, in the order of seq. Pure: who keeps it in step is elsewhere."""

from collections.abc import Sequence
from itertools import takewhile

from realtime.feed.frames import DeltaFrame, first_delta, size_of
from realtime.store.changes import Entry, ScopeChange

LOG_LIMIT = 5_000
"""Rows kept for each scope; who is further behind is served from the store."""
LOG_SIZE = 16 * 1024 * 1024
"""Bytes of rows kept for each scope."""
SHARED_SIZE = 4 * 1024 * 1024
"""Bytes of frames kept for those who stand where others stood."""


class Log:
    """The recent rows of one scope. `seq` is how far it goes, `floor` how far back it is complete."""

    def __init__(self, epoch: str, seq: int, limit: int = LOG_LIMIT) -> None:
        self.epoch = epoch
        self.seq = seq
        self.floor = seq
        self._limit = limit
        self._entries: dict[str, Entry] = {}
        self._size = 0
        self._ahead: dict[int, ScopeChange] = {}
        self._frames: dict[int, DeltaFrame] = {}
        self._frames_size = 0

    def apply(self, change: ScopeChange) -> bool:
        """Take over a change. False when something between here and there is missing: the change is put aside and taken
        over with what is missing (unless too many wait). Repeats are nothing."""
        if change.start > self.seq:
            self._put_aside(change)
            return False
        self._take(change)
        while self._ahead and (start := min(self._ahead)) <= self.seq:
            self._take(self._ahead.pop(start))
        return True

    @property
    def known(self) -> int:
        """How far the news go that have come, those put aside too. Beyond `seq`: something is missing."""
        return max((change.end for change in self._ahead.values()), default=self.seq)

    def since(self, position: int) -> tuple[DeltaFrame, ...] | None:
        """Everything newer; None when `position` lies too far back (or ahead) for this log."""
        if not self.floor <= position <= self.seq:
            return None
        frames: list[DeltaFrame] = []
        while position < self.seq:
            frame = self.next(position)
            assert frame is not None
            frames.append(frame)
            position = frame.to
        return tuple(frames)

    def next(self, position: int) -> DeltaFrame | None:
        """The first frame of everything newer; None when there is nothing newer, or `position` lies too far back.

        Subscribers at the same position share the same frame.
        """
        frame = self._frames.get(position)
        if frame is None and self.floor <= position < self.seq:
            newer = list(takewhile(lambda entry: entry.seq > position, reversed(self._entries.values())))
            frame = first_delta(self.epoch, position, self.seq, newer[::-1])
            if self._frames_size + len(frame.packet) <= SHARED_SIZE:
                self._frames[position] = frame
                self._frames_size += len(frame.packet)
        return frame

    def deepen(self, start: int, entries: Sequence[Entry]) -> None:
        """Be complete back to `start`; `entries`: everything newer than that, as read from the store after this log was
        made, in the order of seq."""
        older: dict[str, Entry] = {}
        for entry in entries:
            if entry.seq <= self.floor and entry.key not in self._entries:
                older.pop(entry.key, None)  # once deleted, and there again
                older[entry.key] = entry
        self._size += sum(map(size_of, older.values()))
        self._entries = older | self._entries
        self.floor = min(start, self.floor)
        self._forget()

    @property
    def room(self) -> int:
        """How many rows more it could keep."""
        return self._limit - len(self._entries) if self._size < LOG_SIZE else 0

    def _take(self, change: ScopeChange) -> None:
        if change.end <= self.seq:
            return
        for entry in change.entries:
            if entry.seq > self.seq:
                before = self._entries.pop(entry.key, None)  # to the end: the dict is in the order of seq
                self._size += size_of(entry) - (size_of(before) if before else 0)
                self._entries[entry.key] = entry
        self._forget()
        self.seq = change.end
        self._frames, self._frames_size = {}, 0

    def _forget(self) -> None:
        while len(self._entries) > self._limit or (self._size > LOG_SIZE and len(self._entries) > 1):
            oldest = self._entries.pop(next(iter(self._entries)))
            self._size -= size_of(oldest)
            self.floor = oldest.seq

    def _put_aside(self, change: ScopeChange) -> None:
        other = self._ahead.get(change.start)
        if other is None or other.end < change.end:
            self._ahead[change.start] = change
        # The furthest go first: what is missing before them is read from the store, and they with it.
        while len(self._ahead) > 1 and sum(len(waiting.entries) for waiting in self._ahead.values()) > self._limit:
            del self._ahead[max(self._ahead)]
