"""Two agents at one location: one works, the other takes over when it is killed, and nothing is submitted twice."""

import signal
import time
from datetime import UTC, datetime
from functools import partial

from lsf_agent.submission.entry import Entry
from realtime.protocol.agent import Followed, Unsettled

from .conftest import AgentProcess, me, until
from .farm import Farm
from .manager import Manager


def a_spare(agent: AgentProcess) -> AgentProcess:
    """Over the same spool."""
    spare = AgentProcess(agent.folder, agent.farm, agent.manager)
    spare.log = agent.folder / "spare.log"
    return spare


def more_jobs_than(farm: Farm, number: int) -> bool:
    return len(farm.jobs()) > number


async def stands_by(spare: AgentProcess) -> None:
    spare.start()
    await until(lambda: "standing by" in spare.log.read_text())


async def test_a_spare_of_the_same_spool_stands_by_and_can_be_ended(agent: AgentProcess, manager: Manager) -> None:
    agent.start()
    await manager.until(lambda: manager.requests)
    spare = a_spare(agent)
    await stands_by(spare)
    assert len(manager.leases) == 1
    assert await spare.end() == 0
    assert spare.log.read_text().count("standing by") == 1


async def test_a_spare_takes_over_at_once_what_a_killed_agent_leaves(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    gate = agent.folder / "gate"
    agent.start()
    spare = a_spare(agent)
    under_way = [await agent.submit(f"while [ ! -e {gate} ]; do sleep 0.02; done; bsub true\n") for _ in range(3)]
    followed = await agent.submit("bsub true\n")
    await manager.until(lambda: "RUN" in manager.statuses(followed))
    await until(lambda: all(Entry(agent.spool / job).script() for job in under_way))
    await stands_by(spare)
    manager.seen.clear()
    agent.kill()
    began = time.monotonic()
    await manager.until(lambda: len(manager.leases) == 2, 15)
    assert time.monotonic() - began < 15
    gate.touch()
    await manager.until(lambda: all("RUN" in manager.statuses(job) for job in [*under_way, followed]), 20)
    assert len(farm.calls("bsub")) == len(farm.jobs()) == 4
    assert {request.agent for request in manager.leases} == {manager.leases[0].agent}
    spare.kill()


async def test_agents_of_one_spool_killed_again_and_again_submit_everything_once(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    agents = [agent, a_spare(agent)]
    for one in agents:
        one.start()
    jobs = []
    for turn in range(4):
        jobs += [await agent.submit("sleep 0.2; bsub true; sleep 0.2\n") for _ in range(4)]
        await until(partial(more_jobs_than, farm, 3 * turn), 20)
        working = next(one for one in agents if "standing by" not in one.log.read_text().rpartition("serving")[2])
        working.kill()
        working.log.write_text("")
        working.start()
    await manager.until(lambda: all(manager.ids_of(job) and manager.end_of(job) for job in jobs), 30)
    assert len(farm.jobs()) == len(jobs)
    assert sorted(facts["tag"] for facts in farm.jobs().values()) == sorted(jobs)
    agents[1].kill()


async def test_a_spare_with_a_spool_of_its_own_gets_the_lease_when_the_first_is_silent(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    manager.silent_after = 3.0
    manager.hold = 0.5
    farm.faults(bsub={"unsaid": True, "then_hang": True, "times": 1})
    agent.start()
    hanging = await agent.submit("bsub true\n")
    await until(farm.jobs)
    told = await agent.submit("bsub true\n")
    await manager.until(lambda: "RUN" in manager.statuses(told))
    (agent.folder / "second").mkdir()
    spare = AgentProcess(agent.folder / "second", farm, manager)
    spare.start()
    await until(lambda: "lease_held" in spare.log.read_text())
    assert len(manager.leases) == 1
    agent.kill()
    manager.seen.clear()
    manager.work.clear()
    manager.follow = [Followed(job=told, user=me(), lsf_ids=["102"])]
    manager.unsettled = [Unsettled(job=hanging, user=me(), requested_at=datetime.now(UTC))]
    await manager.until(lambda: len(manager.leases) == 2, 15)
    assert manager.leases[1].agent != manager.leases[0].agent
    await manager.until(lambda: manager.ids_of(hanging) == ["101"] and manager.doubt_of(hanging) is None)
    await manager.until(lambda: "RUN" in manager.statuses(hanging) and "RUN" in manager.statuses(told))
    assert len(farm.jobs()) == 2
    spare.kill()


async def test_an_agent_that_slept_past_its_lease_submits_nothing_twice(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    manager.silent_after = 2.0
    manager.hold = 0.5
    gate = agent.folder / "gate"
    agent.start()
    job = await agent.submit(f"while [ ! -e {gate} ]; do sleep 0.02; done; bsub true\n")
    await until(lambda: (agent.spool / job).exists() and Entry(agent.spool / job).script())
    assert agent.process is not None
    agent.process.send_signal(signal.SIGSTOP)
    manager.work.clear()
    manager.unsettled = [Unsettled(job=job, user=me(), requested_at=datetime.now(UTC))]
    (agent.folder / "second").mkdir()
    spare = AgentProcess(agent.folder / "second", farm, manager)
    spare.start()
    await manager.until(lambda: manager.doubt_of(job), 15)
    gate.touch()
    agent.process.send_signal(signal.SIGCONT)
    await until(farm.jobs)
    await manager.until(lambda: manager.ids_of(job) == ["101"] and manager.doubt_of(job) is None, 30)
    assert len(farm.jobs()) == len(farm.calls("bsub")) == 1
    spare.kill()
