"""How full the farm's queues are, asked once a minute and never in anybody's way."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from lsf_agent.backoff import jittered
from lsf_agent.items import guarded
from lsf_agent.scheduler import Scheduler, SilentError
from realtime.protocol.rows import Queue

log = logging.getLogger(__name__)

EVERY = 60.0
KEPT = timedelta(minutes=5)
"""For so long what was told last is told on; after that nobody knows."""


class Queues:
    """`known` and `at`: what was told last, and when; None before, and when no answer has come for long."""

    def __init__(self, scheduler: Scheduler, every: float = EVERY) -> None:
        self._scheduler = scheduler
        self._every = every
        self._told: Sequence[Queue] | None = None
        self._at: datetime | None = None
        self._silent = False

    @property
    def known(self) -> list[Queue] | None:
        return list(self._told) if self._told is not None and self.at is not None else None

    @property
    def at(self) -> datetime | None:
        return self._at if self._at is not None and datetime.now(UTC) - self._at < KEPT else None

    async def run(self) -> None:
        """For ever; a fault in one answer is logged and costs nothing else."""
        while True:
            await guarded("asking for the queues", self._ask())
            await asyncio.sleep(jittered(self._every))

    async def _ask(self) -> None:
        try:
            self._told = await self._scheduler.queues()
        except SilentError as silence:
            log.log(logging.DEBUG if self._silent else logging.INFO, "the queues are not told: %s", silence)
            self._silent = True
        else:
            self._at = datetime.now(UTC)
            self._silent = False
