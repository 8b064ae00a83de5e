"""Asking the agent for what an explanation and a comparison need of logs."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from realtime.domain.assessment import speaker
from realtime.domain.error_lines import is_error
from realtime.domain.errors import Unavailable
from realtime.domain.job import LsfJob, Submission
from realtime.domain.log_difference import LogDifference, ReadLog, log_difference
from realtime.domain.lsf_report import is_report_line, without_report
from realtime.domain.not_submitted import telling_line
from realtime.protocol.questions import FoundLine, LogAnswer
from realtime.store.explanation import LogEnd, keep_log_end
from realtime.store.jobs import StoredJob
from realtime.web.context import house
from realtime.web.logs import FOUND_LIMIT, Sought, find_in_log, read_bytes, read_log

LAST_BYTES = 16 * 1024
LAST_LINES = 40
LOOKS = 4
"""How often an agent is asked on for the first error: each time it looks for two seconds at most."""
LOOKING = 8.0
"""Seconds for all of them: somebody waits."""
TRACEBACK = "Traceback (most"
PARTING_LINES = 5
"""Behind the exception that a program ended by nothing more is written than these, as by what it leaves behind."""
SETTLED_AFTER = timedelta(minutes=5)
"""After a job's end: until then its log may still come, or grow, on slow file systems."""
FRESH_FOR = timedelta(seconds=10)
MAY_IMPROVE = 2.0
"""Seconds that an agent has to better what is kept: it may have died just now."""


def is_settled(end: LogEnd, ended_at: datetime | None, now: datetime) -> bool:
    """Whether what was read of a log need not be read again (yet)."""
    if ended_at is None or end.as_of >= ended_at + SETTLED_AFTER:
        return True
    return bool(end.text) and now - end.as_of < FRESH_FOR


async def read_log_end(
    stored: StoredJob, kept: LogEnd | None, ended_at: datetime | None
) -> tuple[LogEnd | None, str | None]:
    """The end of a failed job's log, from the agent and kept, unless what is kept will do; and why there is none."""
    if kept is not None and is_settled(kept, ended_at, datetime.now(UTC)):
        return kept, None if kept.text else "The log was not there when it was read."
    held = kept is not None and bool(kept.text)
    try:
        async with asyncio.timeout(MAY_IMPROVE if held else None):
            piece = await read_log(stored, None, LAST_BYTES, spoken_of(stored))
            error_line = await _first_error(stored, piece)
    except (Unavailable, TimeoutError) as error:
        reason = error.message if isinstance(error, Unavailable) else "the agent did not answer"
        return kept, None if held else f"The log cannot be read now: {reason}."
    line, at = (error_line.line.strip(), error_line.at) if error_line else (None, None)
    end = LogEnd(text=_last_lines(piece.text), error_line=line, error_at=at, as_of=datetime.now(UTC))
    if end.text or is_settled(end, ended_at, end.as_of):
        await house().store.write(lambda tx: keep_log_end(tx, stored.job.id, end))
    return end, None if end.text else _missing(piece)


def spoken_of(stored: StoredJob) -> LsfJob | None:
    """Of several LSF jobs the one that is told about; None: the job's own log."""
    job = stored.job
    return speaker(job.lsf_jobs) if len(job.lsf_jobs) > 1 and job.log_file is None else None


async def _first_error(stored: StoredJob, end: LogAnswer) -> FoundLine | None:
    """The first line of the log that says what went wrong; of a very long log, or from an old agent, of its end alone.

    The head of a traceback says nothing yet: its exception does, the next line of an error that is not indented. The
    one that the program ended by is told before all others: those it has survived.
    """
    if last_word := _last_exception(end):
        return last_word
    head: FoundLine | None = None
    offset: int | None = None
    with suppress(Unavailable, TimeoutError):
        async with asyncio.timeout(LOOKING):
            for _ in range(LOOKS if end.text else 0):
                sought = Sought(text=None, offset=offset, limit=FOUND_LIMIT if head else 1)
                found = await find_in_log(stored, sought, spoken_of(stored))
                for one in found.items:
                    if _says(one.line, within_traceback=head is not None):
                        return one
                    head = one if one.line.strip().startswith(TRACEBACK) else head
                last = found.items[-1] if found.items else None
                following = last.at + len(last.line.encode()) if last else found.to
                if (found.complete and not last) or following <= (offset or 0):
                    break
                offset = following
    return head or _first_error_in(end)


def _last_exception(end: LogAnswer) -> FoundLine | None:
    at, within, told = end.offset, False, None
    for line in end.text.splitlines(keepends=True):
        if line.startswith(TRACEBACK):
            within = True
        elif within and line.strip() and not line[:1].isspace():
            told, within = FoundLine(at=at, line=line.strip()), False
        at += len(line.encode(errors="replace"))
    if told is None:
        return None
    behind = without_report(end.text.rpartition(told.line)[2])
    return told if sum(bool(line.strip()) for line in behind.splitlines()) <= PARTING_LINES else None


def _first_error_in(end: LogAnswer) -> FoundLine | None:
    at, within = end.offset, False
    for line in end.text.splitlines(keepends=True):
        if is_error(line.rstrip()) and _says(line, within_traceback=within):
            return FoundLine(at=at, line=line.strip())
        within = within or line.strip().startswith(TRACEBACK)
        at += len(line.encode(errors="replace"))
    return None


def _says(line: str, *, within_traceback: bool) -> bool:
    said_by_job = not is_report_line(line) and not line.strip().startswith(TRACEBACK)
    return said_by_job and not (within_traceback and line[:1].isspace())


def _last_lines(text: str) -> str:
    lines = without_report(text).rstrip().splitlines(keepends=True)
    return "".join(lines[-LAST_LINES:]).lstrip("\r\n")


def script_end(submission: Submission) -> LogEnd | None:
    """What a submit script that submitted nothing printed last; it has no bytes to go to."""
    if submission.ended_at is None:
        return None
    text = "\n".join(filter(None, (submission.stdout.rstrip(), submission.stderr.rstrip())))
    line = telling_line(submission) if submission.exit_code else None
    return LogEnd(text=_last_lines(text), error_line=line, error_at=None, as_of=submission.ended_at)


def _missing(piece: LogAnswer) -> str:
    where = f": {piece.path}" if piece.path else ""
    return f"The log is not there{where}." if piece.source == "none" else f"The log is empty{where}."


async def compare_logs(this: StoredJob, that: StoredJob) -> LogDifference:
    """Where the beginnings of two jobs' logs part; raises Unavailable."""
    ours, theirs = await asyncio.gather(_read(this, "this job"), _read(that, "the good one"))
    return await asyncio.to_thread(log_difference, ours, theirs)


async def _read(stored: StoredJob, whose: str) -> ReadLog:
    raw = await read_bytes(house(), stored, 0, spoken_of(stored))
    if raw.source == "none":
        raise Unavailable(f"the log of {whose} is not there", code="no_log")
    return ReadLog(content=raw.content, own=_own(stored), whole=len(raw.content) >= raw.size)


def _own(stored: StoredJob) -> Sequence[str]:
    job = stored.job
    hosts = [name for lsf_job in job.lsf_jobs for name in (lsf_job.host, (lsf_job.host or "").split(".")[0])]
    return [word for word in (job.id, job.submission.host, stored.user, *hosts) if word]
