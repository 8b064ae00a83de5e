"""Questions to an agent that somebody waits for (log, details, try), whichever process holds its open request."""

import asyncio
import secrets
import time
from collections.abc import Callable

import msgspec

from realtime.bus.base import Bus
from realtime.domain.errors import Unavailable
from realtime.protocol.questions import QUESTION_TIMEOUT, UNKNOWN_KIND, Answer, Question, answer_within
from realtime.protocol.wire import decode, encode


class _Asked(msgspec.Struct, frozen=True):
    process: str
    question: Question


class Questions:
    """The questions that this process has asked, and those that wait here for an agent's next request."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._process = secrets.token_hex(8)
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._open: dict[str, dict[str, tuple[float, Question]]] = {}
        self._unlisten: list[Callable[[], None]] = []

    def start(self) -> None:
        """Listen on the bus."""
        self._unlisten = [
            self._bus.listen("question:", self._on_question, lambda: None),
            self._bus.listen(f"answer:{self._process}", self._on_answer, lambda: None),
        ]

    def close(self) -> None:
        """Stop listening."""
        for unlisten in self._unlisten:
            unlisten()

    async def ask(self, location: str, question: Question) -> Answer:
        """The agent's answer; raises Unavailable when none comes in time or the agent says who did not answer.

        `question.id` is given here.
        """
        question = msgspec.structs.replace(question, id=f"{self._process}.{secrets.token_hex(6)}")
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[question.id] = answered
        try:
            asked = _Asked(process=self._process, question=question)
            self._bus.publish(f"question:{location}", encode(asked))
            self._bus.publish(f"work:{location}", b"{}")
            async with asyncio.timeout(answer_within(question.kind) + 0.5):
                answer = await answered
        except TimeoutError as error:
            raise Unavailable(f"the batch client of {location} did not answer in time", code="agent_silent") from error
        finally:
            del self._waiting[question.id]
        if answer.error is not None:
            if answer.error.startswith(UNKNOWN_KIND):
                raise Unavailable(f"the batch client of {location} is too old for this", code="agent_too_old")
            raise Unavailable(answer.error, code="agent_error")
        return answer

    def take(self, location: str, holding: list[str]) -> list[Question]:
        """The questions open for a location that the agent does not hold yet.

        Each is handed out in its first QUESTION_TIMEOUT only, however long its answer may take: a script that is tried
        is not run by a later agent again.
        """
        held = set(holding)
        return [question for key, (_, question) in self._still_open(location).items() if f"question/{key}" not in held]

    def _still_open(self, location: str) -> dict[str, tuple[float, Question]]:
        now = time.monotonic()
        still = {key: found for key, found in self._open.get(location, {}).items() if found[0] > now}
        self._open[location] = still
        return still

    def answered(self, answer: Answer) -> None:
        """An agent has answered: bring it to the process that asked."""
        for waiting in self._open.values():
            waiting.pop(answer.question, None)
        self._bus.publish(f"answer:{answer.question.split('.')[0]}", encode(answer))

    def _on_question(self, topic: str, message: bytes) -> None:
        asked = decode(message, _Asked)
        location = topic.removeprefix("question:")
        until = time.monotonic() + QUESTION_TIMEOUT
        self._still_open(location)[asked.question.id] = until, asked.question

    def _on_answer(self, topic: str, message: bytes) -> None:
        answer = decode(message, Answer)
        waiting = self._waiting.get(answer.question)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)
