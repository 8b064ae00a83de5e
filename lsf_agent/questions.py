"""Answers to people who wait: what LSF says of a job in full, and the job's output."""

import asyncio
import logging
from collections.abc import Callable

from lsf_agent.aside import Aside, place_of
from lsf_agent.logs import file_piece, memory_piece, nothing
from lsf_agent.scheduler import Scheduler, SilentError
from realtime.protocol.agent import QUESTION_TIMEOUT, Answer, LogAnswer, Question

log = logging.getLogger(__name__)

ANSWER_WITHIN = QUESTION_TIMEOUT - 0.5
FILE_LIMIT = 2.5
PATH_LIMIT = 1.5


class Questions:
    """`log_path` finds the path that is remembered; `remember` keeps one that had to be asked for."""

    def __init__(
        self,
        scheduler: Scheduler,
        aside: Aside,
        log_path: Callable[[str, str], str | None],
        remember: Callable[[str, str, str], str | None],
    ) -> None:
        self._scheduler = scheduler
        self._aside = aside
        self._log_path = log_path
        self._remember = remember

    async def answer(self, question: Question) -> Answer:
        """Within the time that the question is worth something; an error says who did not answer."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                if question.kind == "details":
                    return Answer(question=question.id, text=await self._details(question))
                if question.kind == "log":
                    return Answer(question=question.id, log=await self._log(question))
            error = f"a question of this kind is not known: {question.kind[:40]}"
        except TimeoutError:
            error = "LSF did not answer in time"
        except SilentError as silence:
            error = f"LSF does not answer: {silence}"
        except OSError as refusal:
            error = refusal.strerror or str(refusal)
        return Answer(question=question.id, error=error)

    async def _details(self, question: Question) -> str:
        if not question.lsf_ids:
            raise OSError("no LSF ID is known")
        return await self._scheduler.details(question.lsf_ids, ANSWER_WITHIN)

    async def _log(self, question: Question) -> LogAnswer:
        """The file where LSF writes it, else what bpeek shows of a job that runs, else nothing."""
        if not question.lsf_ids:
            return nothing(None, question.ended)
        lsf_id = question.lsf_ids[0]
        path, why_not = await self._path(question.job, lsf_id, question.ended), ""
        if path is not None:
            try:
                return await self._aside.call(
                    FILE_LIMIT, lambda: file_piece(path, question.offset, question.limit, question.ended)
                )
            except FileNotFoundError:
                why_not = ""
            except TimeoutError:
                raise OSError(f"{place_of(path)} does not answer") from None
            except OSError as error:
                why_not = f"{path} cannot be read: {error.strerror or error}"
        if question.ended:
            if why_not:
                raise OSError(why_not)
            return nothing(path, True)
        peek = await self._scheduler.peek(lsf_id, ANSWER_WITHIN)
        if peek.text is None:
            return nothing(path, False)
        return memory_piece(peek.text, question.offset, question.limit, "bpeek", False)

    async def _path(self, job: str, lsf_id: str, ended: bool) -> str | None:
        """The remembered path, or LSF is asked for it; a job that runs has bpeek, so LSF's silence is no answer."""
        if known := self._log_path(job, lsf_id):
            return known
        try:
            async with asyncio.timeout(PATH_LIMIT):
                detail = await self._scheduler.detail(lsf_id)
        except (SilentError, TimeoutError):
            if ended:
                raise
            return None
        return self._remember(job, lsf_id, detail.log_file) if detail and detail.log_file else None
