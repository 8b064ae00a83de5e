"""An agent in front of a real manager that says what a test wants, and answers questions as the test has laid out."""

import queue
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from realtime.protocol.agent import VERSION, AgentState, Claim, Lease, LeaseRequest, Verify, Work, WorkRequest
from realtime.protocol.observations import (
    CheckSeen,
    KillSeen,
    LsfSeen,
    Observation,
    Observations,
    PostSeen,
    SubmissionSeen,
)
from realtime.protocol.questions import Answer, LogAnswer, Question
from realtime.protocol.rows import Check
from realtime.protocol.wire import decode, encode
from tests.pages.manager import AGENT_TOKEN

ASK_EVERY = 0.4
"""Seconds after which a request for work is given up, so that a new state is told soon."""


@dataclass
class Agent:
    """Holds the lease of a location; a thread asks for work, so that the agent counts as connected."""

    url: str
    location: str = "default"
    state: AgentState = field(default_factory=AgentState)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """job/kind, or job/kind/LSF ID (of a try: /try) -> what is answered to such a question, an error by default"""
    asked: list[Question] = field(default_factory=list)
    """all questions so far"""
    _verify: queue.Queue[Verify] = field(default_factory=queue.Queue)
    _generation: int = 0
    _n: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Take the lease and go on asking for work."""
        asked = LeaseRequest(
            location=self.location,
            agent=f"agent-of-{self.location}",
            version="1",
            scheduler="LSF 10.1",
            scheduler_version="10.1.0.14",
            protocol=VERSION,
        )
        self._generation = decode(self._post("lease", asked), Lease).generation
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def close(self) -> None:
        """Be gone, as after a crash."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while not self._ended.is_set():
            asked = WorkRequest(
                location=self.location, generation=self._generation, room=0, holding=[], state=self.state
            )
            try:
                work = decode(self._post("work", asked, ASK_EVERY), Work)
            except httpx.TransportError:
                self._ended.wait(0.05)
                continue
            for item in work.verify:
                self._verify.put(item)
            for question in work.questions:
                self._post("answers", self._answer(question))
            self._ended.wait(0.05)

    def _answer(self, question: Question) -> Answer:
        self.asked.append(question)
        place = f"{question.job}/{question.kind}"
        of_one = [self.answers.get(f"{place}/{lsf_id}") for lsf_id in question.lsf_ids[:1]]
        laid_out = next(filter(None, of_one), None) or self.answers.get(place)
        return Answer(question=question.id, **(laid_out or {"error": "bjobs did not answer"}))

    def _post(self, path: str, body: Any, timeout: float = 10) -> bytes:
        headers = {"Authorization": f"Bearer {AGENT_TOKEN}", "Content-Type": "application/json"}
        answer = httpx.post(f"{self.url}/agent/v1/{path}", content=encode(body), headers=headers, timeout=timeout)
        assert answer.is_success, answer.text
        return answer.content

    def claim(self, job: str) -> None:
        """The script may run."""
        self._post("claim", Claim(location=self.location, generation=self._generation, job=job))

    def submitted(self, job: str, *lsf_ids: str, **facts: Any) -> None:
        """What became of the script so far."""
        self._say(SubmissionSeen(**self._next(), job=job, lsf_ids=list(lsf_ids), **facts))

    def lsf(self, job: str, lsf_id: str, status: str, **facts: Any) -> None:
        """LSF says this of an LSF job."""
        self._say(LsfSeen(**self._next(), job=job, lsf_id=lsf_id, status=status, **facts))

    def checked(self, definition: dict[str, Any], problem: str | None) -> None:
        """What is at the path of a hash; None: a script that can be run."""
        check = Check(ok=problem is None, problem=problem, at=datetime.now(UTC))
        self._say(CheckSeen(**self._next(), definition=definition["id"], version=definition["version"], check=check))

    def killed(self, job: str, error: str | None = None) -> None:
        """bkill has answered."""
        self._say(KillSeen(**self._next(), job=job, error=error))

    def asked_to_verify(self, job: str, lsf_id: str) -> Verify:
        """The order to verify this, as soon as it has come."""
        while True:
            order = self._verify.get(timeout=10)
            if (order.job, order.lsf_id) == (job, lsf_id):
                return order

    def verified(self, asked: Verify, problem: str | None) -> None:
        """What became of the LSF ID that a person has named."""
        self._say(
            PostSeen(
                **self._next(),
                job=asked.job,
                lsf_id=asked.lsf_id,
                lsf_problem=problem,
                log_file=asked.log_file,
                log_problem=None,
            )
        )

    def _next(self) -> dict[str, Any]:
        self._n += 1
        return {"n": self._n, "at": datetime.now(UTC)}

    def _say(self, *seen: Observation) -> None:
        self._post(
            "observations",
            Observations(location=self.location, generation=self._generation, observations=list(seen)),
        )


def log_answer(text: str, **other: Any) -> dict[str, Any]:
    """To a question for a log: the whole of it, but for what is said otherwise."""
    size = len(text.encode())
    whole = {"offset": 0, "next": size, "size": size, "source": "file", "path": "/logs/7", "complete": True}
    return {"log": LogAnswer(text=text, **{**whole, **other})}
