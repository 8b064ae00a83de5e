"""What a job is, and how it becomes what it is by the events that follow each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from lsf_agent.embedded.events import (
    Change,
    Ended,
    Event,
    Killed,
    Requeued,
    Resumed,
    Returned,
    Started,
    Submission,
    Submitted,
    Suspended,
    Vanished,
)


class Status(StrEnum):
    """LSF's words."""

    PEND = "PEND"
    PSUSP = "PSUSP"
    RUN = "RUN"
    USUSP = "USUSP"
    UNKWN = "UNKWN"
    ZOMBI = "ZOMBI"
    DONE = "DONE"
    EXIT = "EXIT"


STARTED = frozenset({Status.RUN, Status.USUSP, Status.UNKWN, Status.ZOMBI})
AWAY = frozenset({Status.UNKWN, Status.ZOMBI})
WAITING = frozenset({Status.PEND, Status.PSUSP})
FINISHED = frozenset({Status.DONE, Status.EXIT})

Key = tuple[int, int]
"""Job id and array index; the index is 0 for a job that is no array."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job, or an element of an array, after the events so far."""

    id: int
    index: int
    submission: Submission
    submitted_at: datetime
    status: Status
    since: datetime
    """of the status"""
    spent: Mapping[Status, float] = field(default_factory=dict)
    """seconds in earlier statuses"""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    pid: int | None = None
    exit: int | None = None
    reason: str | None = None
    cpu: float = 0.0
    memory: int | None = None
    """the most bytes that it had, told at its end"""
    killed: Killed | None = None

    @property
    def key(self) -> Key:
        return self.id, self.index

    @property
    def label(self) -> str:
        """`12` or `12[3]`."""
        return f"{self.id}[{self.index}]" if self.index else str(self.id)

    @property
    def name(self) -> str:
        """As bjobs shows it: an element of an array carries its own index."""
        return f"{self.submission.job_name}[{self.index}]" if self.index else self.submission.job_name

    @property
    def finished(self) -> bool:
        return self.status in FINISHED

    def seconds(self, status: Status, now: datetime) -> float:
        """Time in a status until now."""
        current = (now - self.since).total_seconds() if status is self.status and not self.finished else 0.0
        return self.spent.get(status, 0.0) + max(0.0, current)

    def expand(self, path: str) -> str:
        """A path of bsub with %J and %I filled in."""
        return path.replace("%J", str(self.id)).replace("%I", str(self.index))


class Book:
    """All jobs that were ever submitted, in the order of their ids."""

    def __init__(self) -> None:
        self.jobs: dict[Key, Job] = {}
        self.indices: dict[int, tuple[int, ...]] = {}
        self.tokens: dict[str, int] = {}
        self.next_id = 1
        self._unfinished: dict[Key, None] = {}

    def unfinished(self) -> list[Job]:
        """In the order of their ids."""
        return [self.jobs[key] for key in self._unfinished]

    def of(self, job_id: int) -> list[Job]:
        """The job of an id, or all elements of the array."""
        return [self.jobs[job_id, index] for index in self.indices.get(job_id, ())]

    def apply(self, event: Event) -> None:
        """Takes an event over. Events about unknown jobs, and all but a requeue about jobs that have ended, change
        nothing."""
        if isinstance(event, Submitted):
            self._submit(event)
            return
        job = self.jobs.get((event.id, event.index))
        if job is None or (job.finished and not isinstance(event, Requeued)):
            return
        self.jobs[job.key] = after(job, event)
        if isinstance(event, Ended):
            del self._unfinished[job.key]
        elif job.finished:
            self._unfinished = dict.fromkeys(sorted([*self._unfinished, job.key]))

    def _submit(self, event: Submitted) -> None:
        submission = event.submission
        self.tokens[submission.token] = event.id
        self.next_id = max(self.next_id, event.id + 1)
        self.indices[event.id] = submission.indices or (0,)
        for index in self.indices[event.id]:
            self._unfinished[event.id, index] = None
            self.jobs[event.id, index] = Job(
                id=event.id,
                index=index,
                submission=submission,
                submitted_at=event.at,
                status=Status.PSUSP if submission.held else Status.PEND,
                since=event.at,
            )


def after(job: Job, event: Change) -> Job:
    """The job after an event."""
    match event:
        case Started():
            return replace(_to(job, Status.RUN, event.at), started_at=event.at)
        case Ended():
            ended = _to(job, Status.DONE if event.exit == 0 else Status.EXIT, event.at)
            return replace(
                ended,
                ended_at=event.at,
                exit=event.exit,
                reason=event.reason,
                cpu=event.cpu,
                memory=event.memory,
                pid=event.pid,
            )
        case Killed():
            told = _to(job, Status.ZOMBI, event.at) if job.status is Status.UNKWN else job
            return replace(told, killed=event)
        case Suspended():
            return _to(job, Status.USUSP if job.status in STARTED else Status.PSUSP, event.at)
        case Resumed():
            return _to(job, Status.RUN if job.status in STARTED else Status.PEND, event.at)
        case Vanished():
            return _to(job, Status.ZOMBI if job.killed else Status.UNKWN, event.at)
        case Returned():
            return _to(job, Status.RUN, event.at)
        case Requeued():
            waiting = _to(job, Status.PEND, event.at)
            return replace(
                waiting, started_at=None, ended_at=None, pid=None, exit=None, reason=None, memory=None, killed=None
            )
        case _:
            assert_never(event)


def _to(job: Job, status: Status, at: datetime) -> Job:
    spent = {**job.spent, job.status: job.seconds(job.status, at)}
    return replace(job, status=status, since=at, spent=spent)
