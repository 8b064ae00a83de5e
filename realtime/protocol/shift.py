"""A shift: what is handed over to the next one."""

from realtime.protocol.wire import Shape, Strict, UtcTime


class ShiftQuery(Strict, frozen=True, kw_only=True, rename={"from_": "from"}):
    """`from`, left out: 8 hours before `to`; `to`, left out: now. At most 31 days."""

    from_: UtcTime | None = None
    to: UtcTime | None = None


class RunsOfShift(Shape, frozen=True, kw_only=True):
    """Runs taken in it. `listed`: `1-10, 15`."""

    count: int
    first: int | None
    last: int | None
    listed: str
    unprocessed: str
    """listed in the same way"""


class RunNote(Shape, frozen=True, kw_only=True):
    """What people wrote on a run."""

    run: int
    comment: str
    tags: list[str]


class JobOfShift(Shape, frozen=True, kw_only=True):
    """A job that failed in it (`at`: when; `sentence`: why), or was not through at its end (`at`: since when)."""

    job: str
    run: int
    hash: str
    status: str
    at: UtcTime
    sentence: str


class HashOfShift(Shape, frozen=True, kw_only=True):
    """How many jobs of a hash ended in it, and how many were not through at its end."""

    name: str
    done: int
    failed: int
    running: int
    pending: int


class AppliedInShift(Shape, frozen=True, kw_only=True):
    """How often somebody applied a hash."""

    by: str
    times: int


class DoneInShift(Shape, frozen=True, kw_only=True):
    """What somebody did, in words that follow `by`."""

    at: UtcTime
    by: str
    text: str


class ShiftAnswer(Shape, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A span of an experiment. Of several jobs of a hash on a run only the newest is told of; lists of jobs have at
    most 1,000, the counts beside them are of all."""

    experiment: str
    from_: UtcTime
    to: UtcTime
    runs: RunsOfShift
    processed: int
    """runs of it with a job DONE"""
    notes: list[RunNote]
    hashes: list[HashOfShift]
    failed: list[JobOfShift]
    failed_count: int
    again: int
    """more jobs that failed in it and were made again since"""
    running: list[JobOfShift]
    running_count: int
    pending: list[JobOfShift]
    pending_count: int
    applied: list[AppliedInShift]
    activity: list[DoneInShift]
    """the last 60 things that people did besides, oldest first; starts of runs are left out"""
    activity_count: int
    trouble: list[str]
    """with batch clients and LSF, as it is now"""
