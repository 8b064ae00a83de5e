"""`/api/v1`: jobs. Applying hashes, listing, killing, deleting, resubmitting. (Looking into one: `api_job`.)"""

import hashlib
from functools import partial
from typing import Any

from quart import request

from realtime.domain.errors import Invalid, NotFound
from realtime.domain.names import parse_runs
from realtime.domain.status import Status
from realtime.protocol.api import Adopt, Applied, Apply, JobPage, KillRequest, SkippedRun
from realtime.protocol.history import Resubmit
from realtime.protocol.rows import JobRow
from realtime.protocol.wire import Shape, Strict, decode, encode
from realtime.service import applying
from realtime.service import jobs as service
from realtime.service.claims import adopt
from realtime.service.repeats import once
from realtime.store import lists
from realtime.store.tx import Tx
from realtime.web.context import house
from realtime.web.listing import Limit, number_cursor, page_of_experiment
from realtime.web.routing import Api

jobs_api = Api("jobs")


class JobFilter(Strict, frozen=True, kw_only=True):
    """`number`: of one job; `run`: 12 or `1-20,25`; `status`: a status; `definition`: name or id."""

    number: int | None = None
    run: str | None = None
    status: str | None = None
    definition: str | None = None
    limit: Limit = 100
    cursor: str | None = None


@jobs_api.route("GET", "/experiments/<experiment>/jobs", query=JobFilter, answer=JobPage)
async def list_jobs(experiment: str, query: JobFilter) -> dict[str, Any]:
    """Jobs, newest first."""
    if query.status is not None and query.status not in {status.value for status in Status}:
        raise Invalid(f"expected one of {', '.join(Status)}", field="status")
    read = partial(
        lists.jobs,
        of=experiment,
        number=query.number,
        runs=None if query.run is None else parse_runs(query.run, field="run"),
        status=query.status,
        definition=query.definition,
        before=number_cursor(query.cursor),
        limit=query.limit,
    )
    return await page_of_experiment(experiment, query.limit, read, lambda row: row.number)


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
    here = house()
    key = request.headers.get("Idempotency-Key")
    digest = hashlib.sha256(encode(body)).hexdigest()

    def change(tx: Tx) -> bytes:
        def act() -> bytes:
            made, skipped = applying.apply(
                tx, here.rules, experiment, body.definition, body.runs, body.only, body.parameters, here.user
            )
            return encode(_Made(jobs=made, skipped=[SkippedRun(run=run, reason=reason) for run, reason in skipped]))

        return once(tx, experiment, key, digest, act)

    made = decode(await here.store.write(change), _Made)
    return Applied(jobs=await here.store.read(partial(lists.jobs_by_id, ids=made.jobs)), skipped=made.skipped)


class _Made(Shape, frozen=True, kw_only=True):
    """What became of a request to apply, as it is remembered for those who repeat it."""

    jobs: list[str]
    skipped: list[SkippedRun]


@jobs_api.route("GET", "/jobs/<id>", answer=JobRow)
async def get_job(id: str) -> JobRow:
    """One job."""
    return await read_job(id)


async def read_job(job_id: str) -> JobRow:
    """The job's row; raises NotFound."""

    found = await house().store.read(partial(lists.jobs_by_id, ids=[job_id]))
    if not found:
        raise NotFound(f"there is no job {job_id[:40]!r}", field="id")
    return found[0]


@jobs_api.route("DELETE", "/jobs/<id>", answer=None, status=204, answers={409: "the job is live"})
async def delete_job(id: str) -> None:
    """Remove a job that has ended."""
    user = house().user
    await house().store.write(lambda tx: service.delete(tx, id, user))


@jobs_api.route(
    "POST",
    "/jobs/<id>/kill",
    body=KillRequest,
    body_optional=True,
    answer=JobRow,
    status=202,
    answers={409: "the job has ended, or need not be forced"},
)
async def kill_job(id: str, body: KillRequest) -> JobRow:
    """Kill a live job: at once before LSF has it, else by bkill.

    With `force` LSF forgets a job whose host is out of contact (UNKWN, ZOMBI) once a plain kill was taken by LSF.
    """
    here = house()
    await here.store.write(lambda tx: service.kill(tx, here.rules, id, here.user, body.force))
    return await read_job(id)


@jobs_api.route(
    "POST",
    "/jobs/<id>/adopt",
    body=Adopt,
    answer=JobRow,
    status=202,
    answers={409: "the job has an LSF ID or has ended, or the LSF job is another job's"},
)
async def adopt_lsf_job(id: str, body: Adopt) -> JobRow:
    """Name the LSF job of a job of which it is not known whether LSF has it.

    The batch client verifies it (same user, submitted after the request); the job's history tells what became of it.
    """
    here = house()
    await here.store.write(lambda tx: adopt(tx, here.rules, id, body.lsf_id, here.user))
    return await read_job(id)


@jobs_api.route(
    "POST",
    "/jobs/<id>/resubmit",
    body=Resubmit,
    body_optional=True,
    answer=JobRow,
    status=201,
    answers={409: "the Idempotency-Key was used for another request"},
)
async def resubmit_job(id: str, body: Resubmit) -> JobRow:
    """Run the same command on the same run once more, as a new job; or with other parameters.

    With `Idempotency-Key` a repeated request gets the first one's answer and makes nothing.
    """
    here = house()
    key = request.headers.get("Idempotency-Key")
    digest = hashlib.sha256(b"resubmit/" + id.encode() + encode(body)).hexdigest()

    def change(tx: Tx) -> bytes:
        def act() -> bytes:
            return applying.resubmit(tx, here.rules, id, here.user, body.parameters).encode()

        return once(tx, service.known_job(tx, id).experiment, key, digest, act)

    return await read_job((await here.store.write(change)).decode())
