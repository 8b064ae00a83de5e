"""The loop that looks: few commands, nobody starved, patient with an LSF that is away, and back by itself."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise

import pytest

from lsf_agent.following import follower as module
from lsf_agent.following.beside import Beside
from lsf_agent.following.follower import Follower
from lsf_agent.following.tracker import Tracker
from lsf_agent.lsf.adapter import Lsf
from lsf_agent.lsf.commands import Commands
from lsf_agent.outbox import Outbox
from lsf_agent.scheduler import SilentError

from .conftest import until
from .farm import Farm

SILENT = {"code": 255, "stderr": "Failed in an LSF library call: Communication time out\n"}


class Following:
    """A follower over the farm; what it tells stays in the outbox."""

    def __init__(self, farm: Farm, interval: float) -> None:
        self.farm = farm
        self.lsf = Lsf(Commands({"PATH": f"{farm.bin}:{os.environ['PATH']}"}))
        self.tracker = Tracker()
        self.outbox = Outbox("default")
        self.follower = Follower(
            self.lsf, self.tracker, self.outbox, interval, lambda _j, _i, path: path, lambda _: None
        )

    def statuses(self) -> dict[str, str]:
        """LSF id -> status told last."""
        return {change.lsf_id: change.record.status.value for change in self.tracker.everything()}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.follower.run())
        try:
            yield
        finally:
            await until(lambda: not self.lsf_busy())
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def lsf_busy(self) -> bool:
        """A command is under way; it is let end, as nothing else would close its pipes before the loop's end."""
        calls = sum(count.calls for count in self.lsf.state.commands.values())
        path = self.farm.root / "calls"
        return path.exists() and len(path.read_text().splitlines()) > calls


async def test_without_jobs_lsf_is_asked_whether_and_how_it_answers(farm: Farm) -> None:
    following = Following(farm, 10.0)
    async with following.running():
        await until(lambda: following.lsf.state.format == "json")
    assert [call[-1] for call in farm.calls("bjobs")] == ["1"]
    assert not following.tracker.everything()


async def test_many_jobs_are_few_commands(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 10)
    for number in range(1, 96):
        farm.job(str(number))
    following = Following(farm, 1000.0)
    for number in range(1, 96):
        following.follower.follow(f"{number:024x}", str(number))
    async with following.running():
        await until(lambda: len(following.statuses()) >= 50)
    assert [len(call) - 5 for call in farm.calls("bjobs")][:5] == [10] * 5
    assert len(following.statuses()) <= 60, "what is left comes with the next interval"


async def test_a_part_that_always_fails_starves_no_other(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 2)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.1)
    (farm.bin / "bjobs").write_text(
        f"#!{sys.executable} -IS\n"
        "import json, sys\n"
        "ids = [word for word in sys.argv if word.isdigit()]\n"
        "if '3' in ids: sys.exit('Failed in an LSF library call: Communication time out')\n"
        "print(json.dumps({'RECORDS': [{'JOBID': job, 'STAT': 'RUN'} for job in ids]}))\n"
    )
    following = Following(farm, 0.05)
    for number in range(1, 10):
        following.follower.follow(f"{number:024x}", str(number))
    async with following.running():
        await until(lambda: len(following.statuses()) >= 7)
    assert "3" not in following.statuses()


def calls_reach(farm: Farm, count: int) -> bool:
    return len(farm.calls("bjobs")) >= count


async def test_an_lsf_that_is_away_is_asked_less_and_less_often(farm: Farm) -> None:
    farm.job("7")
    following = Following(farm, 0.1)
    following.follower.follow("a" * 24, "7")
    farm.faults(bjobs=SILENT)
    loop, times = asyncio.get_running_loop(), list[float]()
    async with following.running():
        for count in range(1, 5):
            await until(partial(calls_reach, farm, count))
            times.append(loop.time())
            for _ in range(20):
                following.follower.look_early(["a" * 24])
        farm.faults()
        await until(lambda: following.statuses() == {"7": "RUN"})
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps[2] > gaps[0] * 1.2
    assert following.lsf.state.silent_since is None


async def test_what_lsf_has_just_answered_about_is_looked_at_soon(farm: Farm) -> None:
    farm.job("7")
    farm.job("8")
    following = Following(farm, 1000.0)
    for lsf_id in ("7", "8"):
        following.follower.follow(lsf_id * 24, lsf_id)
    async with following.running():
        await until(lambda: len(following.statuses()) == 2)
        farm.job("8", status="SSUSP")
        following.follower.hurry(["8"])
        await until(lambda: following.statuses()["8"] == "SSUSP")


async def test_a_job_that_nobody_wants_any_more_is_not_asked_for(farm: Farm) -> None:
    farm.job("7")
    farm.job("8")
    following = Following(farm, 0.1)
    for lsf_id in ("7", "8"):
        following.follower.follow(lsf_id * 24, lsf_id)
    async with following.running():
        await until(lambda: len(following.statuses()) == 2)
        following.tracker.forget("7" * 24)
        asked = len(farm.calls("bjobs"))
        await until(lambda: len(farm.calls("bjobs")) >= asked + 3)
        assert farm.calls("bjobs")[-1][-1:] == ["8"] and "7" not in farm.calls("bjobs")[-1]


async def test_ends_that_the_list_does_not_tell_are_asked_for_together(farm: Farm) -> None:
    farm.faults(bjobs={"formats": ["wide"]})
    for number in range(1, 31):
        farm.job(str(number), status="EXIT", exit_code=7)
    following = Following(farm, 0.2)
    for number in range(1, 31):
        following.follower.follow(f"{number:024x}", str(number))
    async with following.running():
        await until(lambda: all(one.record.exit_code == 7 for one in following.tracker.everything()))
    described = [call for call in farm.calls("bjobs") if "-UF" in call]
    assert len(described) <= 2


async def test_slow_questions_wait_once_each_and_a_fault_costs_nothing_else() -> None:
    asked: list[str] = []
    gate = asyncio.Event()

    async def ask(lsf_id: str) -> None:
        asked.append(lsf_id)
        await gate.wait()
        if lsf_id == "2":
            raise SilentError("no answer")

    beside = Beside(ask, 2, 0.0)
    task = asyncio.create_task(beside.run())
    beside.add(["1", "2", "3"])
    beside.add(["3", "2"])
    await until(lambda: len(asked) == 2)
    beside.add(["4"])
    assert asked == ["1", "2"]
    gate.set()
    await until(lambda: len(asked) == 4)
    assert asked == ["1", "2", "3", "4"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_an_observation_tells_the_whole_record(farm: Farm) -> None:
    row = {"QUEUE": "q", "EXEC_HOST": "h", "OUTPUT_FILE": "/l/%J"}
    records = [row | {"JOBID": f"7[{at}]", "STAT": stat} for at, stat in enumerate(("RUN", "DONE"), 1)]
    farm.faults(bjobs={"code": 0, "stdout": json.dumps({"RECORDS": records})})
    following = Following(farm, 10.0)
    following.follower.follow("a" * 24, "7")
    async with following.running():
        await until(lambda: len(following.outbox))
    (change,) = following.tracker.everything()
    assert change.record.elements == {"RUN": 1, "DONE": 1}
    assert (change.record.queue, change.record.host, change.record.log_file) == ("q", "h", "/l/7")
    assert following.follower.look_seconds is not None
