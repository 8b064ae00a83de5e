"""`/api/v1`: what became of one job. Its history, numbers over time, submission and the posts received."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from realtime.domain.errors import NotFound
from realtime.domain.series import Line, lines
from realtime.domain.usual import Spread, spread
from realtime.protocol.api import JobReports, JobTransitions, ReceivedPost, SkippedItem, SubmissionAnswer
from realtime.protocol.history import JobProgress, ReportAddress, SeriesLine, UsualTime, UsualTimes
from realtime.service.given import report_address
from realtime.store import Connection, definitions, environments, history, jobs, reports, series
from realtime.store.jobs import StoredJob
from realtime.web.context import house
from realtime.web.listing import list_of_job
from realtime.web.routing import Api
from realtime.web.submission import submission_of

history_api = Api("history")

USUAL_OF = 50
"""Good jobs of a hash that tell what is usual."""


@history_api.route("GET", "/jobs/<id>/progress", answer=JobProgress)
async def get_progress(id: str) -> JobProgress:
    """The job's numbers over time, and what its hash usually takes."""
    return await house().store.read(partial(_progress, job_id=id))


def _progress(conn: Connection, job_id: str) -> JobProgress:
    stored = _known(conn, job_id)
    report = reports.find(conn, job_id)
    kept = series.of_jobs(conn, [job_id]).get(job_id)
    definition = definitions.find(conn, stored.experiment, stored.definition)
    assert report is not None and definition is not None
    times = series.good_times(conn, stored.experiment, stored.definition, job_id, USUAL_OF)
    return JobProgress(
        every=kept.every if kept else None,
        series=[_line(line) for line in lines(kept, report.counters)],
        usual=UsualTimes(
            jobs=len(times),
            wait=_usual([waited for waited, _ in times if waited is not None]),
            run=_usual([ran for _, ran in times if ran is not None]),
        ),
        quiet_after=definition["quiet_after"],
    )


def _known(conn: Connection, job_id: str) -> StoredJob:
    stored = jobs.find(conn, job_id)
    if stored is None:
        raise NotFound(f"there is no job {job_id[:40]!r}", field="id")
    return stored


def _line(line: Line) -> SeriesLine:
    points: list[tuple[datetime, float]] = list(line.points)
    return SeriesLine(name=line.name, percent=line.percent, of=line.of, points=points)


def _usual(seconds: Sequence[float]) -> UsualTime | None:
    found: Spread | None = spread(seconds)
    if found is None:
        return None
    return UsualTime(low=round(found.low, 1), median=round(found.median, 1), high=round(found.high, 1))


@history_api.route("GET", "/jobs/<id>/submission", answer=SubmissionAnswer)
async def get_submission(id: str) -> SubmissionAnswer:
    """How and where the submit script was run, what it found there, and what it said."""

    def read(conn: Connection) -> tuple[StoredJob, dict[str, str | None]]:
        stored = _known(conn, id)
        return stored, environments.find(conn, stored.job.submission.environment)

    here = house()
    return submission_of(here.rules, *await here.store.read(read))


@history_api.route("GET", "/jobs/<id>/report-address", answer=ReportAddress)
async def get_report_address(id: str) -> ReportAddress:
    """The secret address that the job's scripts post to, for a person who tries it out by hand."""
    here = house()
    return ReportAddress(url=report_address(here.rules, await here.store.read(partial(_known, job_id=id))))


@history_api.route("GET", "/jobs/<id>/transitions", answer=JobTransitions)
async def get_transitions(id: str) -> dict[str, Any]:
    """The job's history."""
    return await list_of_job(id, lambda conn, _: history.transitions_of(conn, id))


@history_api.route("GET", "/jobs/<id>/reports", answer=JobReports)
async def get_reports(id: str) -> dict[str, Any]:
    """The last posts received, newest first, with what became of each."""
    return await list_of_job(id, lambda conn, _: [_received(post) for post in reports.posts(conn, id)])


def _received(post: dict[str, Any]) -> ReceivedPost:
    return ReceivedPost(
        n=post["n"],
        at=post["at"],
        body=post["body"],
        truncated=post["truncated"],
        accepted=post["accepted"],
        skipped=[SkippedItem(**skip) for skip in post["skipped"]],
    )
