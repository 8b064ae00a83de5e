"""A batch system under test: its commands, and how long it may take."""

import asyncio
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lsf_agent.lsf.adapter import Lsf
from lsf_agent.lsf.bsub import ids_in
from lsf_agent.scheduler import Record
from realtime.domain.status import Status

UNKNOWN = "99999997"
"""An id that no job has."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """`within`: seconds in which a job gets where it should; `every`: between two looks at it."""

    kind: str
    lsf: Lsf
    user: str
    environment: Mapping[str, str]
    folder: Path
    queue: str | None
    within: float
    every: float
    made: list[str] = field(default_factory=list)

    @property
    def tells_reasons(self) -> bool:
        """Whether it says why a job was ended; the descendants of LSF do not."""
        return self.kind not in ("open", "wide")

    async def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Runs a command as the user's script would."""
        return await asyncio.to_thread(
            subprocess.run,
            words,
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=self.within,
            check=False,
        )

    async def bsub(self, *words: str, output: str = "/dev/null") -> str:
        """The id of a new job."""
        queue = () if self.queue is None else ("-q", self.queue)
        told = await self.command("bsub", *queue, "-o", output, *words)
        (lsf_id,) = ids_in(f"{told.stdout}\n{told.stderr}\n")
        self.made.append(lsf_id)
        return lsf_id

    async def until(self, lsf_id: str, *wanted: Status) -> Record:
        """What is told of a job as soon as it is in one of these states."""
        deadline = time.monotonic() + self.within
        while True:
            look = await self.lsf.look([lsf_id])
            record = look.records.get(lsf_id)
            if record is not None and record.status in wanted:
                return record
            assert time.monotonic() < deadline, look
            await asyncio.sleep(self.every)

    async def end(self, lsf_id: str) -> tuple[Status, int | None, str | None]:
        """State, exit code and reason of a job that ends; from its long description where the list has none."""
        record = await self.until(lsf_id, Status.DONE, Status.EXIT)
        if record.exit_code is None and (detail := await self.lsf.detail(lsf_id)):
            return record.status, detail.exit_code, detail.reason
        return record.status, record.exit_code, record.reason

    async def close(self) -> None:
        """Ends what a test has left."""
        if self.made:
            await self.command("bkill", "-s", "KILL", *self.made)
