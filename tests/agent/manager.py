"""A manager that is a real HTTP server and keeps the agent's contract, with a memory that tests can read."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from realtime.protocol import agent as wire
from realtime.protocol.errors import ErrorAnswer, Refusal
from realtime.protocol.observations import (
    Acknowledged,
    CheckSeen,
    KillSeen,
    LsfSeen,
    Observation,
    Observations,
    PostSeen,
    SubmissionSeen,
)
from realtime.protocol.questions import Answer, Question
from realtime.protocol.wire import Shape, decode, encode

Seen = TypeVar("Seen", bound=Observation)
Item = wire.Submit | wire.Kill | wire.CheckPath | wire.Verify | Question
TOKEN = "agent-secret"


class Refused(Exception):
    def __init__(self, status: int, code: str) -> None:
        self.status = status
        self.code = code


class Manager:
    """`silent_after`: seconds from an agent's last call after which another one gets the lease."""

    def __init__(self, hold: float = 1.0, silent_after: float | None = None) -> None:
        self.silent_after = silent_after
        self.heard_at = 0.0
        self.hold = hold
        self.port = 0
        self.generation = 0
        self.leased_to: str | None = None
        self.lease_held = False
        self.follow: list[wire.Followed] = []
        self.unsettled: list[wire.Unsettled] = []
        self.told_once = wire.Work()
        """`follow` and `look` of the next answer to a request for work"""
        self.leases: list[wire.LeaseRequest] = []
        self.requests: list[wire.WorkRequest] = []
        self.work: dict[str, Item] = {}
        self.cancelled: set[str] = set()
        self.deleted: set[str] = set()
        self.claims: list[str] = []
        self.claims_open = asyncio.Event()
        self.claims_open.set()
        self.refuse_observations_of: str | None = None
        self.seen: list[Observation] = []
        self.answers: dict[str, Answer] = {}
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """As a manager that dies: the port is closed and so is every connection."""
        if self._server is not None:
            self._server.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    async def put(self, item: Item) -> None:
        match item:
            case wire.Submit():
                key = f"submit/{item.job}"
            case wire.Kill():
                key = f"kill/{item.job}"
            case wire.CheckPath():
                key = f"check/{item.definition}/{item.version}"
            case wire.Verify():
                key = f"verify/{item.job}"
            case Question():
                key = f"question/{item.id}"
        self.work[key] = item
        await self._notify()

    async def hint(self, *, follow: list[wire.Followed] | None = None, look: list[str] | None = None) -> None:
        """Told once, with the next work."""
        self.told_once = wire.Work(follow=follow or [], look=look or [])
        await self._notify()

    async def ask(self, question: Question) -> Answer:
        await self.put(question)
        await self.until(lambda: question.id in self.answers)
        return self.answers[question.id]

    def of(self, kind: type[Seen]) -> list[Seen]:
        return [one for one in self.seen if isinstance(one, kind)]

    def submissions(self, job: str) -> list[SubmissionSeen]:
        return [one for one in self.of(SubmissionSeen) if one.job == job]

    def end_of(self, job: str) -> SubmissionSeen | None:
        return next((one for one in self.submissions(job) if one.ended_at), None)

    def last_of(self, job: str) -> SubmissionSeen | None:
        """What was told last of the submission."""
        return next(reversed(self.submissions(job)), None)

    def doubt_of(self, job: str) -> str | None:
        last = self.last_of(job)
        return last.doubt if last else None

    def kills(self, job: str) -> list[KillSeen]:
        return [one for one in self.of(KillSeen) if one.job == job]

    def ids_of(self, job: str) -> list[str]:
        return list(dict.fromkeys(lsf_id for one in self.submissions(job) for lsf_id in one.lsf_ids))

    def statuses(self, job: str) -> list[str]:
        return [one.status for one in self.of(LsfSeen) if one.job == job]

    async def until(self, holds: Callable[[], object], limit: float = 10.0) -> None:
        async with asyncio.timeout(limit), self._changed:
            await self._changed.wait_for(lambda: bool(holds()))

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        this = asyncio.current_task()
        assert this is not None
        self._connections.add(this)
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = head.split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                path = lines[0].split()[1]
                status, answer = await self._answer(path, headers.get("authorization"), body)
                content = encode(answer) if answer is not None else b""
                writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
                await writer.drain()
        self._connections.discard(this)
        writer.close()

    async def _answer(self, path: str, authorization: str | None, body: bytes) -> tuple[int, Shape | None]:
        try:
            if authorization != f"Bearer {TOKEN}":
                raise Refused(401, "unauthorized")
            answer = await self._dispatch(path.removeprefix("/agent/v1/"), body)
        except Refused as refused:
            return refused.status, ErrorAnswer(error=Refusal(code=refused.code, message=refused.code))
        finally:
            await self._notify()
        return (204 if answer is None else 200), answer

    async def _dispatch(self, call: str, body: bytes) -> Shape | None:
        match call:
            case "lease":
                return self._lease(decode(body, wire.LeaseRequest))
            case "work":
                return await self._give(decode(body, wire.WorkRequest))
            case "claim":
                return await self._claim(decode(body, wire.Claim))
            case "observations":
                return self._observe(decode(body, Observations))
            case "answers":
                answer = decode(body, Answer)
                self.answers[answer.question] = answer
                self.work.pop(f"question/{answer.question}", None)
                return None
        raise Refused(404, "not_found")

    def _lease(self, request: wire.LeaseRequest) -> wire.Lease:
        now = time.monotonic()
        alive = self.silent_after is not None and now - self.heard_at < self.silent_after
        if self.lease_held or (alive and self.leased_to not in (None, request.agent)):
            raise Refused(409, "lease_held")
        self.leased_to, self.heard_at = request.agent, now
        self.leases.append(request)
        self.generation += 1
        return wire.Lease(
            generation=self.generation, epoch="e", instance="main", follow=self.follow, unsettled=self.unsettled
        )

    def _current(self, generation: int) -> None:
        if generation != self.generation:
            raise Refused(409, "no_lease")
        self.heard_at = time.monotonic()

    async def _give(self, request: wire.WorkRequest) -> wire.Work:
        self._current(request.generation)
        self.requests.append(request)

        def open_items() -> list[Item]:
            items = [item for key, item in self.work.items() if key not in request.holding]
            submits = [item for item in items if isinstance(item, wire.Submit)][: request.room]
            return [item for item in items if not isinstance(item, wire.Submit)] + submits

        with suppress(TimeoutError):
            await self.until(
                lambda: open_items() or self.told_once != wire.Work() or request.generation != self.generation,
                self.hold,
            )
        self._current(request.generation)
        items = open_items()
        hints, self.told_once = self.told_once, wire.Work()
        return wire.Work(
            follow=hints.follow,
            look=hints.look,
            verify=[item for item in items if isinstance(item, wire.Verify)],
            submit=[item for item in items if isinstance(item, wire.Submit)],
            kill=[item for item in items if isinstance(item, wire.Kill)],
            check=[item for item in items if isinstance(item, wire.CheckPath)],
            questions=[item for item in items if isinstance(item, Question)],
        )

    async def _claim(self, claim: wire.Claim) -> wire.Claimed:
        self._current(claim.generation)
        self.claims.append(claim.job)
        await self._notify()
        await self.claims_open.wait()
        if claim.job in self.cancelled:
            self.work.pop(f"submit/{claim.job}", None)
            return wire.Claimed(granted=False, reason="cancelled")
        return wire.Claimed(granted=True, reason=None)

    def _observe(self, body: Observations) -> Acknowledged:
        self._current(body.generation)
        if any(getattr(one, "job", None) == self.refuse_observations_of is not None for one in body.observations):
            raise Refused(422, "invalid")
        assert len(body.observations) <= 200
        for one in body.observations:
            self.seen.append(one)
            match one:
                case SubmissionSeen() if one.ended_at and one.doubt is None:
                    self.work.pop(f"submit/{one.job}", None)
                case KillSeen():
                    self.work.pop(f"kill/{one.job}", None)
                case PostSeen():
                    self.work.pop(f"verify/{one.job}", None)
                case CheckSeen():
                    self.work.pop(f"check/{one.definition}/{one.version}", None)
        jobs = {one.job for one in body.observations if not isinstance(one, CheckSeen)}
        return Acknowledged(n=body.observations[-1].n, unknown=sorted(jobs & self.deleted))
