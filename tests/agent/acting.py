"""Hands of the agent for tests, and what they are asked."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lsf_agent.hands import Hands
from lsf_agent.scheduler import (
    Detail,
    Details,
    Facts,
    Killed,
    KillRefused,
    Look,
    Past,
    Peek,
    Record,
    SilentError,
    State,
    Tagged,
    Version,
)
from realtime.protocol.rows import Queue
from realtime.settings import Settings, read


def hands_for(kind: type[Hands] = Hands, /, **settings: str) -> Hands:
    """As an agent with these settings has them."""
    return kind(settings_for(**settings), os.environ)


def settings_for(**settings: str) -> Settings:
    """Those of an agent, and what is set."""
    environ = {f"BATCHBOARD_{name}": value for name, value in settings.items()}
    return read({"BATCHBOARD_DATA_DIR": "/nowhere", **environ})


async def over(hands: Hands) -> None:
    """Returns when no child of theirs is left."""
    if hands.children:
        await asyncio.wait(set(hands.children), timeout=10)
    await asyncio.sleep(0.05)  # for the loop to close the pipes


@dataclass
class Oracle:
    """A batch system that knows what the test says. `silence`: how many answers are missing first."""

    facts_of: dict[str, Facts] = field(default_factory=dict)
    details_told: Details = field(default_factory=lambda: Details(text="Job <7>"))
    log_file: str | None = None
    peeked: bytes | None = None
    silence: int = 0
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)

    def _note(self, *question: Any) -> None:
        self.asked.append(question)
        self.was_asked.set()
        if self.silence:
            self.silence -= 1
            raise SilentError("bjobs did not answer within 30 s")

    @property
    def state(self) -> State:
        return State()

    async def version(self) -> Version | None:
        return None

    async def look(self, ids: Sequence[str]) -> Look:
        return Look()

    async def tagged(self, tags: str) -> Sequence[Tagged]:
        return ()

    async def once_tagged(self, tag: str) -> Sequence[str]:
        return ()

    async def facts(self, lsf_id: str) -> Facts | None:
        self._note("facts", lsf_id)
        return self.facts_of.get(lsf_id)

    async def kill(self, ids: Sequence[str], user: str, force: bool = False) -> Mapping[str, Killed | KillRefused]:
        return {}

    async def history(self, lsf_id: str) -> Record | Past:
        return Past.UNKNOWN

    async def detail(self, lsf_id: str) -> Detail | None:
        self._note("detail", lsf_id)
        return Detail(log_file=self.log_file)

    async def details(self, ids: Sequence[str], limit: float) -> Details:
        self._note("details", *ids)
        return self.details_told

    async def queues(self) -> list[Queue]:
        self._note("queues")
        return []

    async def peek(self, lsf_id: str, user: str, limit: float) -> Peek:
        self._note("peek", lsf_id, user)
        return Peek(text=self.peeked)


def facts(user: str, submitted_at: datetime | None, folder: str | None = None) -> Facts:
    return Facts(user=user, submitted_at=submitted_at, folder=folder)
