"""What a subscriber knows, and what each message makes of it. Pure."""

from typing import TypeAlias

import msgspec

from realtime.protocol.live import Bye, Delta, Heartbeat, Hello, Snapshot
from realtime.protocol.rows import DefinitionRow, ExperimentRow, JobRow, LocationRow, RunRow
from realtime.protocol.wire import Shape

Row: TypeAlias = ExperimentRow | RunRow | DefinitionRow | JobRow | LocationRow
Message: TypeAlias = Hello | Snapshot | Delta | Heartbeat | Bye

KINDS = frozenset({"experiment", "run", "definition", "job", "location"})
TYPES = frozenset({"hello", "snapshot", "delta", "heartbeat", "bye"})


class Change(Shape, frozen=True, kw_only=True):
    """A step of the view, up to the position (epoch, seq).

    `put`: rows in their newest state, each key once. `drop`: keys of rows that are no more, also of ones never seen.
    `reset`: the view was replaced as a whole and `put` is all of it (the first change, and after a position that the
    server could not go on from).
    """

    epoch: str
    seq: int
    reset: bool
    put: tuple[Row, ...]
    drop: tuple[str, ...]

    @property
    def position(self) -> str:
        """`EPOCH:SEQ`, to be given as `since` later."""
        return f"{self.epoch}:{self.seq}"


class OutOfStep(Exception):
    """The message does not follow on from what is held: the feed must be resumed at the position."""


class View:
    """All rows by key, and the position up to which they are known; None before the first snapshot.

    The position moves only when a message was applied as a whole. A row gives way only to a newer one.
    """

    def __init__(self, since: str | None = None) -> None:
        self.rows: dict[str, Row] = {}
        self.position: tuple[str, int] | None = None if since is None else read_position(since)
        self._arriving: dict[str, Row] | None = None

    def apply(self, message: Message) -> Change | None:
        """What the message changes, None when that is nothing; raises OutOfStep."""
        match message:
            case Hello():
                self._arriving = None
            case Snapshot():
                return self._snapshot(message)
            case Delta():
                return self._delta(message)
            case Heartbeat(seq=seq):
                if self.position is not None and self._arriving is None:
                    self.position = self.position[0], max(seq, self.position[1])
        return None

    def _snapshot(self, part: Snapshot) -> Change | None:
        if part.part == 1:
            self._arriving = {}
        if self._arriving is None:
            raise OutOfStep(f"part {part.part} of a snapshot that has not begun")
        self._arriving.update((row.key, row) for row in map(read_row, part.rows) if row)
        if not part.last:
            return None
        gone = tuple(key for key in self.rows if key not in self._arriving)
        self.rows, self._arriving = self._arriving, None
        self.position = part.epoch, part.seq
        return Change(epoch=part.epoch, seq=part.seq, reset=True, put=tuple(self.rows.values()), drop=gone)

    def _delta(self, delta: Delta) -> Change | None:
        if self.position != (delta.epoch, delta.from_):
            raise OutOfStep(f"a delta from {delta.epoch}:{delta.from_}")
        put = []
        for row in map(read_row, delta.put):
            held = row and self.rows.get(row.key)
            if row and (held is None or held.seq < row.seq):
                self.rows[row.key] = row
                put.append(row)
        drop = []
        for key, seq in delta.drop:
            held = self.rows.get(key)
            if held is None or held.seq < seq:
                self.rows.pop(key, None)
                drop.append(key)
        self.position = delta.epoch, delta.to
        if not (put or drop):
            return None
        return Change(epoch=delta.epoch, seq=delta.to, reset=False, put=tuple(put), drop=tuple(drop))


def read_position(text: str) -> tuple[str, int]:
    """(epoch, seq) of `EPOCH:SEQ`; raises ValueError."""
    epoch, _, seq = text.partition(":")
    if not epoch or not (seq.isdecimal() and seq.isascii() and len(seq) < 19):
        raise ValueError(f"expected a position EPOCH:SEQ, not {text[:60]!r}")
    return epoch, int(seq)


class _Head(msgspec.Struct):
    type: str = ""
    kind: str = ""


_message: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_row: msgspec.json.Decoder[Row] = msgspec.json.Decoder(Row)
_head = msgspec.json.Decoder(_Head)


def read_message(text: str | bytes) -> Message | None:
    """A message of the protocol, None for a type that this version does not know; raises msgspec.DecodeError."""
    try:
        return _message.decode(text)
    except msgspec.ValidationError:
        if _head.decode(text).type in TYPES:
            raise
        return None


def read_row(raw: msgspec.Raw) -> Row | None:
    """A row, None for a kind that this version does not know; raises msgspec.DecodeError."""
    try:
        return _row.decode(raw)
    except msgspec.ValidationError:
        if _head.decode(raw).kind in KINDS:
            raise
        return None
