"""The feed's messages as frames: hello, snapshots in parts, deltas cut to size, heartbeats."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from realtime.feed.wire import Frame
from realtime.protocol.live import Delta, Heartbeat, Hello, Snapshot
from realtime.protocol.wire import encode
from realtime.store.changes import Entry

FRAME_LIMIT = 128 * 1024
"""Bytes of a delta or of a part of a snapshot, unless a single row is larger: what a stuck connection holds back."""
_AROUND = 1024
"""Bytes for what stands around the rows."""


class DeltaFrame(Frame):
    """A delta: the position it leads to, and how many rows it carries."""

    __slots__ = ("rows", "to")

    def __init__(self, payload: bytes, to: int, rows: int) -> None:
        super().__init__(payload)
        self.to = to
        self.rows = rows


def hello(epoch: str, seq: int) -> Frame:
    """The first message of every connection."""
    return Frame(encode(Hello(epoch=epoch, seq=seq)))


def heartbeat(seq: int, time: datetime) -> Frame:
    """What is sent when there is nothing else to say."""
    return Frame(encode(Heartbeat(seq=seq, time=time)))


def snapshot_parts(epoch: str, seq: int, entries: Sequence[Entry], *, reset: bool) -> tuple[Frame, ...]:
    """A whole view in parts; at least one. `reset` stands in the first."""
    parts = list(_cut(entries)) or [[]]
    return tuple(
        Frame(
            encode(
                Snapshot(
                    epoch=epoch,
                    seq=seq,
                    rows=[msgspec.Raw(entry.raw) for entry in part if entry.raw is not None],
                    part=number,
                    last=number == len(parts),
                    reset=reset and number == 1,
                )
            )
        )
        for number, part in enumerate(parts, 1)
    )


def deltas(epoch: str, start: int, end: int, entries: Sequence[Entry]) -> tuple[DeltaFrame, ...]:
    """What changed between two positions, rows in the order of seq, in as many frames as it takes; none when nothing
    did."""
    frames: list[DeltaFrame] = []
    while start < end:
        frame = first_delta(epoch, start, end, entries)
        frames.append(frame)
        entries = entries[frame.rows :]
        start = frame.to
    return tuple(frames)


def first_delta(epoch: str, start: int, end: int, entries: Sequence[Entry]) -> DeltaFrame:
    """The first frame of what changed between two positions: it may lead to a position before `end`."""
    part = next(_cut(entries), [])
    to = end if len(part) == len(entries) else part[-1].seq
    return DeltaFrame(encode(delta(epoch, start, to, part)), to, len(part))


def delta(epoch: str, start: int, end: int, entries: Sequence[Entry]) -> Delta:
    """One delta message."""
    return Delta(
        epoch=epoch,
        from_=start,
        to=end,
        put=[msgspec.Raw(entry.raw) for entry in entries if entry.raw is not None],
        drop=[(entry.key, entry.seq) for entry in entries if entry.raw is None],
    )


def _cut(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    size = _AROUND
    for entry in entries:
        cost = size_of(entry)
        if part and size + cost > FRAME_LIMIT:
            yield part
            part, size = [], _AROUND
        part.append(entry)
        size += cost
    if part:
        yield part


def size_of(entry: Entry) -> int:
    """Bytes that a row takes in a message, or somewhat more."""
    return len(entry.raw) + 1 if entry.raw is not None else len(entry.key) + 40
