"""`/api/v1`: looking into one job. Its details and LSF jobs. (What became of it: `api_history`; output: `api_log`.)"""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from realtime.domain.errors import Unavailable
from realtime.domain.job import LsfJob
from realtime.protocol.api import Details, LsfJobs, SingleLsfJob
from realtime.store import Connection, jobs
from realtime.store.jobs import StoredJob
from realtime.web.asking import ask, question_of, read_stored
from realtime.web.context import house
from realtime.web.listing import list_of_job
from realtime.web.routing import Api
from realtime.web.submission import submission_text

job_api = Api("job")


@job_api.route("GET", "/jobs/<id>/details", answer=Details, answers={503: "the agent did not answer, and never has"})
async def get_details(id: str) -> Details:
    """The text of `bjobs -l`; the last one known while the agent is away."""
    stored = await read_stored(id)
    if not stored.job.lsf_jobs:
        submission = stored.job.submission
        as_of = submission.ended_at or submission.began_at or submission.handed_at or stored.job.requested_at
        return Details(text=submission_text(stored), as_of=as_of)
    store = house().store
    try:
        answered = await ask(stored, question_of(stored, "details"))
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
