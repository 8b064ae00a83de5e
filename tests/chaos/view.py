"""What a client holds of one scope, and every promise of the protocol checked while messages are taken."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from realtime.protocol.live import PROTOCOL

Contents = dict[tuple[str, str, int], bytes]
"""(scope, key, seq) -> the row: the same wherever and whenever it is seen"""


class Broken(Exception):
    """A promise of the protocol was not kept."""


class _Head(msgspec.Struct, frozen=True):
    key: str
    seq: int


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    protocol: str | None = None
    epoch: str | None = None
    seq: int = -1
    rows: list[msgspec.Raw] = []
    part: int = 0
    last: bool = False
    reset: bool = False
    put: list[msgspec.Raw] = []
    drop: list[tuple[str, int]] = []
    start: int = msgspec.field(default=-1, name="from")
    to: int = -1
    code: int = 0
    after: tuple[int, int] = (0, 0)


_messages = msgspec.json.Decoder(_Message)
_heads = msgspec.json.Decoder(_Head)


@dataclass(frozen=True)
class Held:
    """A row as it was received."""

    seq: int
    raw: bytes


@dataclass
class View:
    """Rows by key and a position. `contents` may be shared by many views: it shows rows that change without a seq."""

    scope: str
    contents: Contents = field(default_factory=dict)
    epoch: str | None = None
    seq: int = 0
    rows: dict[str, Held] = field(default_factory=dict)
    come_back: tuple[int, int] | None = None
    """ms, said by the last `bye`"""

    def __post_init__(self) -> None:
        self.begin(None)

    @property
    def position(self) -> str | None:
        """`EPOCH:SEQ`; None before the first snapshot."""
        return None if self.epoch is None else f"{self.epoch}:{self.seq}"

    def begin(self, since: str | None, servable: bool = True) -> None:
        """A connection begins, asked with `since`; not `servable`: a position that no server can go on from."""
        self._since = since
        self._unservable = since is not None and not servable
        self._greeted = False
        self._part = 0
        self._coming: dict[str, Held] = {}
        self._snapshot_seq = -1
        self.come_back = None

    def go_back(self, seq: int, rows: dict[str, Held]) -> None:
        """Be a client that has slept since then."""
        self.seq, self.rows = seq, dict(rows)

    def take(self, message: str | bytes) -> str:
        """Apply a message; what it was (`reset` for a snapshot that replaces everything). Raises Broken."""
        said = _messages.decode(message)
        if self._greeted == (said.type == "hello"):
            raise Broken(f"{said.type} as the first message, or hello again")
        if self._part and said.type not in ("snapshot", "bye"):
            raise Broken(f"{said.type} between the parts of a snapshot")
        match said.type:
            case "hello":
                self._hello(said)
            case "snapshot":
                return self._snapshot(said)
            case "delta":
                self._delta(said)
            case "heartbeat":
                if self._unservable or said.seq < self.seq:
                    raise Broken(f"a heartbeat at {said.seq} for a client at {self.seq}")
                self.seq = said.seq
            case "bye":
                self.come_back = said.after
                return "bye"
            case _:
                raise Broken(f"a message of type {said.type}")
        return said.type

    def _hello(self, said: _Message) -> None:
        self._greeted = True
        if said.protocol != PROTOCOL:
            raise Broken(f"protocol {said.protocol}")
        if self.epoch is not None and said.epoch != self.epoch:
            raise Broken(f"epoch {said.epoch} of a store that was never restored, it was {self.epoch}")

    def _snapshot(self, said: _Message) -> str:
        self._part += 1
        first = self._part == 1
        if first:
            self._coming, self._snapshot_seq = {}, said.seq
        if said.part != self._part or said.seq != self._snapshot_seq:
            raise Broken(f"part {said.part} at {said.seq}, expected part {self._part} at {self._snapshot_seq}")
        replaces = self._since is not None or bool(self.rows)
        if said.reset != (first and replaces):
            raise Broken(f"part {said.part} of a snapshot with reset {said.reset}, asked since {self._since}")
        for raw in said.rows:
            held = self._row(bytes(raw), -1, said.seq)
            if held[0] in self._coming:
                raise Broken(f"{held[0]} twice in a snapshot")
            self._coming[held[0]] = held[1]
        if said.last:
            if self.epoch == said.epoch and not self._unservable and said.seq < self.seq:
                raise Broken(f"a snapshot at {said.seq} for a client at {self.seq}")
            self.epoch, self.seq, self.rows = said.epoch, said.seq, self._coming
            self._part, self._since, self._unservable = 0, None, False
        return "reset" if said.reset else "snapshot"

    def _delta(self, said: _Message) -> None:
        if self._unservable:
            raise Broken(f"a delta from {said.start} for a position that cannot be served: {self._since}")
        if said.epoch != self.epoch or said.start != self.seq or said.to < said.start:
            raise Broken(f"a delta {said.epoch}:{said.start} to {said.to} for a client at {self.position}")
        keys = [key for key, _ in said.drop]
        for raw in said.put:
            key, held = self._row(bytes(raw), said.start, said.to)
            self.rows[key] = held
            keys.append(key)
        for key, seq in said.drop:
            if not said.start < seq <= said.to:
                raise Broken(f"{key} dropped at {seq} in a delta from {said.start} to {said.to}")
            self.rows.pop(key, None)
        if len(keys) != len(set(keys)):
            raise Broken("a row twice in a delta")
        self.seq = said.to

    def _row(self, raw: bytes, above: int, until: int) -> tuple[str, Held]:
        head = _heads.decode(raw)
        if not above < head.seq <= until:
            raise Broken(f"{head.key} of {head.seq} in a message from {above} to {until}")
        known = self.contents.setdefault((self.scope, head.key, head.seq), raw)
        if known != raw and msgspec.json.decode(known) != msgspec.json.decode(raw):
            raise Broken(f"{head.key} of {head.seq} is {raw.decode()}, elsewhere {known.decode()}")
        return head.key, Held(seq=head.seq, raw=known)

    def differences(self, truth: dict[str, Any]) -> list[str]:
        """Where the rows are not those of the truth (rows by key), in words."""
        found = [f"{key} is missing" for key in truth if key not in self.rows]
        for key, held in self.rows.items():
            if key not in truth:
                found.append(f"{key} of {held.seq} is there and should not be")
            elif (row := msgspec.json.decode(held.raw)) != truth[key]:
                found.append(f"{key} is {row} and should be {truth[key]}")
        return found
