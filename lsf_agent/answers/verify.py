"""Whether what a script, or a person, says of a job can be believed: asked of LSF and of the file system."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from lsf_agent.answers.logs import Asked, Pieces, SilentPlaceError
from lsf_agent.answers.posted import PostedLogs
from lsf_agent.backoff import Backoff
from lsf_agent.hands import Hands
from lsf_agent.scheduler import Facts, Scheduler, SilentError
from realtime.protocol.agent import Verify
from realtime.protocol.observations import PostSeen

log = logging.getLogger(__name__)

CLOCKS_DIFFER = timedelta(seconds=60)
"""By so much the clocks of manager and LSF may differ."""
MINUTE = timedelta(seconds=60)
NOT_FOUND_GRACE = 60.0
"""Seconds that LSF may take until it knows a job that it has just accepted."""
FIRST_BYTE = Asked(offset=0, limit=1, ended=False)


class Verifier:
    """`grace`: seconds in which `not found` is no verdict."""

    def __init__(self, scheduler: Scheduler, hands: Hands, posted: PostedLogs, grace: float = NOT_FOUND_GRACE) -> None:
        self._scheduler = scheduler
        self._hands = hands
        self._posted = posted
        self._grace = grace

    async def verify(self, item: Verify) -> Callable[[int], PostSeen]:
        """The verdict, to be numbered. While LSF or a file system is silent there is none, and it is asked again."""
        lsf_problem = await self._lsf_problem(item) if item.lsf_id is not None else None
        ids = [*item.lsf_ids, *([item.lsf_id] if item.lsf_id is not None and lsf_problem is None else [])]
        log_problem = await self._log_problem(item, item.log_file, ids) if item.log_file is not None else None
        for named, problem in ((item.lsf_id, lsf_problem), (item.log_file, log_problem)):
            if named is not None:
                log.info("job %s: said to be %s: %s", item.job, named, f"refused: {problem}" if problem else "believed")
        return lambda n: PostSeen(
            n=n,
            at=datetime.now(UTC),
            job=item.job,
            lsf_id=item.lsf_id,
            lsf_problem=lsf_problem,
            log_file=item.log_file,
            log_problem=log_problem,
        )

    async def _lsf_problem(self, item: Verify) -> str | None:
        assert item.lsf_id is not None
        if not item.lsf_id.isascii() or not item.lsf_id.isdecimal() or item.lsf_id.startswith("0"):
            return "not an LSF ID"
        if refusal := self._hands.refusal(item.user):
            return refusal
        pause = Backoff(1.0, 60.0)
        clock = asyncio.get_running_loop().time
        first_answered: float | None = None
        while True:
            try:
                facts = await self._scheduler.facts(item.lsf_id)
            except (SilentError, TimeoutError) as silence:
                log.info("job %s: LSF %s is not verified yet: %s", item.job, item.lsf_id, silence)
            else:
                if facts is not None:
                    return disbelief(facts, self._hands.account(item.user), item.requested_at)
                first_answered = clock() if first_answered is None else first_answered
                if clock() - first_answered >= self._grace:
                    return "LSF knows no such job"
            await pause.wait()

    async def _log_problem(self, item: Verify, path: str, ids: list[str]) -> str | None:
        """None also for a file that is not there yet: it is looked at again each time it is read."""
        pause = Backoff(1.0, 60.0)
        reading = Pieces(hands=self._hands, user=item.user, asked=FIRST_BYTE)
        while True:
            try:
                await self._posted.read(item.job, item.user, item.executable, path, ids, reading)
            except FileNotFoundError:
                return None
            except (SilentError, SilentPlaceError, TimeoutError) as silence:
                log.info("job %s: the posted log is not verified yet: %s", item.job, silence)
            except OSError as error:
                return error.strerror or str(error)
            else:
                return None
            await pause.wait()


def disbelief(facts: Facts, account: str, requested_at: datetime) -> str | None:
    """Why an LSF job cannot be one that was asked for at `requested_at` in the name of `account`, or None. LSF may tell
    the minute of a submission only."""
    if facts.user != account:
        return f"LSF says that it belongs to {facts.user}, not to {account}"
    if facts.submitted_at is None:
        return "LSF does not tell when it was submitted"
    latest = facts.submitted_at + (MINUTE if facts.submitted_at.second == 0 else timedelta())
    if latest + CLOCKS_DIFFER < requested_at:
        return f"it was submitted before it was asked for, {facts.submitted_at:%Y-%m-%d %H:%M:%S} UTC"
    return None
