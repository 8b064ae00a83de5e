"""An experiment in numbers, and the numbers its pictures are drawn from."""

from typing import Annotated, Literal

import msgspec

from realtime.protocol.wire import Shape, Strict, UtcTime

Hours = Annotated[str, msgspec.Meta(pattern=r"^(all|[1-9][0-9]{0,3})$")]
DefinitionId = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


class HashOverview(Shape, frozen=True, kw_only=True):
    """How one hash fares. The medians are over its last good jobs, in seconds; null without any."""

    id: int
    name: str
    archived: bool
    current: dict[str, int]
    """status -> number of current jobs in it: the newest of each run, and every live one"""
    missing: int
    """runs without a job of it"""
    median_wait: float | None
    """from the request to the start"""
    median_run: float | None


class Overview(Shape, frozen=True, kw_only=True):
    """An experiment at the position (epoch, seq)."""

    epoch: str
    seq: int
    runs: int
    processed: int
    """runs with a current job that is DONE"""
    hashes: list[HashOverview]


class HistoryQuery(Strict, frozen=True, kw_only=True):
    """`hours`: so many back from now, at most one before the first run, or `all`; `hash`: an id, else all of them."""

    hours: Hours = "24"
    hash: DefinitionId | None = None


class History(Shape, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Jobs and runs over time, read at (epoch, seq), in at most 400 steps of `step` seconds; one value for each step.

    `waiting` (asked for, not started) and `running` are averages over a step, and in the last one what is now; `done`
    and `failed` ended within the step; `runs` (taken) and `processed` (runs with a current job DONE) are those up to
    its end.
    """

    epoch: str
    seq: int
    from_: UtcTime
    to: UtcTime
    step: int
    at: list[UtcTime]
    """when each step begins"""
    waiting: list[float]
    running: list[float]
    done: list[int]
    failed: list[int]
    runs: list[int]
    processed: list[int]
    behind: int
    """runs that are not processed"""
    trend: Literal["growing", "steady", "shrinking"]
    """of `behind`, over an hour"""


class TimesQuery(Strict, frozen=True, kw_only=True):
    """`hash`: the id of the one that is meant, else all."""

    hash: DefinitionId | None = None


class Quantiles(Shape, frozen=True, kw_only=True):
    """How `n` times are spread, in seconds: 5 %, 25 %, 50 %, 75 % and 95 % of them are not longer."""

    n: int
    low5: float
    q1: float
    median: float
    q3: float
    high95: float


class HashTimes(Shape, frozen=True, kw_only=True):
    """How long the last 500 good jobs of a hash took; null without any."""

    id: int
    name: str
    wait: Quantiles | None
    """from the request to the start"""
    run: Quantiles | None
    """from the start to the end"""


class CounterQuery(Strict, frozen=True, kw_only=True):
    """`hash`: its id; `counter`: a name, else the first that holds numbers, those of `7/20` last."""

    hash: DefinitionId
    counter: str | None = None


class CounterOfRun(Shape, frozen=True, kw_only=True):
    """What the current job of a run says. `value` is null when `text` is no number."""

    run: int
    value: float | None
    text: str
    status: str
    job: str


class CounterByRun(Shape, frozen=True, kw_only=True):
    """A counter of a hash on the newest 5,000 runs that have it, the oldest first, read at (epoch, seq)."""

    epoch: str
    seq: int
    id: int
    name: str
    """of the hash"""
    counter: str | None
    """null: it was left out, and no job of the hash has told a number"""
    percent: bool
    """every number of it is a percentage"""
    counters: list[str]
    """those of the hash that hold numbers"""
    items: list[CounterOfRun]
