"""Who writes: a beam line that makes runs, a user who applies, kills and deletes, scripts that report."""

import asyncio
import random
from collections import deque
from collections.abc import Mapping

from tests.chaos.ledger import Desk, Refused

EXPERIMENT = "chaos"
API = f"/api/v1/experiments/{EXPERIMENT}"
POSTS_AT_ONCE = 4
COUNTERS = 24
"""Posts of one job; each sets a counter of its own."""


def comment_on(run: int) -> str:
    """What is said of a run, always the same: what was not answered may be done late."""
    return f"the beam was bad in run {run}"


class Beamline:
    """Starts runs, sets their parameters, comments on them, ends them, edits the hash."""

    def __init__(self, desk: Desk, chance: random.Random) -> None:
        self._desk = desk
        self._ledger = desk.ledger
        self._chance = chance
        self._number = 0

    async def prepare(self) -> None:
        """An experiment, a hash and a first run."""
        await self._desk.settle("make experiment", "POST", "/api/v1/experiments", {"name": EXPERIMENT})
        body = {"name": "hash", "executable": "/opt/submit.sh", "parameters": "0"}
        await self._desk.settle("make hash", "POST", f"{API}/definitions", body)
        await self.start_run()

    async def write(self) -> None:
        """One thing."""
        fate = self._chance.random()
        if fate < 0.25:
            await self.start_run()
        elif fate < 0.65:
            await self._set_parameter()
        elif fate < 0.75:
            await self._comment()
        elif fate < 0.85:
            await self._end_run()
        else:
            await self._edit_hash()

    async def start_run(self) -> None:
        """The next run."""
        self._number += 1
        number = self._number
        answer, first = await self._desk.settle("start run", "POST", f"{API}/runs", {"number": number})
        if not answer.ok and (first or answer.status != 409):
            raise Refused(f"run {number}: {answer}")
        self._ledger.runs[number] = set()

    async def _set_parameter(self) -> None:
        number = self._chance.choice(list(self._ledger.runs)[-5:])
        name = f"p{len(self._ledger.runs[number])}"
        body = {"params": {name: self._chance.random()}}
        answer = await self._desk.ask("set parameter", "PATCH", f"{API}/runs/{number}", body)
        if answer and answer.ok:
            self._ledger.runs[number].add(name)

    async def _comment(self) -> None:
        number = self._chance.choice(list(self._ledger.runs)[-5:])
        body = {"comment": comment_on(number), "tags": ["chaos"]}
        answer = await self._desk.ask("comment", "PATCH", f"{API}/runs/{number}", body)
        if answer and answer.ok:
            self._ledger.runs[number].add("comment")

    async def _end_run(self) -> None:
        number = self._chance.choice(list(self._ledger.runs)[-10:])
        body = {"ended_at": "2026-11-22T12:00:00Z"}
        answer = await self._desk.ask("end run", "PATCH", f"{API}/runs/{number}", body)
        if answer and answer.ok:
            self._ledger.runs[number].add("ended")

    async def _edit_hash(self) -> None:
        found = await self._desk.ask("read hash", "GET", f"{API}/definitions/1")
        if not found or not found.ok:
            return
        count = int(found.body["parameters"]) + 1
        body = {"parameters": str(count), "seq": found.body["seq"]}
        answer = await self._desk.ask("edit hash", "PATCH", f"{API}/definitions/1", body)
        if answer and answer.ok:
            self._ledger.edits = count


class User:
    """Applies the hash to runs, kills jobs, deletes what has ended."""

    def __init__(self, desk: Desk, chance: random.Random) -> None:
        self._desk = desk
        self._ledger = desk.ledger
        self._chance = chance
        self._requests = 0

    async def write(self) -> None:
        """One thing."""
        fate = self._chance.random()
        if fate < 0.5 or len(self._ledger.jobs) < 5:
            await self._apply()
        elif fate < 0.6:
            await self._kill(self._any_job())
        elif fate < 0.7:
            await self._kill_many([self._any_job() for _ in range(5)])
        else:
            await self._delete(self._any_job())

    def _any_job(self) -> str:
        return self._chance.choice([job for job in self._ledger.jobs if job not in self._ledger.deleted])

    async def _apply(self) -> None:
        self._requests += 1
        runs = self._chance.sample(sorted(self._ledger.runs), min(len(self._ledger.runs), self._chance.randint(1, 3)))
        body = {"definition": "hash", "runs": ",".join(map(str, runs))}
        key = f"request-{self._requests}"
        answer, _ = await self._desk.settle("apply", "POST", f"{API}/jobs", body, **{"Idempotency-Key": key})
        if not answer.ok or len(answer.body["jobs"]) != len(runs):
            raise Refused(f"apply to {runs}: {answer}")
        for job in answer.body["jobs"]:
            self._ledger.jobs[job["id"]] = job["run"]

    async def _kill(self, job: str) -> None:
        answer = await self._desk.ask("kill", "POST", f"/api/v1/jobs/{job}/kill")
        if answer and answer.ok:
            self._ledger.killed.add(job)

    async def _kill_many(self, jobs: list[str]) -> None:
        answer = await self._desk.ask("kill many", "POST", f"{API}/jobs/kill", {"jobs": jobs})
        if not answer:
            return
        told = [one["id"] for one in answer.body["jobs"]] + [one["job"] for one in answer.body["skipped"]]
        if not answer.ok or sorted(told) != sorted(set(jobs)):
            raise Refused(f"kill {jobs}: {answer}")
        self._ledger.killed.update(one["id"] for one in answer.body["jobs"])

    async def _delete(self, job: str) -> None:
        answer, first = await self._desk.settle("delete", "DELETE", f"/api/v1/jobs/{job}")
        if answer.ok or (answer.status == 404 and not first):
            self._ledger.deleted.add(job)
        elif answer.status != 409:
            raise Refused(f"delete {job}: {answer}")


class Scripts:
    """Report to the addresses that the agent was told, a new counter with each post."""

    def __init__(self, desk: Desk, chance: random.Random, addresses: Mapping[str, str]) -> None:
        self._desk = desk
        self._ledger = desk.ledger
        self._chance = chance
        self._addresses = addresses
        self._begun: set[str] = set()
        self._running: deque[tuple[str, int]] = deque()

    async def write(self) -> None:
        """A few posts at once, each of another job."""
        new = self._addresses.keys() - self._begun
        self._begun |= new
        self._running.extend((job, 0) for job in sorted(new))
        chosen = [self._running.popleft() for _ in range(min(POSTS_AT_ONCE, len(self._running)))]
        await asyncio.gather(*(self._post(job, n) for job, n in chosen))
        self._running.extend((job, n + 1) for job, n in chosen if n + 1 < COUNTERS and job not in self._ledger.deleted)

    async def _post(self, job: str, n: int) -> None:
        color = self._chance.choice(["red", "green", "#00ff00"])
        body = {"counters": {f"c{n}": [n, color], "newest": n}}
        answer = await self._desk.ask("report", "POST", self._addresses[job], body)
        if answer and answer.ok:
            if answer.body["accepted"] != 2:
                raise Refused(f"report {body}: {answer}")
            self._ledger.posts.setdefault(job, set()).add(f"c{n}")
        elif answer and answer.status != 404:
            raise Refused(f"report {body}: {answer}")
