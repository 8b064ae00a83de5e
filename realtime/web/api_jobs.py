"""`/api/v1`: jobs. Applying hashes, killing, deleting, resubmitting, and looking into one."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
from quart import request
from sqlalchemy import Connection, Select, or_, select

from realtime.domain.errors import Conflict, Invalid, NotFound, Unavailable
from realtime.domain.names import parse_runs
from realtime.domain.status import Status
from realtime.protocol.agent import LogAnswer, Question
from realtime.protocol.api import (
    Applied,
    Apply,
    Details,
    JobPage,
    JobReports,
    JobTransitions,
    ReceivedPost,
    SkippedItem,
    SkippedRun,
    SubmissionAnswer,
)
from realtime.protocol.rows import JobRow
from realtime.protocol.wire import Strict, decode, encode
from realtime.service import jobs as service
from realtime.service.rules import known_experiment
from realtime.store import history, jobs, rows, schema
from realtime.store.changes import experiment_scope
from realtime.store.jobs import StoredJob
from realtime.store.tx import Tx
from realtime.web.context import house
from realtime.web.listing import Limit, number_cursor, page_of, position
from realtime.web.routing import Api

jobs_api = Api("jobs")

LOG_LIMIT = 256 * 1024


class JobFilter(Strict, frozen=True, kw_only=True):
    """`run`: 12 or `1-20,25`; `status`: a status; `definition`: name or id."""

    run: str | None = None
    status: str | None = None
    definition: str | None = None
    limit: Limit = 100
    cursor: str | None = None


class LogRange(Strict, frozen=True, kw_only=True):
    """Bytes; without `offset` the end of the log."""

    offset: int | None = None
    limit: int = 64 * 1024


@jobs_api.route("GET", "/experiments/<experiment>/jobs", query=JobFilter, answer=JobPage)
async def list_jobs(experiment: str, query: JobFilter) -> dict[str, Any]:
    """Jobs, newest first."""
    if query.status is not None and query.status not in {status.value for status in Status}:
        raise Invalid(f"expected one of {', '.join(Status)}", field="status")
    before = number_cursor(query.cursor)
    ranges = None if query.run is None else parse_runs(query.run, field="run")

    def read(conn: Connection) -> dict[str, Any]:
        known_experiment(conn, experiment)
        job = schema.job.c
        chosen: Select[Any] = select(schema.job).where(job.experiment == experiment).order_by(job.number.desc())
        if ranges is not None:
            chosen = chosen.where(or_(*(job.run.between(first, last) for first, last in ranges)))
        if query.status is not None:
            chosen = chosen.where(job.status == query.status)
        if query.definition is not None:
            by_id = job.definition == int(query.definition) if query.definition.isdecimal() else None
            by_name = job.definition_name == query.definition
            chosen = chosen.where(by_name if by_id is None else or_(by_name, by_id))
        if before is not None:
            chosen = chosen.where(job.number < before)
        found = rows.jobs(conn, chosen.limit(query.limit + 1))
        return page_of(found, query.limit, lambda row: row.number, position(conn, experiment_scope(experiment)))

    return await house().store.read(read)


@jobs_api.route(
    "POST",
    "/experiments/<experiment>/jobs",
    body=Apply,
    answer=Applied,
    status=201,
    answers={409: "the Idempotency-Key was used for another request"},
)
async def apply(experiment: str, body: Apply) -> Applied:
    """Apply a hash to runs: one job for each.

    With `Idempotency-Key` a repeated request gets the first one's answer and makes nothing.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= 200:
        raise Invalid("expected an Idempotency-Key of 1 to 200 characters", field="Idempotency-Key")
    digest = hashlib.sha256(encode(body)).hexdigest()
    here = house()

    def change(tx: Tx) -> _Made:
        if key is not None:
            known_experiment(tx.conn, experiment)
            before = history.remembered_answer(tx.conn, experiment, key)
            if before is not None and before[0] != digest:
                raise Conflict("this Idempotency-Key was used for another request", code="key_reused")
            if before is not None:
                return decode(before[1], _Made)
        jobs_made, skipped = service.apply(
            tx, here.rules, experiment, body.definition, body.runs, body.only, body.parameters, here.user
        )
        made = _Made(jobs=jobs_made, skipped=[SkippedRun(run=run, reason=reason) for run, reason in skipped])
        if key is not None:
            history.remember_answer(tx, experiment, key, digest, encode(made))
        return made

    made = await here.store.write(change)
    return Applied(jobs=await here.store.read(lambda conn: _rows_of(conn, made.jobs)), skipped=made.skipped)


class _Made(msgspec.Struct, frozen=True):
    """What became of a request to apply, as it is remembered for those who repeat it."""

    jobs: list[str]
    skipped: list[SkippedRun]


def _rows_of(conn: Connection, ids: list[str]) -> list[JobRow]:
    found: list[JobRow] = []
    for part in range(0, len(ids), rows.IN_LIMIT):
        chosen = select(schema.job).where(schema.job.c.id.in_(ids[part : part + rows.IN_LIMIT]))
        found += rows.jobs(conn, chosen.order_by(schema.job.c.number))
    return found


@jobs_api.route("GET", "/jobs/<id>", answer=JobRow)
async def get_job(id: str) -> JobRow:
    """One job."""
    return await read_job(id)


async def read_job(job_id: str) -> JobRow:
    """The job's row; raises NotFound."""

    def read(conn: Connection) -> JobRow:
        found = rows.jobs(conn, select(schema.job).where(schema.job.c.id == job_id))
        if not found:
            raise NotFound(f"there is no job {job_id[:40]!r}", field="id")
        return found[0]

    return await house().store.read(read)


