"""Jobs: the facts that are kept of one, and the pure functions that turn facts into its status.

A job's status is never stored by itself: `assess` derives it from what is known (handed to the agent, claimed, the
submit script's end, what LSF says of each LSF job). `advance` takes one word of LSF into what is known.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from realtime.domain.status import Status

T = TypeVar("T")

AGENT_SILENT_AFTER = timedelta(seconds=10)
"""An agent that has not been heard of for so long counts as away."""

CANCELLED = "cancelled before LSF had it"
CANCELLED_IN_DOUBT = "cancelled; the batch client has no record of its submission, LSF may have it"


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One run of a submit script, and how far it got."""

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


@dataclass(frozen=True, kw_only=True)
class LsfJob:
    """One LSF job that a submit script made. Times are when the agent saw it."""

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


@dataclass(frozen=True, kw_only=True)
class Job:
    """The facts about one job that its status depends on."""

    id: str
    requested_at: datetime
    submission: Submission
    lsf_jobs: tuple[LsfJob, ...] = ()
    cancelled_at: datetime | None = None
    kill_requested_at: datetime | None = None
    kill_requested_by: str | None = None
    kill_answered_at: datetime | None = None
    kill_error: str | None = None


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


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What a status before LSF depends on besides the job."""

    now: datetime
    agent_heard_at: datetime | None
    slow_after: timedelta

    @property
    def agent_silent(self) -> bool:
        """The batch client counts as away."""
        return self.agent_heard_at is None or self.now - self.agent_heard_at > AGENT_SILENT_AFTER


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """A job's status and everything shown with it."""

    status: Status
    detail: str
    reason: str | None
    as_of: datetime
    submitted_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    exit_code: int | None
    queue: str | None
    host: str | None
    log_file: str | None
    lsf_id: str | None


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
    )


def _newest(new: T | None, old: T | None) -> T | None:
    return old if new is None else new


def submitted(lsf_id: str, order: tuple[int, int], at: datetime) -> LsfJob:
    """An LSF job as bsub's answer tells of it: LSF has it, it waits."""
    return LsfJob(lsf_id=lsf_id, status=Status.PEND, order=order, as_of=at, submitted_at=at)


_BY_LIFE = (
    Status.RUN,
    Status.SSUSP,
    Status.USUSP,
    Status.UNKWN,
    Status.ZOMBI,
    Status.PROV,
    Status.PEND,
    Status.WAIT,
    Status.PSUSP,
    Status.EXIT,
    Status.LOST,
    Status.DONE,
)
"""Of several LSF jobs the first in this order speaks for all: any live one, else any failed one, else DONE."""


def speaker(lsf_jobs: tuple[LsfJob, ...]) -> LsfJob:
    """The LSF job whose state the row shows."""
    return min(lsf_jobs, key=lambda lsf_job: _BY_LIFE.index(lsf_job.status))


def assess(job: Job, clock: Clock) -> Assessment:
    """Status and words from the facts."""
    if job.lsf_jobs:
        return _in_lsf(job)
    submission = job.submission
    plain = Assessment(
        status=Status.REQUEST_SENT,
        detail="",
        reason=None,
        as_of=clock.now,
        submitted_at=None,
        started_at=None,
        ended_at=None,
        exit_code=None,
        queue=None,
        host=None,
        log_file=None,
        lsf_id=None,
    )
    if job.cancelled_at:
        reason = CANCELLED if submission.claimed_at is None else CANCELLED_IN_DOUBT
        return replace(
            plain,
            status=Status.EXIT,
            detail=reason,
            reason=reason,
            as_of=job.cancelled_at,
            ended_at=job.cancelled_at,
        )
    if submission.ended_at:
        reason = submission_failure(submission)
        return replace(
            plain,
            status=Status.SUBMIT_FAILED,
            detail=reason,
            reason=reason,
            as_of=submission.ended_at,
            ended_at=submission.ended_at,
            exit_code=submission.exit_code,
        )
    status, detail = _before_lsf(job, clock)
    return replace(plain, status=status, detail=detail, as_of=submission.handed_at or job.requested_at)


def _before_lsf(job: Job, clock: Clock) -> tuple[Status, str]:
    submission = job.submission
    if submission.handed_at is None:
        if clock.agent_silent:
            return Status.PERSISTED, "kept: the batch client is away; the request goes out by itself when it returns"
        return Status.REQUEST_SENT, "waiting for the batch client to take it"
    if clock.now - submission.handed_at <= clock.slow_after:
        return Status.REQUEST_SENT, "with the batch client; no LSF ID yet"
    if clock.agent_silent:
        return Status.LSF_SLOW, "agent silent"
    if submission.bsub_called_at:
        return Status.LSF_SLOW, f"bsub called {submission.bsub_called_at:%H:%M:%S} UTC, no answer"
    if submission.began_at:
        return Status.LSF_SLOW, "script running, bsub not called yet"
    return Status.LSF_SLOW, "the batch client has it, the script has not begun yet"


def submission_failure(submission: Submission) -> str:
    """Why a submit script ended without a submission, in words."""
    if submission.problem:
        return submission.problem
    if submission.timed_out:
        return "the submit script was ended: it took too long and showed no LSF ID"
    code = submission.exit_code or 0
    last = next((line.strip() for line in reversed(submission.stderr.splitlines()) if line.strip()), "")
    end = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"the submit script {end} and no LSF ID" + (f": {last[:300]}" if last else "")


def _in_lsf(job: Job) -> Assessment:
    shown = speaker(job.lsf_jobs)
    live = shown.status.live
    started = [lsf_job.started_at for lsf_job in job.lsf_jobs if lsf_job.started_at]
    ended = [lsf_job.ended_at for lsf_job in job.lsf_jobs if lsf_job.ended_at]
    return Assessment(
        status=shown.status,
        detail=_in_words(job, shown),
        reason=None if live else shown.reason,
        as_of=shown.as_of,
        submitted_at=min(lsf_job.submitted_at for lsf_job in job.lsf_jobs),
        started_at=min(started, default=None),
        ended_at=None if live else max(ended, default=None),
        exit_code=shown.exit_code,
        queue=shown.queue,
        host=shown.host,
        log_file=shown.log_file,
        lsf_id=job.lsf_jobs[0].lsf_id,
    )


_WORDS = {
    Status.PEND: "waiting in LSF",
    Status.PSUSP: "held in LSF before it started",
    Status.WAIT: "waiting in a chunk of jobs",
    Status.PROV: "its host is being woken",
    Status.RUN: "running",
    Status.USUSP: "suspended by a user; it can go on",
    Status.SSUSP: "suspended by LSF; it goes on by itself",
    Status.UNKWN: "LSF has lost contact with its host; still followed",
    Status.ZOMBI: "killed while its host was out of contact; still followed",
    Status.DONE: "ended well",
    Status.EXIT: "failed",
    Status.LOST: "LSF answers, but knows the job no more",
}


def _in_words(job: Job, shown: LsfJob) -> str:
    words = _WORDS[shown.status]
    if shown.reason and not shown.status.live:
        words = shown.reason
    elif shown.status is Status.EXIT and shown.exit_code is not None:
        words = f"exit {shown.exit_code}"
    if shown.status.live and job.kill_error:
        words += f"; kill refused: {job.kill_error}"
    elif shown.status.live and job.kill_requested_at:
        words += "; killing"
    if len(job.lsf_jobs) > 1:
        words += f" ({len(job.lsf_jobs)} LSF jobs)"
    return words
