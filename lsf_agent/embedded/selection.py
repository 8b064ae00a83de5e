"""Which jobs may start now, and why the others may not. Pure: a book, a time and the configuration in."""

from datetime import datetime, timedelta

from lsf_agent.embedded.config import Config
from lsf_agent.embedded.dependency import Readiness, readiness
from lsf_agent.embedded.jobs import STARTED, Book, Job, Status

NEW = "New job is waiting for scheduling"
BEGIN = "The job has a specified start time: 1 host"
HELD = "The job was suspended by the user while pending"
WAITS = "Job dependency condition not satisfied"
NEVER = "Dependency condition invalid or never satisfied"
ARRAY = "The job array has reached its running element limit"
FULL = "Job slot limit reached: 1 host"


def startable(book: Book, now: datetime, settings: Config) -> tuple[list[Job], float | None]:
    """Jobs to start now, first come first served, and the seconds until time alone lets another one start."""
    chosen: list[Job] = []
    waits: list[float] = []
    unfinished = book.unfinished()
    free = settings.slots - sum(width(job, settings) for job in unfinished if job.status in STARTED)
    for job in unfinished:
        if job.status is not Status.PEND:
            continue
        wait = (_earliest(job, settings) - now).total_seconds()
        if wait > 0:
            waits.append(wait)
        elif width(job, settings) <= free and _blocked(job, book, chosen) is None:
            free -= width(job, settings)
            chosen.append(job)
    return chosen, min(waits, default=None)


def pending_reason(job: Job, book: Book, now: datetime, settings: Config) -> str | None:
    """Why a job is PEND or PSUSP; None for any other."""
    if job.status is Status.PSUSP:
        return HELD
    if job.status is not Status.PEND:
        return None
    begin = job.submission.begin_at
    if begin is not None and begin > now:
        return BEGIN
    if _earliest(job, settings) > now:
        return NEW
    return _blocked(job, book, []) or FULL


def width(job: Job, settings: Config) -> int:
    """Slots that a job takes. More than there are (the number was lowered) means all."""
    return settings.slots if job.submission.exclusive else min(job.submission.slots, settings.slots)


def run_time_left(job: Job, now: datetime, settings: Config) -> float:
    """Seconds until the run limit, which counts only time in RUN; for ever without one and while suspended."""
    if job.submission.run_limit is None or job.status is not Status.RUN:
        return float("inf")
    return job.submission.run_limit * settings.minute - job.seconds(Status.RUN, now)


def _earliest(job: Job, settings: Config) -> datetime:
    visible = job.submitted_at + timedelta(seconds=settings.pend)
    return max(visible, job.submission.begin_at or visible)


def _blocked(job: Job, book: Book, chosen: list[Job]) -> str | None:
    match readiness(job.submission.after, book):
        case Readiness.NEVER:
            return NEVER
        case Readiness.OPEN:
            return WAITS
    limit = job.submission.at_once
    if limit is not None:
        running = sum(other.status in STARTED for other in book.of(job.id))
        if running + sum(other.id == job.id for other in chosen) >= limit:
            return ARRAY
    return None
