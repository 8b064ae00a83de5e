"""A client of the application under test, and an agent that says what a test wants."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from quart.testing import QuartClient

from realtime.protocol.agent import VERSION, AgentState, Claimed, Lease, Verify, Work
from realtime.protocol.observations import Acknowledged, KillSeen, LsfSeen, PostSeen, SubmissionSeen
from realtime.protocol.wire import decode, encode
from realtime.web.context import House


def bearer(token: str) -> dict[str, str]:
    """Headers of a program."""
    return {"Authorization": f"Bearer {token}", "Host": "localhost"}


@dataclass
class Answered:
    """A status and what was answered."""

    status: int
    body: Any
    headers: Any

    @property
    def error(self) -> tuple[str, str | None]:
        """(code, field) of a refusal."""
        return self.body["error"]["code"], self.body["error"].get("field")


@dataclass
class Client:
    """Requests with the login token."""

    quart: QuartClient
    headers: dict[str, str]
    house: House

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answered:
        """`path` below /api/v1, unless it begins with two slashes."""
        path = path[1:] if path.startswith("//") else "/api/v1" + path
        raw = encode(body) if body is not None else b""
        more = {"Content-Type": "application/json"} if body is not None else {}
        sent = self.headers | more | {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.quart.open(path, method=method, data=raw, headers=sent)
        text = await answer.get_data()
        is_json = answer.mimetype == "application/json" and text
        return Answered(answer.status_code, decode(text, Any) if is_json else text, answer.headers)

    async def get(self, path: str, **headers: str) -> Any:
        """The body of a GET that must succeed."""
        answer = await self.call("GET", path, **headers)
        assert answer.status == 200, answer.body
        return answer.body

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """The body of a POST that must succeed."""
        answer = await self.call("POST", path, body, **headers)
        assert 200 <= answer.status < 300, answer.body
        return answer.body

    async def prepare(self, experiment: str = "demo", runs: int = 1, hashes: tuple[str, ...] = ("example",)) -> None:
        """An experiment with runs and hashes."""
        await self.post("/experiments", {"name": experiment})
        for _ in range(runs):
            await self.post(f"/experiments/{experiment}/runs", {})
        for name in hashes:
            body = {"name": name, "executable": "/opt/submit.sh", "parameters": "a b"}
            await self.post(f"/experiments/{experiment}/definitions", body)

    async def apply(self, runs: int | str = 1, definition: str = "example", experiment: str = "demo") -> Any:
        """The first job that applying makes."""
        answer = await self.post(f"/experiments/{experiment}/jobs", {"definition": definition, "runs": runs})
        return answer["jobs"][0]


@dataclass
class SayingAgent:
    """An agent that holds the lease and says what a test wants it to say."""

    client: Client
    location: str = "default"
    name: str = "a1"
    generation: int = 0
    n: int = 0
    holding: list[str] = field(default_factory=list)
    state: AgentState = field(default_factory=AgentState)
    seen_generation: int = 0
    seen_epoch: str | None = None

    async def call(self, path: str, **body: Any) -> Answered:
        """One call of the agent's protocol."""
        headers = {"Authorization": f"Bearer {self.client.house.agent_token}"}
        return await self.client.call("POST", f"//agent/v1/{path}", body, **headers)

    async def lease(self) -> Lease:
        """Become the agent of the location."""
        answer = await self.call(
            "lease",
            protocol=VERSION,
            location=self.location,
            agent=self.name,
            version="1",
            scheduler="LSF",
            scheduler_version="10.1",
            seen_generation=self.seen_generation,
            seen_epoch=self.seen_epoch,
        )
        assert answer.status == 200, answer.body
        lease = decode(encode(answer.body), Lease)
        self.generation, self.n = lease.generation, 0
        return lease

    async def work(self, room: int = 8) -> Work:
        """What there is to do."""
        answer = await self.call(
            "work",
            location=self.location,
            generation=self.generation,
            room=room,
            holding=self.holding,
            state=self.state,
        )
        assert answer.status == 200, answer.body
        return decode(encode(answer.body), Work)

    async def claim(self, job: str) -> Claimed:
        """May the script run?"""
        answer = await self.call("claim", location=self.location, generation=self.generation, job=job)
        assert answer.status == 200, answer.body
        return decode(encode(answer.body), Claimed)

    async def say(self, *seen: Any) -> Acknowledged:
        """Report observations."""
        answer = await self.call(
            "observations", location=self.location, generation=self.generation, observations=list(seen)
        )
        assert answer.status == 200, answer.body
        return decode(encode(answer.body), Acknowledged)

    def next(self) -> dict[str, Any]:
        """The next n, and now."""
        self.n += 1
        return {"n": self.n, "at": datetime.now(UTC)}

    async def submitted(self, job: str, *lsf_ids: str, **facts: Any) -> None:
        """The script has printed these ids."""
        await self.say(SubmissionSeen(**self.next(), job=job, lsf_ids=list(lsf_ids), **facts))

    async def lsf(self, job: str, status: str, lsf_id: str = "7", **facts: Any) -> None:
        """LSF says this of the job."""
        await self.say(LsfSeen(**self.next(), job=job, lsf_id=lsf_id, status=status, **facts))

    async def killed(self, job: str, error: str | None = None) -> None:
        """bkill has answered."""
        await self.say(KillSeen(**self.next(), job=job, error=error))

    async def verified(self, asked: Verify, lsf_problem: str | None = None, log_problem: str | None = None) -> None:
        """What became of a claim."""
        await self.say(
            PostSeen(
                **self.next(),
                job=asked.job,
                lsf_id=asked.lsf_id,
                lsf_problem=lsf_problem,
                log_file=asked.log_file,
                log_problem=log_problem,
            )
        )

    async def run_job(self, job: str, lsf_id: str = "7") -> None:
        """Take, claim and submit a job."""
        await self.work()
        assert (await self.claim(job)).granted
        await self.submitted(job, lsf_id)
