"""A job's output, as its agent reads it."""

from dataclasses import dataclass

from msgspec.structs import replace

from realtime.domain.errors import Invalid, Unavailable
from realtime.domain.job import LsfJob
from realtime.protocol.questions import BYTES_LIMIT, Found, LogAnswer, LogBytes, Question
from realtime.store.jobs import StoredJob
from realtime.web.asking import ask, ask_in, question_of
from realtime.web.context import House

LOG_LIMIT = 256 * 1024
FOUND_LIMIT = 50


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Lines to look for: see `realtime.protocol.questions.Question`. `text` None: those of real errors."""

    text: str | None
    offset: int | None = None
    until: int | None = None
    back: bool = False
    case: bool = False
    limit: int = FOUND_LIMIT


def chosen_lsf_job(stored: StoredJob, lsf_id: str | None) -> LsfJob | None:
    """That one of the job's LSF jobs; raises Invalid when it has none of that id. None when none is chosen."""
    if lsf_id is None:
        return None
    for lsf_job in stored.job.lsf_jobs:
        if lsf_job.lsf_id == lsf_id:
            return lsf_job
    raise Invalid("expected one of the job's LSF IDs", field="lsf_id")


async def read_log(stored: StoredJob, offset: int | None, limit: int, chosen: LsfJob | None = None) -> LogAnswer:
    """A piece of the log (of one LSF job when chosen) from `offset`, None: its end; raises Unavailable."""
    if _has_none(stored):
        return LogAnswer(text="", source="none", offset=0, next=0, size=0, path=None, complete=not stored.status.live)
    answer = await ask(stored, replace(_question(stored, "log", chosen), offset=offset, limit=limit))
    if answer.log is None:
        raise Unavailable("the batch client answered without a log", code="agent_error")
    return answer.log


async def find_in_log(stored: StoredJob, sought: Sought, chosen: LsfJob | None = None) -> Found:
    """The lines found in as much of the log as could be looked at; raises Unavailable."""
    if _has_none(stored):
        return Found(items=[], count=0, start=0, to=0, size=0, source="none", complete=True)
    question = replace(
        _question(stored, "find", chosen),
        text=sought.text or "",
        error=sought.text is None,
        offset=sought.offset,
        until=sought.until,
        back=sought.back,
        case=sought.case,
        limit=sought.limit,
    )
    answer = await ask(stored, question)
    if answer.found is None:
        raise Unavailable("the batch client answered without what it has found", code="agent_error")
    return answer.found


async def read_bytes(here: House, stored: StoredJob, offset: int, chosen: LsfJob | None = None) -> LogBytes:
    """A large piece of the log as it is, also when no request is being served; raises Unavailable."""
    if _has_none(stored):
        return LogBytes(content=b"", source="none", offset=0, size=0)
    answer = await ask_in(here, stored, replace(_question(stored, "bytes", chosen), offset=offset, limit=BYTES_LIMIT))
    if answer.raw is None:
        raise Unavailable("the batch client answered without a log", code="agent_error")
    return answer.raw


def _has_none(stored: StoredJob) -> bool:
    """Nobody knows of an output."""
    return not stored.job.lsf_jobs and stored.job.log_file is None


def _question(stored: StoredJob, kind: str, chosen: LsfJob | None) -> Question:
    question = question_of(stored, kind)
    if chosen is None:
        return question
    return replace(question, lsf_ids=[chosen.lsf_id], ended=not chosen.status.live, log_file=None)
