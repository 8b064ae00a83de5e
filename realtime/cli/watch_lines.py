"""What `batchboard watch` shows of a view, as many of the newest runs as there are lines for. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest

from realtime.client.view import Row
from realtime.domain.status import Status
from realtime.protocol.rows import JobRow, LocationRow, RunRow

WAITING = {Status.PEND, Status.PSUSP, Status.WAIT, Status.PROV, Status.REQUEST_SENT, Status.PERSISTED, Status.LSF_SLOW}
FAILED = {Status.EXIT, Status.LOST, Status.SUBMIT_FAILED}


@dataclass(frozen=True)
class Line:
    """A job of a run; a run without jobs has one line, too."""

    run: int
    job: JobRow | None


@dataclass(frozen=True)
class Shown:
    """`lines` from the newest run on, jobs of a run in the order they were made; `hidden`: jobs without room."""

    lines: tuple[Line, ...]
    hidden: int
    runs: int
    jobs: Mapping[str, int]
    """status -> jobs of all runs known"""
    warnings: tuple[str, ...]


def shown(view: Mapping[str, Row], room: int) -> Shown:
    """At most `room` lines. A run with more jobs than there is room for shows its newest ones."""
    runs = [row for row in view.values() if isinstance(row, RunRow)]
    jobs = [row for row in view.values() if isinstance(row, JobRow)]
    of_run: dict[int, list[JobRow]] = defaultdict(list)
    for job in nlargest(room, jobs, key=lambda job: (job.run, job.number)):
        of_run[job.run].append(job)
    newest = {run.number for run in nlargest(room, runs, key=lambda run: run.number)} | of_run.keys()
    lines: list[Line] = []
    for run in sorted(newest, reverse=True):
        lines += [Line(run, job) for job in reversed(of_run[run][: room - len(lines)])] or [Line(run, None)]
        if len(lines) >= room:
            break
    counted: Counter[str] = Counter()
    for run_row in runs:
        counted.update(run_row.jobs)
    seen = sum(line.job is not None for line in lines[:room])
    return Shown(tuple(lines[:room]), max(0, len(jobs) - seen), len(runs), counted, tuple(_warnings(view)))


def _warnings(view: Mapping[str, Row]) -> list[str]:
    said = []
    for row in view.values():
        if not isinstance(row, LocationRow):
            continue
        if not row.agent_connected:
            said.append(f"Batch client of {row.name} away{_since(row.agent_seen_at)}")
        elif row.scheduler_silent_since:
            said.append(f"LSF at {row.name} does not answer{_since(row.scheduler_silent_since)}")
    return said


def _since(at: datetime | None) -> str:
    return f" since {at.astimezone():%H:%M:%S}" if at else ""


def tally(jobs: Mapping[str, int]) -> str:
    """`34 jobs: 3 running, 2 waiting, 1 failed, 28 done`."""
    failed = sum(count for status, count in jobs.items() if status in FAILED)
    waiting = sum(count for status, count in jobs.items() if status in WAITING)
    done = jobs.get(Status.DONE, 0)
    running = sum(jobs.values()) - failed - waiting - done
    parts = [(running, "running"), (waiting, "waiting"), (failed, "failed"), (done, "done")]
    told = ", ".join(f"{count:,} {word}" for count, word in parts if count)
    total = sum(jobs.values())
    return f"{total:,} {'job' if total == 1 else 'jobs'}" + (f": {told}" if told else "")


def length(job: JobRow, now: datetime) -> str:
    """How long the job ran, or has run; before that, how long it waits: `0:07`, `4:12`, `1:02:33`, `3 d 4:00`."""
    if job.started_at is None and job.ended_at is not None:
        return ""
    span = (job.ended_at or now) - (job.started_at or job.requested_at)
    seconds = max(0, span // timedelta(seconds=1))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours}:{minutes:02}"
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def remark(job: JobRow) -> str | None:
    """What is said about a job in words where its report stands (as on the page); None when there is nothing to say."""
    live = job.status not in {Status.DONE, *FAILED}
    if job.status in FAILED:
        return job.detail or job.reason
    before_lsf = job.status in {Status.REQUEST_SENT, Status.PERSISTED, Status.LSF_SLOW}
    if before_lsf or (live and "kill refused" in job.detail):
        return job.detail or None
    if job.status in {Status.RUN, Status.DONE}:
        return None
    return job.reason or job.detail or None
