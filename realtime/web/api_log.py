"""`/api/v1`: a job's output. A piece of it, lines in it, the whole of it."""

import re
from typing import Annotated

from msgspec import Meta
from quart import Response

from realtime.domain.errors import Invalid
from realtime.protocol.questions import Found, LogAnswer
from realtime.protocol.wire import Strict
from realtime.store.jobs import StoredJob
from realtime.web.asking import read_stored
from realtime.web.context import house
from realtime.web.logs import FOUND_LIMIT, LOG_LIMIT, Sought, chosen_lsf_job, find_in_log, read_log
from realtime.web.routing import Api
from realtime.web.whole_log import WholeLog

log_api = Api("log")

SILENT = {503: "the agent did not answer"}


class LogRange(Strict, frozen=True, kw_only=True):
    """Bytes; without `offset` the end of the log. `lsf_id`: of this one of the job's LSF jobs, else of the first."""

    offset: int | None = None
    limit: int = 64 * 1024
    lsf_id: str | None = None


class LogSearch(Strict, frozen=True, kw_only=True, rename={"start": "from"}):
    """`text`, or `error=1`: lines of real errors. From the byte `from` (else the begin, with `back=1` the end) to
    `until`; with `case=1` capitals and small letters are told apart. Of at most `limit` lines it is told where they
    are; with a limit of 1 it is looked no further than the first."""

    text: Annotated[str, Meta(max_length=500)] | None = None
    error: bool = False
    start: Annotated[int, Meta(ge=0)] | None = None
    until: Annotated[int, Meta(ge=0)] | None = None
    back: bool = False
    case: bool = False
    limit: Annotated[int, Meta(ge=1, le=FOUND_LIMIT)] = FOUND_LIMIT
    lsf_id: str | None = None


class Whose(Strict, frozen=True, kw_only=True):
    """`lsf_id`: of this one of the job's LSF jobs, else of the first."""

    lsf_id: str | None = None


@log_api.route("GET", "/jobs/<id>/log", query=LogRange, answer=LogAnswer, answers=SILENT)
async def get_log(id: str, query: LogRange) -> LogAnswer:
    """A piece of the job's output."""
    if query.offset is not None and query.offset < 0:
        raise Invalid("expected an offset from 0", field="offset")
    if not 1 <= query.limit <= LOG_LIMIT:
        raise Invalid(f"expected a limit from 1 to {LOG_LIMIT} bytes", field="limit")
    stored = await read_stored(id)
    return await read_log(stored, query.offset, query.limit, chosen_lsf_job(stored, query.lsf_id))


@log_api.route("GET", "/jobs/<id>/log/find", query=LogSearch, answer=Found, answers=SILENT)
async def find_lines(id: str, query: LogSearch) -> Found:
    """Lines of the job's output that have a text, or that tell of a real error.

    Each answer is of as much of the log as could be looked at in two seconds; ask again from its `to`.
    """
    if query.error == (query.text is not None):
        raise Invalid("expected a text, or error=1", field="text")
    if query.text is not None and (not query.text or {"\r", "\n"} & set(query.text)):
        raise Invalid("expected a text of one line", field="text")
    stored = await read_stored(id)
    sought = Sought(
        text=query.text,
        offset=query.start,
        until=query.until,
        back=query.back,
        case=query.case,
        limit=query.limit,
    )
    return await find_in_log(stored, sought, chosen_lsf_job(stored, query.lsf_id))


@log_api.route("GET", "/jobs/<id>/log/whole", query=Whose, answer=None, answers=SILENT)
async def get_whole_log(id: str, query: Whose) -> Response:
    """The job's output as a file (text/plain), byte by byte as it is now.

    When the agent is lost midway the connection breaks off before the `Content-Length`.
    """
    stored = await read_stored(id)
    log = WholeLog(house(), stored, chosen_lsf_job(stored, query.lsf_id))
    first = await log.first()
    response = Response(
        log.pieces(first),
        content_type="text/plain; charset=utf-8",
        headers={
            "Cache-Control": "no-store",
            "Content-Length": str(first.size),
            "Content-Disposition": f'attachment; filename="{_name(stored, query.lsf_id)}"',
        },
    )
    response.timeout = None
    return response


def _name(stored: StoredJob, lsf_id: str | None) -> str:
    lsf_id = lsf_id or next((lsf_job.lsf_id for lsf_job in stored.job.lsf_jobs), None)
    words = (stored.experiment, f"run{stored.run}", stored.definition_name, lsf_id)
    return re.sub(r"[^\w.-]", "_", "-".join(filter(None, words)), flags=re.ASCII) + ".log"