@jobs_api.route("DELETE", "/jobs/<id>", answer=None, status=204, answers={409: "the job is live"})
async def delete_job(id: str) -> None:
    """Remove a job that has ended."""
    await house().store.write(lambda tx: service.delete(tx, id))


@jobs_api.route("POST", "/jobs/<id>/kill", answer=JobRow, status=202, answers={409: "the job has ended"})
async def kill_job(id: str) -> JobRow:
    """Kill a live job: at once before LSF has it, else by bkill."""
    here = house()
    await here.store.write(lambda tx: service.kill(tx, here.rules, id, here.user))
    return await read_job(id)


@jobs_api.route("POST", "/jobs/<id>/resubmit", answer=JobRow, status=201)
async def resubmit_job(id: str) -> JobRow:
    """Run the same command on the same run once more, as a new job."""
    here = house()
    return await read_job(await here.store.write(lambda tx: service.resubmit(tx, here.rules, id, here.user)))


@jobs_api.route("GET", "/jobs/<id>/log", query=LogRange, answer=LogAnswer, answers={503: "the agent did not answer"})
async def get_log(id: str, query: LogRange) -> LogAnswer:
    """A piece of the job's output."""
    if query.offset is not None and query.offset < 0:
        raise Invalid("expected an offset from 0", field="offset")
    if not 1 <= query.limit <= LOG_LIMIT:
        raise Invalid(f"expected a limit from 1 to {LOG_LIMIT} bytes", field="limit")
    return await read_log(await read_stored(id), query.offset, query.limit)


async def read_log(stored: StoredJob, offset: int | None, limit: int) -> LogAnswer:
    """Ask the agent for a piece of the log; raises Unavailable."""
    if not stored.job.lsf_jobs:
        return LogAnswer(text="", source="none", offset=0, next=0, size=0, path=None, complete=not stored.status.live)
    question = _question(stored, "log", offset, limit)
    answer = await house().questions.ask(stored.location, question)
    if answer.log is None:
        raise Unavailable("the batch client answered without a log", code="agent_error")
    return answer.log


def _question(stored: StoredJob, kind: str, offset: int | None = None, limit: int = 0) -> Question:
    return Question(
        id="",
        kind=kind,
        job=stored.job.id,
        lsf_ids=[lsf_job.lsf_id for lsf_job in stored.job.lsf_jobs],
        ended=not stored.status.live,
        offset=offset,
        limit=limit,
    )


async def read_stored(job_id: str) -> StoredJob:
    """The job's facts; raises NotFound."""
    stored = await house().store.read(lambda conn: jobs.find(conn, job_id))
    if stored is None:
        raise NotFound(f"there is no job {job_id[:40]!r}", field="id")
    return stored


@jobs_api.route("GET", "/jobs/<id>/details", answer=Details, answers={503: "the agent did not answer, and never has"})
async def get_details(id: str) -> Details:
    """The text of `bjobs -l`; the last one known while the agent is away."""
    stored = await read_stored(id)
    if not stored.job.lsf_jobs:
        answer = submission_of(stored)
        return Details(text=answer.text, as_of=answer.as_of)
    store = house().store
    try:
        answered = await house().questions.ask(stored.location, _question(stored, "details"))
    except Unavailable:
        last = await store.read(lambda conn: jobs.last_details(conn, id))
        if last is None:
            raise
        return Details(text=last[0], as_of=last[1])
    text = answered.text or ""
    await store.write(lambda tx: jobs.keep_details(tx, id, text))
    return Details(text=text, as_of=datetime.now(UTC))


@jobs_api.route("GET", "/jobs/<id>/submission", answer=SubmissionAnswer)
async def get_submission(id: str) -> SubmissionAnswer:
    """How the submit script was run and what it said."""
    return submission_of(await read_stored(id))


def submission_of(stored: StoredJob) -> SubmissionAnswer:
    """The submission with a text for people."""
    submission = stored.job.submission
    if submission.ended_at is None:
        end = "still running" if submission.began_at else "not begun yet"
    elif submission.problem:
        end = submission.problem
    else:
        end = f"exit code {submission.exit_code}" + (", ended because it took too long" if submission.timed_out else "")
    command = " ".join([stored.executable, *submission.arguments])
    text = "\n".join(
        [
            f"$ {command}",
            f"({end})",
            "",
            "--- stdout",
            submission.stdout.rstrip("\n"),
            "--- stderr",
            submission.stderr.rstrip("\n"),
        ]
    )
    return SubmissionAnswer(
        text=text,
        as_of=submission.ended_at or submission.began_at or submission.handed_at or stored.job.requested_at,
        executable=stored.executable,
        arguments=list(submission.arguments),
        exit_code=submission.exit_code,
        timed_out=submission.timed_out,
        problem=submission.problem,
        stdout=submission.stdout,
        stderr=submission.stderr,
        handed_at=submission.handed_at,
        began_at=submission.began_at,
        bsub_called_at=submission.bsub_called_at,
        ended_at=submission.ended_at,
        sha256=submission.sha256,
    )


@jobs_api.route("GET", "/jobs/<id>/transitions", answer=JobTransitions)
async def get_transitions(id: str) -> JobTransitions:
    """The job's history."""
    await read_job(id)
    return JobTransitions(items=await house().store.read(lambda conn: history.transitions_of(conn, id)))


@jobs_api.route("GET", "/jobs/<id>/reports", answer=JobReports)
async def get_reports(id: str) -> JobReports:
    """The last posts received, newest first, with what became of each."""
    await read_job(id)
    found = await house().store.read(lambda conn: jobs.posts(conn, id))
    return JobReports(
        items=[
            ReceivedPost(
                n=post["n"],
                at=post["at"],
                body=post["body"],
                accepted=post["accepted"],
                skipped=[SkippedItem(**skip) for skip in post["skipped"]],
            )
            for post in found
        ]
    )
