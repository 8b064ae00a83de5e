"""Many scripts in doubt are one question to LSF."""

import asyncio
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsf_agent.scheduler import Facts, Killed, KillRefused, SilentError, Tagged
from lsf_agent.submission.lookout import Lookout, covering, matching
from realtime.domain.status import Status

JOBS = [f"6921c2d1a0b1c2d3e4f5061{digit}" for digit in "789"]


class Asked:
    """Knows one job of each script; or is silent."""

    def __init__(self, silent: bool = False) -> None:
        self.patterns: list[str] = []
        self._silent = silent

    async def tagged(self, tags: str) -> Sequence[Tagged]:
        self.patterns.append(tags)
        await asyncio.sleep(0)
        if self._silent:
            raise SilentError("bjobs: no answer after 30 s")
        jobs = [Tagged(tag=f"bb.main.{job}.1", lsf_id=str(n), status=Status.RUN) for n, job in enumerate(JOBS, 1)]
        return [job for job in jobs if fnmatchcase(job.tag, tags)]

    async def once_tagged(self, tag: str) -> Sequence[str]:
        return [tag]

    async def facts(self, lsf_id: str) -> Facts | None:
        return None

    async def kill(self, ids: Sequence[str], user: str) -> Mapping[str, Killed | KillRefused]:
        return dict.fromkeys(ids, Killed.GONE)


async def test_those_who_wait_are_answered_by_one_question() -> None:
    scheduler = Asked()
    lookout = Lookout(scheduler)
    found = await asyncio.gather(*(lookout.tagged(f"bb.main.{job}.*") for job in JOBS), lookout.tagged("bb.main.x.*"))
    assert [[job.lsf_id for job in jobs] for jobs in found] == [["1"], ["2"], ["3"], []]
    assert scheduler.patterns == ["bb.main.*"]


async def test_silence_is_told_to_all_and_the_next_question_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsf_agent.submission.lookout.PACE", 0.01)
    scheduler = Asked(silent=True)
    lookout = Lookout(scheduler)
    for _ in range(2):
        answers = await asyncio.gather(*(lookout.tagged(f"bb.main.{job}.*") for job in JOBS), return_exceptions=True)
        assert [type(answer) for answer in answers] == [SilentError] * 3
    assert scheduler.patterns == ["bb.main.6921c2d1a0b1c2d3e4f5061*"] * 2


async def test_who_no_longer_waits_does_not_end_the_question_of_the_others() -> None:
    lookout = Lookout(Asked())
    leaving = asyncio.create_task(lookout.tagged(f"bb.main.{JOBS[0]}.*"))
    staying = asyncio.create_task(lookout.tagged(f"bb.main.{JOBS[1]}.*"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert [job.lsf_id for job in await staying] == ["2"]


names = st.text("ab.1", min_size=1, max_size=6)


@given(st.lists(names.map(lambda name: f"bb.{name}*") | names.map(lambda name: f"bb.{name}"), min_size=1), names)
def test_the_covering_pattern_finds_all_that_the_single_ones_find(patterns: list[str], name: str) -> None:
    job = Tagged(tag=f"bb.{name}", lsf_id="1", status=Status.RUN)
    for pattern in patterns:
        alone = fnmatchcase(job.tag, pattern)
        together = [job] if fnmatchcase(job.tag, covering(patterns)) else []
        assert matching(pattern, together) == ([job] if alone else [])
