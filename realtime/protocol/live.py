"""Messages of the websocket protocol `batchboard.v1` (LIVE in the docs), server to browser, JSON text."""

from enum import IntEnum
from typing import Annotated

import msgspec

from realtime.protocol.wire import Shape, Strict, UtcTime

PROTOCOL = "batchboard.v1"
MESSAGE_LIMIT = 256 * 1024
"""Bytes; snapshots are sent in parts and deltas are cut to stay below."""
HEARTBEAT = 15.0
"""Seconds without other traffic after which a heartbeat is sent."""


class Close(IntEnum):
    """Why the server ends a websocket."""

    DONE = 1000
    PROTOCOL = 1002
    BAD_TEXT = 1007
    TOO_BIG = 1009
    FAULT = 1011
    RESTART = 1012
    OVERLOAD = 1013
    SLOW = 4008
    BAD_MESSAGE = 4400
    LOG_IN = 4401
    FORBIDDEN = 4403
    SILENT = 4408
    TOO_MANY = 4429

    @property
    def meaning(self) -> str:
        """For people: why, and what to do."""
        return _MEANINGS[self]


_MEANINGS = {
    Close.DONE: "nothing will follow",
    Close.PROTOCOL: "a frame that is none (RFC 6455)",
    Close.BAD_TEXT: "text that is no UTF-8 (RFC 6455)",
    Close.TOO_BIG: "a message of more than 64 KiB",
    Close.FAULT: "the server made a mistake; it is in its log: come back after a random time, with the position",
    Close.RESTART: "the server goes away: come back after a random time, with the position",
    Close.OVERLOAD: "not now, the store cannot be read, say: come back after a random time, with the position",
    Close.SLOW: "the socket has taken nothing for 30 s: come back with the position",
    Close.BAD_MESSAGE: "a message that is no JSON text",
    Close.LOG_IN: "the login session is over: renew it and come back with the position, or log in again",
    Close.FORBIDDEN: "not allowed any more",
    Close.SILENT: "not even pings were answered for 60 s: come back with the position",
    Close.TOO_MANY: "more than 20 messages a second",
}


EncodedRow = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema={"$ref": "#/components/schemas/Row"})]
"""A row (`realtime.protocol.rows`), encoded already; the documents of the API have a schema `Row`."""


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
    rows: list[EncodedRow]
    part: int
    last: bool
    reset: bool = False


class Delta(Shape, frozen=True, kw_only=True, tag="delta"):
    """Everything between two positions; each row once, in its newest state. Also the message on Redis."""

    epoch: str
    from_: int = msgspec.field(name="from")
    to: int
    put: list[EncodedRow]
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
    """A piece of a job's log. `next` is the offset to come back with: what is no UTF-8 is longer as text."""

    offset: int
    text: str
    source: str
    next: int


class LogReset(Shape, frozen=True, kw_only=True, tag="reset"):
    """The log continues in another source; positions start anew."""

    source: str


class LogEnd(Shape, frozen=True, kw_only=True, tag="end"):
    """Nothing will follow."""

    status: str
    source: str


FeedMessage = Hello | Snapshot | Delta | Heartbeat | Bye
"""What the feeds of the site and of an experiment say."""
LogMessage = LogText | LogReset | LogEnd | Bye
"""What a job's log says."""


class FeedQuery(Strict, frozen=True, kw_only=True):
    """Of a feed's address."""

    since: Annotated[str, msgspec.Meta(description="position to go on from, EPOCH:SEQ")] | None = None
    runs: Annotated[int, msgspec.Meta(ge=1, le=10_000, description="newest runs that a snapshot carries")] = 100


class LogQuery(Strict, frozen=True, kw_only=True):
    """Of a log's address."""

    offset: Annotated[int, msgspec.Meta(ge=0, description="bytes; left out: at most the last 256 KiB")] | None = None
    lsf_id: Annotated[str, msgspec.Meta(description="of this one of the job's LSF jobs")] | None = None
