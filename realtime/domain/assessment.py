"""The status that follows from a job's facts, and everything shown with it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from realtime.domain.job import Job, LsfJob, Submission
from realtime.domain.status import Status

AGENT_SILENT_AFTER = timedelta(seconds=10)
"""An agent that has not been heard of for so long counts as away."""

CANCELLED = "cancelled before LSF had it"
CANCELLED_IN_DOUBT = "cancelled in doubt: LSF may have it; what is found of it later is killed"


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
        known = _in_lsf(job)
        return known if known.status.live or not job.doubt else _more_in_doubt(job, known)
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
        log_file=job.log_file,
        lsf_id=None,
    )
    if job.cancelled_at:
        at_once = submission.claimed_at is None and job.kill_requested_at is None
        reason = CANCELLED if at_once else CANCELLED_IN_DOUBT
        return replace(
            plain,
            status=Status.EXIT,
            detail=reason,
            reason=reason,
            as_of=job.cancelled_at,
            ended_at=job.cancelled_at,
        )
    if submission.ended_at and not job.doubt:
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
    if job.doubt:
        return Status.LSF_SLOW, f"unknown: {job.doubt}"
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
        log_file=job.log_file or shown.log_file,
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
    if shown.elements:
        words += ": " + ", ".join(f"{count} {status}" for status, count in shown.elements.items())
    if shown.status.live and job.kill_error:
        words += f"; kill refused: {job.kill_error}"
    elif shown.status.live and job.kill_requested_at:
        words += "; killing"
    if len(job.lsf_jobs) > 1:
        words += f" ({len(job.lsf_jobs)} LSF jobs)"
    if job.doubt:
        words += f"; of another bsub of the script unknown: {job.doubt}"
    return words


def _more_in_doubt(job: Job, known: Assessment) -> Assessment:
    """What LSF is known to have has ended, and it may have more."""
    ended = ", ".join(f"LSF {lsf_job.lsf_id}: {lsf_job.status}" for lsf_job in job.lsf_jobs)
    detail = f"unknown: {job.doubt} ({ended})"
    return replace(known, status=Status.LSF_SLOW, detail=detail, reason=None, ended_at=None, exit_code=None)
