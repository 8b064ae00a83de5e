"""An agent without a batch system: takes work, claims it, and says what a farm would, until that is acknowledged."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Any

from realtime.protocol.agent import VERSION, AgentState, Work
from realtime.protocol.observations import CheckSeen, KillSeen, LsfSeen, Observation, SubmissionSeen
from realtime.protocol.rows import Check
from realtime.protocol.wire import decode, encode
from tests.chaos.ledger import Answer, Desk, Refused

LOCATION = "default"
LIVES = (0.2, 6.0)
"""Seconds that a job runs."""


class Agent:
    """The one agent of the location. Every job of its farm goes PEND, RUN, DONE, or EXIT when it is killed."""

    def __init__(self, desk: Desk, chance: random.Random) -> None:
        self.addresses: dict[str, str] = {}
        """job -> where its scripts report"""
        self._desk = desk
        self._ledger = desk.ledger
        self._chance = chance
        self._generation = 0
        self._n = 0
        self._lsf_id = 100
        self._jobs: dict[str, str] = {}
        self._ends: dict[str, float] = {}
        self._seen: list[Observation] = []

    async def prepare(self) -> None:
        """Take the lease."""
        answer = await self._call(
            "lease", protocol=VERSION, agent="chaos", version="0", scheduler="none", scheduler_version=None
        )
        self._generation = answer.body["generation"]

    async def write(self) -> None:
        """Ask for work, do it, tell of it."""
        busy = {"holding": [], "state": AgentState(), "room": 16}
        answer = await self._desk.ask("ask for work", "POST", "/agent/v1/work", self._body(busy))
        if answer is not None:
            await self._do(decode(encode(self._expected(answer).body), Work))
        self._look()
        while self._seen:
            await self._tell(self._seen[:100])
            del self._seen[:100]

    async def _do(self, work: Work) -> None:
        for submit in work.submit:
            granted = await self._call("claim", job=submit.job)
            if granted.body["granted"] and submit.job not in self._jobs:
                self._lsf_id += 1
                self._jobs[submit.job] = str(self._lsf_id)
                self._ends[submit.job] = asyncio.get_running_loop().time() + self._chance.uniform(*LIVES)
                self._see(SubmissionSeen, job=submit.job, lsf_ids=[str(self._lsf_id)], ended_at=datetime.now(UTC))
                self._see_word(submit.job, "RUN")
                self.addresses[submit.job] = submit.environment["BATCH_UPDATE_URL"]
        for kill in work.kill:
            self._see(KillSeen, job=kill.job, error=None)
            if self._ends.pop(kill.job, None) is not None:
                self._see_word(kill.job, "EXIT")
        for check in work.check:
            found = Check(ok=True, problem=None, at=datetime.now(UTC))
            self._see(CheckSeen, definition=check.definition, version=check.version, check=found)

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        for job in [job for job, end in self._ends.items() if end <= now]:
            del self._ends[job]
            self._see_word(job, "DONE")

    def _see_word(self, job: str, status: str) -> None:
        self._see(LsfSeen, job=job, lsf_id=self._jobs[job], status=status)

    def _see(self, kind: type[Observation], **facts: Any) -> None:
        self._n += 1
        self._seen.append(kind(n=self._n, at=datetime.now(UTC), **facts))

    async def _tell(self, seen: list[Observation]) -> None:
        await self._call("observations", observations=seen)
        for observation in seen:
            if isinstance(observation, SubmissionSeen):
                self._ledger.words[observation.job] = ["PEND"]
            elif isinstance(observation, LsfSeen):
                self._ledger.words[observation.job].append(observation.status)

    async def _call(self, path: str, **body: Any) -> Answer:
        answer, _ = await self._desk.settle(f"agent's {path}", "POST", f"/agent/v1/{path}", self._body(body))
        return self._expected(answer)

    def _body(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"location": LOCATION, "generation": self._generation, **body}

    def _expected(self, answer: Answer) -> Answer:
        if not answer.ok:
            raise Refused(f"the agent was told {answer}")
        return answer
