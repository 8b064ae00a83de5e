"""Answers to people who wait: what LSF says of a job in full, the job's output, what a script would do."""

import asyncio
from typing import TypeVar

from lsf_agent.answers.finding import MOST, Findings
from lsf_agent.answers.logs import Asked, Pieces, RawPieces, SilentPlaceError
from lsf_agent.answers.places import LogPlaces
from lsf_agent.answers.posted import PostedLogs
from lsf_agent.answers.reading import Reading
from lsf_agent.answers.trying import Trying
from lsf_agent.hands import Hands
from lsf_agent.runner.finding import Sought
from lsf_agent.scheduler import Details, Scheduler, SilentError
from realtime.protocol.questions import (
    BYTES_LIMIT,
    QUESTION_TIMEOUT,
    TRY_TIMEOUT,
    UNKNOWN_KIND,
    Answer,
    Found,
    LogAnswer,
    LogBytes,
    Question,
)

T = TypeVar("T")

ANSWER_WITHIN = QUESTION_TIMEOUT - 0.5
TRY_WITHIN = TRY_TIMEOUT - 0.5
PATH_LIMIT = 1.5


class Questions:
    """Files are read, and `bpeek` is called, as the user whose job it is."""

    def __init__(
        self, scheduler: Scheduler, hands: Hands, places: LogPlaces, posted: PostedLogs, trying: Trying
    ) -> None:
        self._scheduler = scheduler
        self._hands = hands
        self._places = places
        self._posted = posted
        self._trying = trying

    async def answer(self, question: Question) -> Answer:
        """Within the time that the question is worth something; an error says who did not answer."""
        try:
            async with asyncio.timeout(TRY_WITHIN if question.kind == "try" else ANSWER_WITHIN):
                if question.kind == "try":
                    return Answer(question=question.id, tried=await self._trying.try_out(question))
                if question.kind == "details":
                    details = await self._details(question)
                    pending = None if details.pending is None else list(details.pending)
                    return Answer(question=question.id, text=details.text, pending=pending)
                if question.kind == "log":
                    return Answer(question=question.id, log=await self._log(question))
                if question.kind == "bytes":
                    return Answer(question=question.id, raw=await self._bytes(question))
                if question.kind == "find":
                    return Answer(question=question.id, found=await self._find(question))
            error = f"{UNKNOWN_KIND}: {question.kind[:40]}"
        except TimeoutError:
            error = "LSF did not answer in time"
        except SilentError as silence:
            error = f"LSF does not answer: {silence}"
        except OSError as refusal:
            error = refusal.strerror or str(refusal)
        return Answer(question=question.id, error=error)

    async def _details(self, question: Question) -> Details:
        if not question.lsf_ids:
            raise OSError("no LSF ID is known")
        return await self._scheduler.details(question.lsf_ids, ANSWER_WITHIN)

    async def _log(self, question: Question) -> LogAnswer:
        asked = Asked(offset=question.offset, limit=question.limit, ended=question.ended)
        return await self._output(question, Pieces(hands=self._hands, user=question.user, asked=asked))

    async def _bytes(self, question: Question) -> LogBytes:
        offset, limit = question.offset, question.limit or BYTES_LIMIT
        return await self._output(
            question, RawPieces(hands=self._hands, user=question.user, offset=offset, limit=limit)
        )

    async def _find(self, question: Question) -> Found:
        if not question.error and not question.text:
            raise OSError("nothing to look for was given")
        sought = Sought(
            text=None if question.error else question.text,
            case=question.case,
            back=question.back,
            offset=question.offset,
            until=question.until,
            most=min(question.limit or MOST, MOST),
            ended=question.ended,
        )
        return await self._output(question, Findings(hands=self._hands, user=question.user, sought=sought))

    async def _output(self, question: Question, reading: Reading[T]) -> T:
        """The file that the script named, else the one where LSF writes, else what bpeek shows of a job that runs."""
        lsf_id = question.lsf_ids[0] if question.lsf_ids else None
        path, why_not = question.log_file, ""
        try:
            if path is not None:
                return await self._of_posted(question, path, reading)
        except FileNotFoundError:
            pass
        except SilentPlaceError:
            raise
        except (OSError, SilentError) as error:
            why_not = _cannot_be_read(path, error)
        if lsf_id is not None and (found := await self._path(question.job, lsf_id, question.ended)):
            path = found
            try:
                return await reading.of_file(path, None)
            except FileNotFoundError:
                pass
            except SilentPlaceError:
                raise
            except OSError as error:
                why_not = why_not or _cannot_be_read(path, error)
        if lsf_id is not None and not question.ended:
            peek = await self._scheduler.peek(lsf_id, question.user, ANSWER_WITHIN)
            if peek.text is not None:
                return await reading.of_memory(peek.text, "bpeek", path)
        elif why_not:
            raise OSError(why_not)
        return reading.nothing(path)

    async def _of_posted(self, question: Question, path: str, reading: Reading[T]) -> T:
        ids = question.lsf_ids
        return await self._posted.read(question.job, question.user, question.executable, path, ids, reading)

    async def _path(self, job: str, lsf_id: str, ended: bool) -> str | None:
        """The remembered path, or LSF is asked for it; a job that runs has bpeek, so LSF's silence is no answer."""
        if known := self._places.of(job, lsf_id):
            return known
        try:
            async with asyncio.timeout(PATH_LIMIT):
                detail = await self._scheduler.detail(lsf_id)
        except (SilentError, TimeoutError):
            if ended:
                raise
            return None
        return self._places.remember(job, lsf_id, detail.log_file) if detail and detail.log_file else None


def _cannot_be_read(path: str | None, error: Exception) -> str:
    return f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
