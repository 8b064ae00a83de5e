"""Why a job failed, and how it compares to the last good one of its hash."""

from realtime.protocol.wire import Shape, Strict, UtcTime


class AdviceGiven(Shape, frozen=True, kw_only=True):
    """What can be done. `change`: the option to resubmit it with (`-M 12G`); `parameters`: all of them with it."""

    text: str
    change: str | None
    parameters: str | None


class LogLine(Shape, frozen=True, kw_only=True):
    """A line of a log without its colours, and the byte at which it begins (null: not known)."""

    line: str
    at: int | None


class ExplanationAnswer(Shape, frozen=True, kw_only=True):
    """Why a job failed.

    `error`: the first line of its log that tells of a real error; `log`: why there are no last lines.
    """

    sentence: str
    cause: str
    """`memory`, `run time`, `limit`, `killed`, `killed by us`, `signal`, `exit code`, `not found`, `not submitted`,
    `script`, `cancelled`, `lost`, `host`, `queue` or `other`"""
    evidence: list[str]
    advice: list[AdviceGiven]
    last_lines: str | None
    error: LogLine | None
    log: str | None
    as_of: UtcTime


class ComparisonQuery(Strict, frozen=True, kw_only=True):
    """`log=1`: the beginnings of both logs are read and compared as well."""

    log: bool = False


class ComparedWith(Shape, frozen=True, kw_only=True):
    """The last good job of the hash before this one."""

    id: str
    run: int
    number: int
    ended_at: UtcTime | None


class DifferenceFound(Shape, frozen=True, kw_only=True):
    """`this`, `that`: what the job has and the good one had; a moment as RFC 3339. Of the environment only names."""

    what: str
    this: str
    that: str


class LogsPart(Shape, frozen=True, kw_only=True):
    """The first lines that differ; null: that log has ended by then, or (both) they do not differ in what was read."""

    this: LogLine | None
    that: LogLine | None
    same_lines: int


class ComparisonAnswer(Shape, frozen=True, kw_only=True, rename={"with_": "with"}):
    """A job beside the last good one of its hash; `with` null: there is none before it.

    `same`: names of what does not differ; `log` null: not asked for, or `log_problem` says why not.
    """

    with_: ComparedWith | None
    differences: list[DifferenceFound]
    same: list[str]
    log: LogsPart | None
    log_problem: str | None
