"""Lines of a job's output that somebody looks for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lsf_agent.answers.logs import asked_of_file
from lsf_agent.hands import Hands
from lsf_agent.runner.finding import Sought, look
from realtime.protocol.questions import Found, FoundLine

LIMIT = 4.0
"""Seconds; of them two are for looking."""
MOST = 50


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is looked for, wherever the output is. See `reading.Reading`."""

    hands: Hands
    user: str
    sought: Sought

    async def of_file(self, path: str, below: Sequence[str] | None) -> Found:
        request = {"do": "find", "path": path, "below": below, "sought": list(self.sought)}
        return _found(await asked_of_file(self.hands, self.user, request, LIMIT), "file")

    async def of_memory(self, content: bytes, source: str, path: str | None) -> Found:
        found = await asyncio.to_thread(
            look, lambda at, length: content[at : at + length], len(content), self.sought, LIMIT / 4
        )
        return _found(found, source)

    def nothing(self, path: str | None) -> Found:
        return Found(items=[], count=0, start=0, to=0, size=0, source="none", complete=True)


def _found(told: dict[str, Any], source: str) -> Found:
    return Found(
        items=[FoundLine(at=at, line=line) for at, line in told["items"]],
        count=told["count"],
        start=told["from"],
        to=told["to"],
        size=told["size"],
        source=source,
        complete=told["complete"],
    )
