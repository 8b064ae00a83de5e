"""What a screen on the wall shows of an experiment."""

from typing import Annotated

import msgspec

from realtime.protocol.wire import Shape, Strict, UtcTime


class WallQuery(Strict, frozen=True, kw_only=True):
    """`runs`: how many of the newest."""

    runs: Annotated[int, msgspec.Meta(ge=1, le=60)] = 40


class WallJob(Shape, frozen=True, kw_only=True):
    """The newest job of a hash on a run; `hash`: its id."""

    hash: int
    status: str
    exit_code: int | None
    killing: bool
    """a kill was asked for"""


class WallRun(Shape, frozen=True, kw_only=True):
    """A run with its jobs."""

    number: int
    started_at: UtcTime
    ended_at: UtcTime | None
    jobs: list[WallJob]


class WallHash(Shape, frozen=True, kw_only=True):
    """A hash that has a job on one of these runs."""

    id: int
    name: str


class WallFailure(Shape, frozen=True, kw_only=True):
    """A current job that failed; `words`: why, in short."""

    job: str
    run: int
    hash: str
    status: str
    exit_code: int | None
    at: UtcTime
    words: str


class Wall(Shape, frozen=True, kw_only=True):
    """An experiment at the position (epoch, seq): its newest runs first."""

    epoch: str
    seq: int
    taken: int
    """runs in all"""
    processed: int
    """runs with a current job that is DONE"""
    totals: dict[str, int]
    """status -> number of current jobs in it"""
    runs: list[WallRun]
    hashes: list[WallHash]
    failures: list[WallFailure]
    """at most 12, newest first"""
    queues: list[str]
    """those that jobs of these runs, asked for within the last day, went to"""
