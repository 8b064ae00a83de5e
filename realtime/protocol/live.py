"""Messages of the websocket protocol `batchboard.v1` (LIVE in the docs), server to browser, JSON text."""

import msgspec

from realtime.protocol.wire import Shape, UtcTime

PROTOCOL = "batchboard.v1"
MESSAGE_LIMIT = 256 * 1024
"""Bytes; snapshots are sent in parts and deltas are cut to stay below."""
HEARTBEAT = 15.0
"""Seconds without other traffic after which a heartbeat is sent."""


class Hello(Shape, frozen=True, kw_only=True, tag="hello"):
    """First message of every connection."""

    protocol: str = PROTOCOL
    epoch: str
    seq: int
    heartbeat: float = HEARTBEAT


class Snapshot(Shape, frozen=True, kw_only=True, tag="snapshot", omit_defaults=True):
    """A part of the whole view at `seq`; the position is taken over with the last part."""

    epoch: str
    seq: int
    rows: list[msgspec.Raw]
    part: int
    last: bool
    reset: bool = False


class Delta(Shape, frozen=True, kw_only=True, tag="delta"):
    """Everything between two positions; each row once, in its newest state. Also the message on Redis."""

    epoch: str
    from_: int = msgspec.field(name="from")
    to: int
    put: list[msgspec.Raw]
    drop: list[tuple[str, int]]
    """(key, seq) of what was deleted"""


class Heartbeat(Shape, frozen=True, kw_only=True, tag="heartbeat"):
    """Sent when there was no other traffic; moves the position too."""

    seq: int
    time: UtcTime


class Bye(Shape, frozen=True, kw_only=True, tag="bye"):
    """The server goes away; come back after a random time in the range (ms)."""

    code: int
    after: tuple[int, int]


class LogText(Shape, frozen=True, kw_only=True, tag="log"):
    """A piece of a job's log."""

    offset: int
    text: str
    source: str


class LogReset(Shape, frozen=True, kw_only=True, tag="reset"):
    """The log continues in another source; positions start anew."""

    source: str


class LogEnd(Shape, frozen=True, kw_only=True, tag="end"):
    """Nothing will follow."""

    status: str
    source: str
