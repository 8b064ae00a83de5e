"""Looking into a job: its numbers over time, what is usual of its hash, where its script ran, how to ask once more."""

from realtime.protocol.wire import Shape, Strict, UtcTime


class SeriesLine(Shape, frozen=True, kw_only=True):
    """A counter over time, oldest first, its newest value included. `percent`: of 100; `of`: of so many in all."""

    name: str
    percent: bool
    of: float | None
    points: list[tuple[UtcTime, float]]


class UsualTime(Shape, frozen=True, kw_only=True):
    """Seconds: a tenth of the jobs took less than `low`, half less than `median`, nine tenths less than `high`."""

    low: float
    median: float
    high: float


class UsualTimes(Shape, frozen=True, kw_only=True):
    """What the last `jobs` good jobs of a hash took; null: of none of them is it known."""

    jobs: int
    run: UsualTime | None
    """from its start to its end"""
    wait: UsualTime | None
    """in LSF, until its start"""


class JobProgress(Shape, frozen=True, kw_only=True):
    """A job's numbers over time and the usual times of its hash.

    `every`: seconds between two points by now, null without any; `quiet_after`: as in the row of its definition.
    """

    every: int | None
    series: list[SeriesLine]
    usual: UsualTimes
    quiet_after: float | None


class Variable(Shape, frozen=True, kw_only=True):
    """An environment variable that a submit script found. `ours`: we gave it. `value` null: it looked like a secret."""

    name: str
    value: str | None
    ours: bool


class ReportAddress(Shape, frozen=True, kw_only=True):
    """The address that a job's scripts post to: who knows it can write the job's report."""

    url: str


class Resubmit(Strict, frozen=True, kw_only=True):
    """`parameters`: instead of the job's own."""

    parameters: str | None = None
