"""`/api/v1`: looking into one job. Its log, details, submission, history and the posts received."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec.structs import replace

from realtime.domain.errors import Invalid, NotFound, Unavailable
from realtime.domain.job import LsfJob
from realtime.protocol.agent import Answer, LogAnswer, Question
from realtime.protocol.api import (
    Details,
    JobReports,
    JobTransitions,
    LsfJobs,
    ReceivedPost,
    SingleLsfJob,
    SkippedItem,
    SubmissionAnswer,
)
from realtime.protocol.wire import Strict
from realtime.store import Connection, history, jobs, locations, reports
from realtime.store.jobs import StoredJob
from realtime.web.context import house
from realtime.web.listing import list_of_job
from realtime.web.routing import Api

job_api = Api("job")

LOG_LIMIT = 256 * 1024


class LogRange(Strict, frozen=True, kw_only=True):
    """Bytes; without `offset` the end of the log. `lsf_id`: of this one of the job's LSF jobs, else of the first."""

    offset: int | None = None
    limit: int = 64 * 1024
    lsf_id: str | None = None


@job_api.route("GET", "/jobs/<id>/log", query=LogRange, answer=LogAnswer, answers={503: "the agent did not answer"})
async def get_log(id: str, query: LogRange) -> LogAnswer:
    """A piece of the job's output."""
    if query.offset is not None and query.offset < 0:
        raise Invalid("expected an offset from 0", field="offset")
    if not 1 <= query.limit <= LOG_LIMIT:
        raise Invalid(f"expected a limit from 1 to {LOG_LIMIT} bytes", field="limit")
    stored = await read_stored(id)
    return await read_log(stored, query.offset, query.limit, chosen_lsf_job(stored, query.lsf_id))


def chosen_lsf_job(stored: StoredJob, lsf_id: str | None) -> LsfJob | None:
    """That one of the job's LSF jobs; raises Invalid when it has none of that id. None when none is chosen."""
    if lsf_id is None:
        return None
    for lsf_job in stored.job.lsf_jobs:
        if lsf_job.lsf_id == lsf_id:
            return lsf_job
    raise Invalid("expected one of the job's LSF IDs", field="lsf_id")


async def read_log(stored: StoredJob, offset: int | None, limit: int, chosen: LsfJob | None = None) -> LogAnswer:
    """Ask the agent for a piece of the log (of one LSF job when chosen); raises Unavailable."""
    if not stored.job.lsf_jobs and stored.job.log_file is None:
        return LogAnswer(text="", source="none", offset=0, next=0, size=0, path=None, complete=not stored.status.live)
    question = _question(stored, "log")
    if chosen is not None:
        question = replace(question, lsf_ids=[chosen.lsf_id], ended=not chosen.status.live, log_file=None)
    answer = await _ask(stored, replace(question, offset=offset, limit=limit))
    if answer.log is None:
        raise Unavailable("the batch client answered without a log", code="agent_error")
    return answer.log


async def _ask(stored: StoredJob, question: Question) -> Answer:
    """The agent's answer; raises Unavailable, at once when the agent is known to be away."""
    place = await house().store.read(partial(locations.find, name=stored.location))
    if place is None or not place["agent_connected"]:
        raise Unavailable(f"the batch client of {stored.location} is away", code="agent_away")
    return await house().questions.ask(stored.location, question)


def _question(stored: StoredJob, kind: str) -> Question:
    return Question(
        id="",
        kind=kind,
        job=stored.job.id,
        user=stored.user,
        executable=stored.executable,
        lsf_ids=[lsf_job.lsf_id for lsf_job in stored.job.lsf_jobs],
        ended=not stored.status.live,
        log_file=stored.job.log_file,
    )


async def read_stored(job_id: str) -> StoredJob:
    """The job's facts; raises NotFound."""
    stored = await house().store.read(partial(jobs.find, job_id=job_id))
    if stored is None:
        raise NotFound(f"there is no job {job_id[:40]!r}", field="id")
    return stored


@job_api.route("GET", "/jobs/<id>/details", answer=Details, answers={503: "the agent did not answer, and never has"})
async def get_details(id: str) -> Details:
    """The text of `bjobs -l`; the last one known while the agent is away."""
    stored = await read_stored(id)
    if not stored.job.lsf_jobs:
        answer = submission_of(stored)
        return Details(text=answer.text, as_of=answer.as_of)
    store = house().store
    try:
        answered = await _ask(stored, _question(stored, "details"))
    except Unavailable:
        last = await store.read(partial(jobs.last_details, job_id=id))
        if last is None:
            raise
        return Details(text=last[0], as_of=last[1])
    text = answered.text or ""
    await store.write(lambda tx: jobs.keep_details(tx, id, text))
    return Details(text=text, as_of=datetime.now(UTC), pending=answered.pending)


@job_api.route("GET", "/jobs/<id>/lsf-jobs", answer=LsfJobs)
async def get_lsf_jobs(id: str) -> dict[str, Any]:
    """The single LSF jobs of the job, and the doubles that were killed."""
    surplus: list[str] = []

    def read(conn: Connection, stored: StoredJob) -> list[SingleLsfJob]:
        surplus.extend(stored.job.submission.surplus)
        return [_single(lsf_job) for lsf_job in stored.job.lsf_jobs]

    return {**await list_of_job(id, read), "surplus": surplus}


def _single(lsf_job: LsfJob) -> SingleLsfJob:
    plain = [name for name in SingleLsfJob.__struct_fields__ if name not in ("status", "elements")]
    return SingleLsfJob(
        status=lsf_job.status.value,
        elements=dict(lsf_job.elements),
        **{name: getattr(lsf_job, name) for name in plain},
    )


@job_api.route("GET", "/jobs/<id>/submission", answer=SubmissionAnswer)
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
    if stored.job.doubt:
        end += f"; unknown: {stored.job.doubt}"
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
        doubt=stored.job.doubt,
        adopted=list(submission.adopted),
        surplus=list(submission.surplus),
    )


@job_api.route("GET", "/jobs/<id>/transitions", answer=JobTransitions)
async def get_transitions(id: str) -> dict[str, Any]:
    """The job's history."""
    return await list_of_job(id, lambda conn, _: history.transitions_of(conn, id))


@job_api.route("GET", "/jobs/<id>/reports", answer=JobReports)
async def get_reports(id: str) -> dict[str, Any]:
    """The last posts received, newest first, with what became of each."""
    return await list_of_job(id, lambda conn, _: [_received(post) for post in reports.posts(conn, id)])


def _received(post: dict[str, Any]) -> ReceivedPost:
    return ReceivedPost(
        n=post["n"],
        at=post["at"],
        body=post["body"],
        accepted=post["accepted"],
        skipped=[SkippedItem(**skip) for skip in post["skipped"]],
    )
