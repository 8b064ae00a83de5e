"""Follows LSF jobs: few commands for all of them, and what LSF's list does not tell asked for beside it."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from lsf_agent.backoff import jittered
from lsf_agent.following.beside import Beside
from lsf_agent.following.rounds import Rounds
from lsf_agent.following.tracker import Change, Tracker
from lsf_agent.outbox import Outbox
from lsf_agent.scheduler import Scheduler, SilentError
from realtime.protocol.observations import LsfSeen

log = logging.getLogger(__name__)

CHUNK = 500
"""Ids in one command."""
CHUNKS_AT_ONCE = 5
"""Commands in one interval: 30 a minute with the default of 10 s. What is due beyond them waits for the next one."""
BESIDE_AT_ONCE = 50
SETTLING = 0.3
"""Seconds from a submission or a kill to the next look."""
HURRY = 0.2
MOST_HURRY = 2.0
"""Intervals between two hurried looks, of one command each; and seconds, if that is less."""
LONGEST_PAUSE = 60.0
"""Seconds between two looks at an LSF that does not answer."""
AGAIN = (6, 30)
"""Intervals after which a job that has ended is looked at again: LSF may requeue it, or know again what it had lost."""
IDLE_PAUSE = 30.0
"""Seconds between two questions whether LSF is there while no job is followed."""


class Follower:
    """`log_path` makes LSF's path absolute and keeps it; `settled` hears of jobs of which a change has been
    acknowledged. `look_seconds`: duration of the last look."""

    def __init__(
        self,
        scheduler: Scheduler,
        tracker: Tracker,
        outbox: Outbox,
        interval: float,
        log_path: Callable[[str, str, str], str | None],
        settled: Callable[[str], None],
    ) -> None:
        self.look_seconds: float | None = None
        self._scheduler = scheduler
        self._tracker = tracker
        self._outbox = outbox
        self._interval = interval
        self._log_path = log_path
        self._settled = settled
        self._rounds = Rounds(interval)
        self._histories = Beside(self._ask_history, BESIDE_AT_ONCE, interval * HURRY)
        self._details = Beside(self._ask_detail, BESIDE_AT_ONCE, interval * HURRY)
        self._looks_again: dict[tuple[str, str], int] = {}
        self._hurried = asyncio.Event()
        self._silent_looks = 0
        self._looked_at = self._all_looked_at = float("-inf")

    def follow(self, job: str, lsf_id: str, since: datetime | None = None) -> None:
        """From now on, and soon. `since`: when it was submitted, at the latest; now, when that is not known."""
        if self._tracker.follow(job, lsf_id, since or datetime.now(UTC)):
            self._rounds.add(lsf_id, time.monotonic())
            self._hurried.set()

    def look_early(self, jobs: Iterable[str]) -> None:
        """Something hints at news of these jobs. While LSF does not answer it is not asked more often for that."""
        ids = [lsf_id for job in jobs for lsf_id in self._tracker.ids_of(job)]
        for lsf_id in ids:
            self._rounds.hurry(lsf_id)
        if ids and not self._silent_looks:
            self._hurried.set()

    def hurry(self, ids: Iterable[str] = ()) -> None:
        """LSF has just taken something about these: the next look shall be soon."""
        for lsf_id in ids:
            self._rounds.hurry(lsf_id)
        self._hurried.set()

    def repeat(self) -> None:
        """Tells all that is known again."""
        for change in self._tracker.everything():
            self._report(change)

    async def run(self) -> None:
        """For ever. A slow question about one job holds up neither the looks nor, for long, the other questions."""
        async with asyncio.TaskGroup() as group:
            for loop in (self._look_on(), self._histories.run(), self._details.run()):
                group.create_task(loop)

    async def _look_on(self) -> None:
        while True:
            ids = self._next()
            if ids or not len(self._rounds):
                await self._look(ids)
            await self._pause()

    def _next(self) -> list[str]:
        """The ids to look at now. A hurried look between two intervals is one command."""
        now = time.monotonic()
        whole = now - self._all_looked_at >= self._interval * 0.9
        if whole:
            self._all_looked_at = now
        taken = self._rounds.take(now, CHUNK * (CHUNKS_AT_ONCE if whole else 1), CHUNK)
        live = [lsf_id for lsf_id in taken if self._tracker.live(lsf_id)]
        for lsf_id in set(taken).difference(live):
            self._rounds.drop(lsf_id)
        return live

    async def _look(self, ids: Sequence[str]) -> None:
        """In commands of CHUNK ids until one is not answered; what is left then is the longest due next time."""
        self._looked_at = time.monotonic()
        for at in range(0, max(1, len(ids)), CHUNK):
            began = time.monotonic()
            look = await self._scheduler.look(ids[at : at + CHUNK])
            self.look_seconds = time.monotonic() - began
            if look.answered and self._silent_looks:
                log.info("LSF answers again")
            elif not look.answered and not self._silent_looks:
                log.warning("LSF does not answer: %s", look.problem)
            self._silent_looks = 0 if look.answered else min(self._silent_looks + 1, 10)
            if not look.answered:
                self._put_back(ids[at : at + CHUNK], ids[at + CHUNK :])
                return
            self._tell(self._tracker.looked(look))
            self._histories.add(self._tracker.history_due(datetime.now(UTC)))
            self._details.add(self._tracker.detail_due())

    def _put_back(self, failed: Iterable[str], left: Iterable[str]) -> None:
        """Those that were not asked for come first next time, so that a part that always fails starves no other."""
        for lsf_id in failed:
            self._rounds.soon(lsf_id, time.monotonic())
        for lsf_id in left:
            self._rounds.hurry(lsf_id)

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

    async def _pause(self) -> None:
        """Until the next look, or until something hurries it. Hurried looks are gathered, and never many."""
        try:
            async with asyncio.timeout(jittered(self._pause_length())):
                await self._hurried.wait()
        except TimeoutError:
            return
        gap = self._interval if self._silent_looks else min(MOST_HURRY, self._interval * HURRY)
        await asyncio.sleep(max(SETTLING, self._looked_at + gap - time.monotonic()))
        self._hurried.clear()

    def _pause_length(self) -> float:
        if self._silent_looks:
            return min(LONGEST_PAUSE, self._interval * 2.0**self._silent_looks)
        return self._interval if len(self._rounds) else IDLE_PAUSE

    def _tell(self, changes: Sequence[Change]) -> None:
        now = time.monotonic()
        for change in changes:
            log.info("job %s: LSF %s: %s", change.job, change.lsf_id, change.record.status)
            if self._tracker.live(change.lsf_id):
                self._rounds.add(change.lsf_id, now)
            else:
                self._rounds.drop(change.lsf_id)
            self._report(change)

    def _report(self, change: Change) -> None:
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
            elements=dict(record.elements),
            max_memory=record.usage.max_memory,
            memory_limit=record.usage.memory_limit,
            run_limit=record.usage.run_limit,
            cpu_time=record.usage.cpu_time,
        )

    def _acknowledgement(self, change: Change) -> Callable[[], None]:
        def acknowledged() -> None:
            self._tracker.settled(change)
            self._settled(change.job)
            if not self._tracker.follows(change.job, change.lsf_id):
                self._look_again(change.job, change.lsf_id)

        return acknowledged

    def _look_again(self, job: str, lsf_id: str) -> None:
        looks = self._looks_again.pop((job, lsf_id), 0)
        if looks < len(AGAIN):
            self._looks_again[job, lsf_id] = looks + 1
            pause = AGAIN[looks] * self._interval
            asyncio.get_running_loop().call_later(pause, self.follow, job, lsf_id)
