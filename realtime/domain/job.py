"""Jobs: the facts that are kept of one.

A job's status is never stored by itself: `assess` (in `assessment`) derives it from what is known: handed to the agent,
claimed, the submit script's end, what LSF says of each LSF job. `advance` takes one word of LSF into what is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from realtime.domain.status import Status

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One run of a submit script, and how far it got.

    `doubt`: why it is not known whether LSF has a job of it; while set, the script's end decides nothing. `adopted`:
    LSF jobs found by the job's tag; `surplus`: doubles that one bsub made, killed, which count for nothing. `host`,
    `folder`: where it ran; `environment`: key of what it found there besides what we gave it.
    """

    arguments: tuple[str, ...]
    order: tuple[int, int] = (0, 0)
    """(generation, n) of the newest observation of it"""
    handed_at: datetime | None = None
    claimed_at: datetime | None = None
    began_at: datetime | None = None
    bsub_called_at: datetime | None = None
    ended_at: datetime | None = None
    exit_code: int | None = None
    timed_out: bool = False
    problem: str | None = None
    stdout: str = ""
    stderr: str = ""
    sha256: str | None = None
    modified_at: datetime | None = None
    doubt: str | None = None
    adopted: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    host: str | None = None
    folder: str | None = None
    environment: str | None = None


@dataclass(frozen=True, kw_only=True)
class LsfJob:
    """One LSF job that a submit script made. Times are when the agent saw it.

    `max_memory` (the most that it had) and `memory_limit` in bytes; `run_limit` and `cpu_time` in seconds.
    """

    lsf_id: str
    status: Status
    order: tuple[int, int]
    """(generation, n) of the newest observation of it"""
    as_of: datetime
    submitted_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exit_code: int | None = None
    reason: str | None = None
    queue: str | None = None
    host: str | None = None
    log_file: str | None = None
    elements: Mapping[str, int] = field(default_factory=dict)
    """of an array: status -> number of elements"""
    follow_due_at: datetime | None = None
    """when the agent is to be told (again) to follow it; None: it does, as it knows it from the script or has spoken"""
    named: bool = False
    """not told by bsub nor found by a tag: the script posted it, or a person said so, and it was verified"""
    max_memory: int | None = None
    memory_limit: int | None = None
    run_limit: float | None = None
    cpu_time: float | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a script, or a person (`by`), says of a job: nothing, until the batch client has verified it."""

    lsf_id: str | None = None
    log_file: str | None = None
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """The facts about one job that its status depends on.

    `kill_force`: the kill asked for is `bkill -r`. `log_file`: posted by the script and verified.
    """

    id: str
    requested_at: datetime
    submission: Submission
    lsf_jobs: tuple[LsfJob, ...] = ()
    cancelled_at: datetime | None = None
    kill_requested_at: datetime | None = None
    kill_requested_by: str | None = None
    kill_answered_at: datetime | None = None
    kill_error: str | None = None
    kill_force: bool = False
    claim: Claim = Claim()
    log_file: str | None = None

    @property
    def doubt(self) -> str | None:
        """Why it is not known whether LSF has (more) jobs of it: until a person gives it up or its LSF job is named."""
        if self.cancelled_at or any(lsf_job.named for lsf_job in self.lsf_jobs):
            return None
        return self.submission.doubt


@dataclass(frozen=True, kw_only=True)
class LsfWord:
    """What LSF said of one LSF job, and when (`order` decides, never the clock)."""

    lsf_id: str
    status: Status
    order: tuple[int, int]
    at: datetime
    exit_code: int | None = None
    reason: str | None = None
    queue: str | None = None
    host: str | None = None
    log_file: str | None = None
    elements: Mapping[str, int] = field(default_factory=dict)
    max_memory: int | None = None
    memory_limit: int | None = None
    run_limit: float | None = None
    cpu_time: float | None = None


def advance(known: LsfJob, word: LsfWord) -> LsfJob:
    """Take a word of LSF into account. Total over every pair of states:

    an older or repeated word (`order`) is nothing; any live state may follow any live state; DONE and EXIT absorb,
    except a newer word that is live again (LSF requeued the id); LOST gives way to any word of LSF.
    """
    if word.order <= known.order:
        return known
    if known.status in (Status.DONE, Status.EXIT) and word.status != known.status and not word.status.live:
        return replace(known, order=word.order)
    again = not known.status.live and word.status.live
    running = word.status in (Status.RUN, Status.USUSP, Status.SSUSP)
    started_at = None if again else known.started_at
    ended_at = None if word.status.live else (known.ended_at or word.at)
    return replace(
        known,
        status=word.status,
        order=word.order,
        as_of=word.at,
        started_at=started_at or (word.at if running else None),
        ended_at=ended_at,
        exit_code=_newest(word.exit_code, None if again else known.exit_code),
        reason=_newest(word.reason, known.reason if word.status == known.status else None),
        queue=_newest(word.queue, known.queue),
        host=_newest(word.host, known.host),
        log_file=_newest(word.log_file, known.log_file),
        elements=word.elements or known.elements,
        follow_due_at=None,
        max_memory=_newest(word.max_memory, None if again else known.max_memory),
        memory_limit=_newest(word.memory_limit, known.memory_limit),
        run_limit=_newest(word.run_limit, known.run_limit),
        cpu_time=_newest(word.cpu_time, None if again else known.cpu_time),
    )


def _newest(new: T | None, old: T | None) -> T | None:
    return old if new is None else new


def submitted(lsf_id: str, order: tuple[int, int], at: datetime) -> LsfJob:
    """An LSF job as bsub's answer tells of it: LSF has it, it waits."""
    return LsfJob(lsf_id=lsf_id, status=Status.PEND, order=order, as_of=at, submitted_at=at)
