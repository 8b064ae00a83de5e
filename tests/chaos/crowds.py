"""The processes full of subscribers, as they are seen from outside: started, killed, stopped, asked."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.chaos.crowd import Orders

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """How many subscribers hold what the store has, how many are further than it was, what is wrong with others."""

    equal: int
    ahead: int
    wrong: list[str]


@dataclass
class Told:
    """What all crowds have told."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


class CrowdProcess:
    """One of them; started again by `restart`."""

    def __init__(self, orders: Orders, tokens: dict[str, str], told: Told) -> None:
        self._orders = orders
        self._environ = {**os.environ, **tokens}
        self._told = told
        self._lives = 0
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._compared: asyncio.Queue[Compared] = asyncio.Queue()

    async def start(self) -> None:
        """Run it."""
        self._lives += 1
        orders = replace(self._orders, seed=f"{self._orders.seed}/{self._lives}")
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.crowd", orders.written()),
            env=self._environ,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=16 * 1024 * 1024,
        )
        self._reading = asyncio.create_task(self._read(self._process))

    def signal(self, number: signal.Signals) -> None:
        """To the process."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def end(self) -> None:
        """Kill it."""
        self.signal(signal.SIGKILL)
        assert self._process is not None and self._reading is not None
        await self._process.wait()
        await self._reading

    def order(self, **order: Any) -> None:
        """Tell it something."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def compare(self, truth: Path, within: float) -> Compared:
        """How its subscribers stand to the truth, once they are as far."""
        self.order(do="compare", truth=str(truth), within=within)
        async with asyncio.timeout(within + 20):
            return await self._compared.get()

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            try:
                said = json.loads(line)
            except ValueError:
                continue  # the last words of a process that was killed
            self._told.counts.update(said.get("counts", {}))
            if "broken" in said:
                self._told.broken.append(said["broken"])
            if "compared" in said:
                self._compared.put_nowait(Compared(**said["compared"]))
