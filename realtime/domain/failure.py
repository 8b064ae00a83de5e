"""A job that has failed, and what is said of it."""

from dataclasses import dataclass
from enum import StrEnum

from realtime.domain.job import Job
from realtime.domain.status import Status


class Cause(StrEnum):
    """What kind of failure it is."""

    MEMORY = "memory"
    RUN_TIME = "run time"
    LIMIT = "limit"
    """another one: CPU time, processes, threads, swap"""
    KILLED = "killed"
    """by somebody with bkill"""
    KILLED_BY_US = "killed by us"
    """by a person with Batchboard"""
    SIGNAL = "signal"
    EXIT_CODE = "exit code"
    NOT_FOUND = "not found"
    """the command, or something that it needs to run"""
    NOT_SUBMITTED = "not submitted"
    SCRIPT = "script"
    """the submit script could not run, or went wrong itself"""
    CANCELLED = "cancelled"
    LOST = "lost"
    HOST = "host"
    QUEUE = "queue"
    """preempted, its window closed, requeued"""
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A job that has failed. `error_line`: the first line of its log that tells of a real error."""

    job: Job
    status: Status
    executable: str
    parameters: str
    error_line: str | None = None


@dataclass(frozen=True)
class Advice:
    """What can be done. `change`, `parameters`: the option to resubmit it with (`-M 12G`), and all parameters then."""

    text: str
    change: str | None = None
    parameters: str | None = None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """`sentence`: one, with its full stop; `evidence`: facts that tell so, one each."""

    sentence: str
    cause: Cause
    evidence: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()
