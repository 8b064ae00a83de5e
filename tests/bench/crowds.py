"""A crowd of subscribers in a process of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import msgspec

from tests.bench.contenders import ROW, Contender
from tests.bench.crowd import Noted, Plan


class Watching:
    """A crowd of which all are ready."""

    def __init__(self, stdout: asyncio.StreamReader, connected_s: float) -> None:
        self._stdout = stdout
        self.connected_s = connected_s
        """seconds from the first connection until all were ready"""

    async def noted(self) -> Noted:
        """What they noted, as soon as all have everything, or nothing more comes."""
        line = await self._stdout.readline()
        if not line:
            raise RuntimeError("the crowd has ended")
        return msgspec.json.decode(line, type=Noted)


@asynccontextmanager
async def crowd(
    contender: Contender, count: int, note: Literal["times", "rows", "frames"], expected: int, mark: str = ROW
) -> AsyncIterator[Watching]:
    """So many subscribers, connected until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.crowd"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**30,
    )
    assert process.stdin and process.stdout
    plan = Plan(
        port=contender.port,
        count=count,
        steps=contender.steps,
        note=note,
        mark=mark,
        expected=expected,
        websocket=contender.websocket,
    )
    process.stdin.write(msgspec.json.encode(plan) + b"\n")
    try:
        line = await process.stdout.readline()
        if not line:
            raise RuntimeError("the crowd cannot connect")
        yield Watching(process.stdout, msgspec.json.decode(line, type=dict[str, float])["connected_s"])
    finally:
        process.stdin.close()
        await process.wait()
