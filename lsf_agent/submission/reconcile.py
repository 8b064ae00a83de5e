"""Asks LSF what became of a script's jobs when bsub did not tell, adopts what it finds and kills the doubles."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol

from lsf_agent.backoff import jittered
from lsf_agent.scheduler import Facts, Killed, KillRefused, SilentError, Tagged
from lsf_agent.submission import doubt
from lsf_agent.submission.calls import Call
from lsf_agent.submission.doubt import QUIET, Case, Finding, State
from lsf_agent.submission.entry import Resolution

log = logging.getLogger(__name__)

__all__ = ["Finding", "Reconciliation"]

FIRST, WHILE_ANSWERED, WHILE_SILENT = 2.0, 30.0, 120.0
"""Seconds between two looks: from the first on they double."""
HELD, HELD_LONG = 60.0, 300.0
"""Seconds between two looks for a script whose records are lost and of which LSF knows no job."""


class TaggedJobs(Protocol):
    """What is needed of a Scheduler."""

    async def tagged(self, tags: str) -> Sequence[Tagged]: ...

    async def once_tagged(self, tag: str) -> Sequence[str]: ...

    async def facts(self, lsf_id: str) -> Facts | None: ...

    async def kill(self, ids: Sequence[str], user: str) -> Mapping[str, Killed | KillRefused]: ...


class Reconciliation:
    """One job's script. `prefix`: its tags without their number; `calls` () when its records are lost; `told`: ids that
    bsub told. `keep` writes durably before anything is told or killed; it is repeated while it raises OSError.
    `user`: as whom doubles are killed; `owner`: the account whose jobs count, where LSF shows those of others.
    """

    def __init__(
        self,
        scheduler: TaggedJobs,
        prefix: str,
        user: str,
        calls: tuple[Call, ...],
        told: tuple[str, ...],
        kept: Resolution,
        keep: Callable[[Resolution], None],
        tell: Callable[[Finding], None],
        *,
        owner: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep,
    ) -> None:
        self._scheduler = scheduler
        self._user = user
        self._case = Case(prefix=prefix, calls=calls, told=frozenset(told), owner=owner)
        self._state = State(kept=kept)
        self._keep = keep
        self._tell = tell
        self._clock = clock
        self._sleep = sleep
        self._told: Finding | None = None
        self._forsaken = asyncio.Event()
        self._tries = 0

    def forsake(self) -> None:
        """The job is being killed: whatever is found is killed."""
        self._forsaken.set()

    async def run(self) -> None:
        """Returns when nothing is in doubt any more, or it was given up, and every surplus job has ended."""
        while True:
            await self._settle(self._present())
            if doubt.over(self._case, self._state):
                return
            if not doubt.looking(self._case, self._state):
                await self._forsaken.wait()  # only a person can end this doubt
                continue
            await self._look()
            if not doubt.over(self._case, self._state):
                await self._wait()

    def _present(self) -> State:
        """A kill that came while LSF was asked counts at once: nothing is adopted any more."""
        return doubt.forsaken(self._state) if self._forsaken.is_set() else self._state

    async def _look(self) -> None:
        was_silent = self._state.silent
        try:
            found = await self._scheduler.tagged(f"{self._case.prefix}.*")
            await self._settle(doubt.looked(self._case, self._present(), found, self._clock()))
            for tag in doubt.to_search(self._case, self._state):
                ids = [lsf_id for lsf_id in await self._scheduler.once_tagged(tag) if await self._is_own(lsf_id)]
                await self._settle(doubt.searched(self._case, self._present(), tag, ids))
        except SilentError:
            await self._settle(doubt.unanswered(self._state))
        else:
            await self._kill()
        if self._state.silent is not was_silent:
            self._tries = 0

    async def _is_own(self, lsf_id: str) -> bool:
        """The history does not tell whose a job is."""
        if self._case.owner is None:
            return True
        facts = await self._scheduler.facts(lsf_id)
        return facts is not None and facts.user == self._case.owner

    async def _kill(self) -> None:
        """What is not killed now, or does not end, is killed again after the next look."""
        ids = doubt.to_kill(self._state)
        if not ids:
            return
        log.warning("%s: surplus jobs of one bsub: bkill %s", self._case.prefix, " ".join(ids))
        for lsf_id, answer in (await self._scheduler.kill(ids, self._user)).items():
            if isinstance(answer, KillRefused):
                log.error("%s: surplus job %s is not killed: %s", self._case.prefix, lsf_id, answer.reason)

    async def _settle(self, state: State) -> None:
        """Durable first, then told."""
        if state.kept != self._state.kept:
            await self._insist(state.kept)
            adopted = set(state.kept.adopted.values()) - set(self._state.kept.adopted.values())
            if adopted:
                log.warning("%s: found in LSF and adopted: %s", self._case.prefix, " ".join(sorted(adopted, key=int)))
        self._state = state
        found = doubt.finding(self._case, state)
        if found != self._told:
            self._told = found
            self._tell(found)

    async def _insist(self, kept: Resolution) -> None:
        pause = 0.0
        while True:
            try:
                return self._keep(kept)
            except OSError as error:
                if not pause:
                    log.error("%s: what LSF has cannot be written down: %s", self._case.prefix, error)
            pause = min(2 * pause or 0.5, 30.0)
            await self._sleep(jittered(pause))

    async def _wait(self) -> None:
        """Until the next look is due, or at once when the job is being killed."""
        awake: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._sleep(jittered(self._pause())))]
        if not self._state.kept.forsaken:
            awake.append(asyncio.ensure_future(self._forsaken.wait()))
        try:
            await asyncio.wait(awake, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in awake:
                one.cancel()

    def _pause(self) -> float:
        self._tries += 1
        doubled = FIRST * 2.0 ** min(self._tries - 1, 10)
        if self._state.silent:
            return min(doubled, WHILE_SILENT)
        since = self._clock() - self._state.first_look
        if since < QUIET:
            return min(doubled, WHILE_ANSWERED, max(QUIET - since, 0.5))
        if self._case.lost and not self._state.kept.adopted:
            return min(HELD * max(1, self._tries - 5), HELD_LONG)
        return min(doubled, HELD)
