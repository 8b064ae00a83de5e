"""What was asked for and what happened: facts that never change, and that the journal keeps."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What bsub asked for; the same for all elements of an array."""

    command: str
    """as bjobs shows it"""
    script: str
    """what the shell gets"""
    shell: str
    job_name: str
    queue: str
    user: str
    host: str
    cwd: str
    umask: int
    token: str
    """of the one bsub that asked, so that asking again makes no second job"""
    project: str = "default"
    indices: tuple[int, ...] = ()
    at_once: int | None = None
    """elements of the array that may run at the same time"""
    slots: int = 1
    exclusive: bool = False
    out: str | None = None
    """as given, %J and %I not expanded"""
    out_appends: bool = True
    err: str | None = None
    err_appends: bool = True
    stdin: str | None = None
    mailed: bool = False
    """the report goes by mail, the output file holds the output alone"""
    run_limit: int | None = None
    """minutes"""
    memory_limit: int | None = None
    """bytes"""
    after: str = ""
    """dependency condition"""
    begin_at: datetime | None = None
    held: bool = False
    pre: str | None = None
    post: str | None = None


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """bsub was accepted."""

    id: int
    at: datetime
    submission: Submission


@dataclass(frozen=True, kw_only=True)
class Started:
    """It has a slot, and its runner is about to be started."""

    id: int
    index: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Ended:
    """`exit` is None for a job that never ran and for one whose end nobody saw; `pid` was its process, `cpu` are
    seconds, `memory` the most bytes that it had, if they were measured."""

    id: int
    index: int
    at: datetime
    exit: int | None
    reason: str | None
    cpu: float = 0.0
    pid: int | None = None
    memory: int | None = None


@dataclass(frozen=True, kw_only=True)
class Killed:
    """`signals` are sent one after the other, as long as the job lives."""

    id: int
    index: int
    at: datetime
    signals: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class Suspended:
    """Held while pending, or stopped while running."""

    id: int
    index: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """No longer suspended."""

    id: int
    index: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Vanished:
    """The host of a started job is not heard of any more."""

    id: int
    index: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Returned:
    """The host is heard of again, and so is the job."""

    id: int
    index: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Requeued:
    """It waits again under the same id, whatever became of it before."""

    id: int
    index: int
    at: datetime


Change = Started | Ended | Killed | Suspended | Resumed | Vanished | Returned | Requeued
"""What happens to a job that there is."""
Event = Submitted | Change
