"""What the servers have answered: every write that must be in the store at the end."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from realtime.protocol.wire import decode, encode

AGAIN_AFTER = 0.3
TIMEOUT = 6.0
"""Seconds after which a writer gives up waiting; a held request for work takes up to 5 s."""


class Refused(Exception):
    """A server said no where it may not."""


@dataclass(kw_only=True)
class Ledger:
    """Acknowledged writes alone. What was answered by no 2xx may be in the store or not."""

    answers: Counter[str] = field(default_factory=Counter)
    """what was asked and the status of the answer -> how often"""
    runs: dict[int, set[str]] = field(default_factory=dict)
    """run -> its parameters; `ended` when its end was set, `comment` when it was commented on"""
    edits: int = 0
    """number in the newest parameters of the definition"""
    jobs: dict[str, int] = field(default_factory=dict)
    """job -> its run"""
    posts: dict[str, set[str]] = field(default_factory=dict)
    """job -> its counters"""
    words: dict[str, list[str]] = field(default_factory=dict)
    """job -> what LSF was said to say, in order"""
    killed: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)

    @property
    def writes(self) -> int:
        """How many were answered with success."""
        return sum(count for what, count in self.answers.items() if what.rsplit(" ", 1)[1].startswith("2"))


@dataclass(frozen=True)
class Answer:
    """A status and a JSON body."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300


class Desk:
    """Where a writer asks; counts what becomes of it."""

    def __init__(self, base: str, token: str, ledger: Ledger) -> None:
        self._client = httpx.AsyncClient(
            base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT, trust_env=False
        )
        self.ledger = ledger

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def ask(self, what: str, method: str, path: str, body: object = None, **headers: str) -> Answer | None:
        """One attempt; None when nobody knows what became of it (no answer, or 5xx)."""
        json = {"Content-Type": "application/json"} if body is not None else {}
        content = encode(body) if body is not None else None
        try:
            got = await self._client.request(method, path, content=content, headers={**json, **headers})
        except httpx.TransportError as error:
            kind = "refused" if isinstance(error, httpx.ConnectError) else "unanswered"
            self.ledger.answers[f"{what} {kind}"] += 1
            return None
        self.ledger.answers[f"{what} {got.status_code}"] += 1
        if got.status_code >= 500 or got.status_code == 429:
            if got.status_code == 500:
                raise Refused(f"{what}: {got.text}")
            return None
        return Answer(got.status_code, decode(got.content, Any) if got.content else None)

    async def settle(
        self, what: str, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[Answer, bool]:
        """Ask until there is an answer; True when it is the answer to the first attempt. For what may be repeated."""
        first = True
        while True:
            answer = await self.ask(what, method, path, body, **headers)
            if answer is not None:
                return answer, first
            first = False
            await asyncio.sleep(AGAIN_AFTER)
