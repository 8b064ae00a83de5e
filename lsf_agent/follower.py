"""Follows LSF jobs: one look for all of them, and what LSF's list does not tell asked for beside it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from lsf_agent.backoff import jittered
from lsf_agent.outbox import Outbox
from lsf_agent.scheduler import Scheduler, SilentError
from lsf_agent.tracker import Change, Tracker
from realtime.protocol.agent import LsfSeen

log = logging.getLogger(__name__)

SETTLING = 0.3
"""Seconds from a submission or a kill to the next look."""
LONGEST_PAUSE = 60.0
IDLE_PAUSE = 30.0
"""Seconds between two questions whether LSF is there while no job is followed."""


class Follower:
    """`start` runs a call beside the loop; `log_path` makes LSF's path absolute and keeps it; `settled` hears of jobs
    of which a change has been acknowledged."""

    def __init__(
        self,
        scheduler: Scheduler,
        tracker: Tracker,
        outbox: Outbox,
        interval: float,
        start: Callable[[Coroutine[Any, Any, None]], None],
        log_path: Callable[[str, str, str], str | None],
        settled: Callable[[str], None],
    ) -> None:
        self._scheduler = scheduler
        self._tracker = tracker
        self._outbox = outbox
        self._interval = interval
        self._start = start
        self._log_path = log_path
        self._settled = settled
        self._hurried = asyncio.Event()
        self._silent_looks = 0

    def follow(self, job: str, lsf_id: str) -> None:
        if self._tracker.follow(job, lsf_id, datetime.now(UTC)):
            self.hurry()

    def hurry(self) -> None:
        """The next look shall be soon."""
        self._hurried.set()

    def repeat(self) -> None:
        """Tells all that is known again."""
        self._tell(self._tracker.everything())

    async def run(self) -> None:
        while True:
            if self._tracker.busy:
                await self._look()
                self._ask_beside()
                pause = min(LONGEST_PAUSE, self._interval * 2**self._silent_looks)
            else:
                await self._scheduler.version()
                pause = IDLE_PAUSE
            await self._pause(jittered(pause))

    async def _look(self) -> None:
        ids = self._tracker.wanted()
        if not ids:
            return
        look = await self._scheduler.look(ids)
        if look.answered and self._silent_looks:
            log.info("LSF answers again")
        elif not look.answered and not self._silent_looks:
            log.warning("LSF does not answer: %s", look.problem)
        self._silent_looks = 0 if look.answered else min(self._silent_looks + 1, 10)
        self._tell(self._tracker.looked(look))

    def _ask_beside(self) -> None:
        for lsf_id in self._tracker.history_due(datetime.now(UTC)):
            self._start(self._ask_history(lsf_id))
        for lsf_id in self._tracker.detail_due():
            self._start(self._ask_detail(lsf_id))

    async def _ask_history(self, lsf_id: str) -> None:
        try:
            answer = await self._scheduler.history(lsf_id)
        except SilentError as silence:
            log.warning("LSF %s: no history: %s", lsf_id, silence)
            return
        self._tell(self._tracker.history(lsf_id, answer))

    async def _ask_detail(self, lsf_id: str) -> None:
        jobs = self._tracker.jobs_of(lsf_id)
        try:
            self._tell(self._tracker.detail(lsf_id, await self._scheduler.detail(lsf_id)))
        except SilentError as silence:
            log.info("LSF %s: no details: %s", lsf_id, silence)
            self._tracker.detail_failed(lsf_id)
        for job in jobs:
            self._settled(job)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._hurried.wait()
        except TimeoutError:
            return
        await asyncio.sleep(SETTLING)
        self._hurried.clear()

    def _tell(self, changes: Sequence[Change]) -> None:
        for change in changes:
            log.info("job %s: LSF %s: %s", change.job, change.lsf_id, change.record.status)
            self._outbox.add(self._observation(change), self._acknowledgement(change))

    def _observation(self, change: Change) -> Callable[[int], LsfSeen]:
        record = change.record
        log_file = self._log_path(change.job, change.lsf_id, record.log_file) if record.log_file else None
        return lambda n: LsfSeen(
            n=n,
            at=datetime.now(UTC),
            job=change.job,
            lsf_id=change.lsf_id,
            status=record.status.value,
            exit_code=record.exit_code,
            reason=record.reason,
            queue=record.queue,
            host=record.host,
            log_file=log_file,
        )

    def _acknowledgement(self, change: Change) -> Callable[[], None]:
        def acknowledged() -> None:
            self._tracker.settled(change)
            self._settled(change.job)

        return acknowledged
