"""Questions about tags, asked together: after an outage hundreds of scripts may be in doubt, and LSF is asked once."""

from collections.abc import Mapping, Sequence
from itertools import takewhile

from lsf_agent.gathered import Gathered
from lsf_agent.scheduler import Facts, Killed, KillRefused, Tagged
from lsf_agent.submission.reconcile import TaggedJobs

MOST = 1000
PACE = 2.0
"""Seconds between two questions, as long as there are any."""


class Lookout:
    """One for all reconciliations of an agent. A question that comes while another is asked waits for the next one."""

    def __init__(self, scheduler: TaggedJobs) -> None:
        self._scheduler = scheduler
        self._gathered = Gathered(self._ask, MOST, PACE)

    async def tagged(self, tags: str) -> Sequence[Tagged]:
        """As the scheduler's, later by up to two paces."""
        return await self._gathered.of(tags)

    async def _ask(self, patterns: Sequence[str]) -> Mapping[str, Sequence[Tagged]]:
        found = await self._scheduler.tagged(covering(patterns))
        return {pattern: matching(pattern, found) for pattern in patterns}

    async def once_tagged(self, tag: str) -> Sequence[str]:
        return await self._scheduler.once_tagged(tag)

    async def facts(self, lsf_id: str) -> Facts | None:
        return await self._scheduler.facts(lsf_id)

    async def kill(self, ids: Sequence[str], user: str) -> Mapping[str, Killed | KillRefused]:
        return await self._scheduler.kill(ids, user)


def covering(patterns: Sequence[str]) -> str:
    """One pattern for all that these find. Job ids are ordered by time: it is as narrow as the time of the trouble."""
    if len(patterns) == 1:
        return patterns[0]
    stems = [pattern.removesuffix("*") for pattern in patterns]
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(min(stems), max(stems), strict=False))
    return "".join(letter for letter, _ in alike) + "*"


def matching(pattern: str, found: Sequence[Tagged]) -> list[Tagged]:
    """Those that `pattern` alone would have found."""
    if pattern.endswith("*"):
        return [job for job in found if job.tag.startswith(pattern.removesuffix("*"))]
    return [job for job in found if job.tag == pattern]
