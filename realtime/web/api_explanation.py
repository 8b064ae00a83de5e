"""`/api/v1`: why a job failed, and what was otherwise when its hash went well."""

from datetime import UTC, datetime
from functools import partial

from realtime.domain.comparison import Compared, compare
from realtime.domain.errors import Conflict, NotFound, Unavailable
from realtime.domain.log_difference import LogDifference, LogPlace
from realtime.domain.status import FAILED
from realtime.protocol.explanation import (
    AdviceGiven,
    ComparedWith,
    ComparisonAnswer,
    ComparisonQuery,
    DifferenceFound,
    ExplanationAnswer,
    LogLine,
    LogsPart,
)
from realtime.service.explaining import explained
from realtime.store import Connection, environments, jobs
from realtime.store.explanation import GoodJob, LogEnd, last_good, log_end
from realtime.store.jobs import StoredJob
from realtime.web.context import house
from realtime.web.explaining import compare_logs, read_log_end, script_end
from realtime.web.routing import Api

explanation_api = Api("explanation")


@explanation_api.route(
    "GET", "/jobs/<id>/explanation", answer=ExplanationAnswer, answers={409: "the job has not failed"}
)
async def get_explanation(id: str) -> ExplanationAnswer:
    """Why a job failed, in a sentence, with what can be done about it.

    The end of its log is asked from the agent once, and kept for when the agent is away.
    """
    stored, kept = await house().store.read(partial(_failed, job_id=id))
    if stored.job.lsf_jobs:
        end, log = await read_log_end(stored, kept, _ended_at(stored))
    else:
        end, log = script_end(stored.job.submission), None
    found = explained(stored, end)
    return ExplanationAnswer(
        sentence=found.sentence,
        cause=found.cause.value,
        evidence=list(found.evidence),
        advice=[AdviceGiven(text=one.text, change=one.change, parameters=one.parameters) for one in found.advice],
        last_lines=(end.text or None) if end else None,
        error=LogLine(line=end.error_line, at=end.error_at) if end and end.error_line else None,
        log=log,
        as_of=end.as_of if end else datetime.now(UTC),
    )


def _failed(conn: Connection, job_id: str) -> tuple[StoredJob, LogEnd | None]:
    stored = _known(conn, job_id)
    if stored.status not in FAILED:
        state = "is live" if stored.status.live else "went well"
        raise Conflict(f"the job has not failed: it {state} ({stored.status})", code="not_failed")
    return stored, log_end(conn, job_id)


def _known(conn: Connection, job_id: str) -> StoredJob:
    stored = jobs.find(conn, job_id)
    if stored is None:
        raise NotFound(f"there is no job {job_id[:40]!r}", field="id")
    return stored


def _ended_at(stored: StoredJob) -> datetime | None:
    return max((lsf_job.ended_at for lsf_job in stored.job.lsf_jobs if lsf_job.ended_at), default=None)


@explanation_api.route("GET", "/jobs/<id>/comparison", query=ComparisonQuery, answer=ComparisonAnswer)
async def get_comparison(id: str, query: ComparisonQuery) -> ComparisonAnswer:
    """A job beside the last good one of its hash: what differs, and what is the same."""
    this, good, that = await house().store.read(partial(_pair, job_id=id))
    if good is None or that is None:
        return ComparisonAnswer(with_=None, differences=[], same=[], log=None, log_problem=None)
    differences, same = compare(this[1], that[1])
    log, problem = None, None
    if query.log and this[0].job.lsf_jobs:
        try:
            log = _part(await compare_logs(this[0], that[0]))
        except Unavailable as error:
            problem = f"The logs cannot be compared now: {error.message}."
    return ComparisonAnswer(
        with_=ComparedWith(id=good.id, run=good.run, number=good.number, ended_at=good.ended_at),
        differences=[DifferenceFound(what=one.what, this=one.this, that=one.that) for one in differences],
        same=same,
        log=log,
        log_problem=problem,
    )


_Side = tuple[StoredJob, Compared]


def _pair(conn: Connection, job_id: str) -> tuple[_Side, GoodJob | None, _Side | None]:
    stored = _known(conn, job_id)
    good = last_good(conn, stored.experiment, stored.definition, stored.job.requested_at)
    that = jobs.find(conn, good.id) if good else None
    return (stored, _compared(conn, stored)), good, (that, _compared(conn, that)) if that else None


def _compared(conn: Connection, stored: StoredJob) -> Compared:
    key = stored.job.submission.environment
    return Compared(
        job=stored.job,
        parameters=stored.parameters,
        executable=stored.executable,
        user=stored.user,
        location=stored.location,
        environment=environments.find(conn, key) if key else None,
    )


def _part(found: LogDifference) -> LogsPart:
    return LogsPart(this=_line(found.this), that=_line(found.that), same_lines=found.same_lines)


def _line(place: LogPlace | None) -> LogLine | None:
    return LogLine(line=place.line, at=place.at) if place else None
