"""The farm's queues: read from what bqueues prints, told with the agent's state, and never in anybody's way."""

import asyncio
import os
from datetime import UTC, datetime

import pytest

from lsf_agent.lsf import queues
from lsf_agent.lsf.adapter import Lsf
from lsf_agent.lsf.commands import Commands
from lsf_agent.queues import KEPT, Queues
from lsf_agent.scheduler import SilentError
from realtime.protocol.rows import Queue

from .conftest import AgentProcess, until
from .farm import Farm
from .manager import Manager
from .recorded import golden

HEADING = "QUEUE_NAME      PRIO STATUS          MAX JL/U JL/P JL/H NJOBS  PEND   RUN  SUSP "
NEWER = """Cannot connect to LSF. Please wait ...
QUEUE_NAME                     PRIO STATUS          MAX JL/U JL/P JL/H NJOBS  PEND   RUN  SUSP  RSV PJOBS
a_queue_with_a_very_long_name   35  Open:Active       -    -    -    - 12345 12000   340     5    0   311
psanaq                          30  Closed:Inact    200   20    -    -     0     -     0     0    0     0
"""
PSANAQ = Queue(name="psanaq", status="Open:Active", pending=312, running=480, suspended=0)


def test_recorded_queues() -> None:
    found = queues.parse(golden("bqueues").stdout)
    assert found == [
        Queue(name=name, status="Open:Active", pending=0, running=0, suspended=0)
        for name in ("short", "adminq", "psanaq", "normal")
    ]


def test_newer_tables_have_more_columns() -> None:
    assert queues.parse(NEWER) == [
        Queue(name="a_queue_with_a_very_long_name", status="Open:Active", pending=12000, running=340, suspended=5),
        Queue(name="psanaq", status="Closed:Inact", pending=0, running=0, suspended=0),
    ]


@pytest.mark.parametrize("name", ["bqueues_l", "bqueues_unknown", "mbd_stopped_bjobs"])
def test_other_answers_are_no_queues(name: str) -> None:
    assert queues.parse(golden(name).stdout) is None


def test_lines_that_are_no_queues_are_passed_over() -> None:
    assert queues.parse(f"{HEADING}\n\nq 30 Open:Active - - - - x 1 2\nq 30 Open:Active - - - - 1 one 2 3\n") == []


def test_of_very_many_queues_the_busiest_are_told_in_lsfs_order() -> None:
    rows = [f"q{number} 30 Open:Active - - - - 0 {number} 0 0" for number in range(150)]
    found = queues.parse("\n".join([HEADING, *rows]))
    assert found is not None and [queue.pending for queue in found] == list(range(50, 150))


@pytest.fixture
def lsf(farm: Farm) -> Lsf:
    return Lsf(Commands({"PATH": f"{farm.bin}:{os.environ['PATH']}"}))


async def test_names_are_asked_for_uncut_where_lsf_can(lsf: Lsf, farm: Farm) -> None:
    assert await lsf.queues() == [PSANAQ]
    assert farm.calls("bqueues") == [["bqueues", "-w"]]
    (farm.bin / "bqueues").write_text(
        f'#!/bin/sh\n[ $# = 0 ] || {{ echo "bqueues: illegal option -- w" >&2; exit 255; }}\n'
        f"echo '{HEADING}'; echo 'q 30 Open:Active - - - - 1 1 0 0'\n"
    )
    assert [queue.name for queue in await lsf.queues()] == ["q"]


@pytest.mark.parametrize(
    "fault", [{"code": 0}, {"code": 255, "stderr": "Failed in an LSF library call: Communication time out\n"}]
)
async def test_no_table_is_no_answer(lsf: Lsf, farm: Farm, fault: dict[str, object]) -> None:
    farm.faults(bqueues=fault)
    with pytest.raises(SilentError):
        await lsf.queues()


async def test_what_was_told_last_is_known_for_a_while(lsf: Lsf, farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Queues(lsf, every=0.05)
    asking = asyncio.create_task(watch.run())
    try:
        await until(lambda: watch.known == [PSANAQ])
        farm.faults(bqueues={"code": 255})
        silent = len(farm.calls("bqueues"))
        await until(lambda: len(farm.calls("bqueues")) > silent + 2)
        assert watch.known == [PSANAQ] and watch.at is not None and datetime.now(UTC) - watch.at < KEPT
        monkeypatch.setattr("lsf_agent.queues.KEPT", KEPT * 0)
        assert watch.known is None and watch.at is None
        monkeypatch.undo()
        farm.faults()
        before = watch.at
        await until(lambda: watch.at != before)
    finally:
        asking.cancel()
        await asyncio.wait({asking})


async def test_the_manager_is_told_and_a_bqueues_that_hangs_holds_up_nothing(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    agent.start()
    await manager.until(lambda: manager.requests and manager.requests[-1].state.queues == [PSANAQ])
    assert manager.requests[-1].state.queues_at is not None
    assert await agent.end() == 0
    farm.faults(bqueues={"hang": True})
    agent.start()
    await until(lambda: len(farm.calls("bqueues")) == 2)
    job = await agent.submit("exec bsub true\n")
    await manager.until(lambda: manager.end_of(job))
    assert manager.requests[-1].state.queues is None
    assert await agent.end() == 0
