"""A bsub that does not tell what it did: the job stays in doubt, is found by its tag, and is never submitted again."""

import itertools
from datetime import UTC, datetime

import pytest

from lsf_agent.submission.entry import Entry
from realtime.protocol.agent import Followed, Unsettled
from realtime.protocol.observations import LsfSeen

from .conftest import AgentProcess, a_kill, a_request, kill_by_id, me, new_job, processes_of, runners_of, until
from .farm import Farm
from .manager import Manager

LOST = {"lost": True, "times": 1}
UNSAID = {"unsaid": True, "then_hang": True, "times": 1}
OWN_NAME = "bsub -J mine true\n"


def never_told_as_failed(manager: Manager, job: str) -> bool:
    """Every end of the script was told with an id or with a doubt."""
    return all(one.lsf_ids or one.doubt or not one.ended_at for one in manager.submissions(job))


async def adopted(manager: Manager, job: str, limit: float = 15.0) -> str:
    """The one LSF job that the job has in the end."""
    await manager.until(lambda: manager.ids_of(job) and manager.doubt_of(job) is None, limit)
    (lsf_id,) = manager.ids_of(job)
    return lsf_id


async def test_a_job_that_bsub_denied_is_found_by_its_tag(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    farm.faults(bsub=LOST)
    agent.start()
    job = await agent.submit("bsub true\n")
    lsf_id = await adopted(manager, job)
    await manager.until(lambda: "RUN" in manager.statuses(job) and manager.end_of(job))
    last = manager.last_of(job)
    assert last is not None and last.exit_code == 255
    assert last.adopted == [lsf_id] and last.surplus == []
    assert never_told_as_failed(manager, job)
    assert farm.jobs()[lsf_id]["name"] == f"bb.main.{job}.1"
    assert len(farm.calls("bsub")) == 1


async def test_a_script_killed_while_bsub_hangs_is_found_by_its_tag(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    agent.settings["SUBMIT_TIMEOUT"] = "3"
    farm.faults(bsub=UNSAID)
    agent.start()
    job = await agent.submit("bsub true\n")
    await adopted(manager, job)
    await manager.until(lambda: manager.end_of(job))
    last = manager.last_of(job)
    assert last is not None and last.timed_out and never_told_as_failed(manager, job)
    assert len(farm.calls("bsub")) == 1


async def test_a_second_bsub_that_hangs_is_asked_about_though_its_script_goes_on(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    agent.settings["SUBMIT_TIMEOUT"] = "1"
    agent.start()
    gate = agent.folder / "gate"
    job = await agent.submit(f"bsub true; while [ ! -e {gate} ]; do sleep 0.05; done; bsub true\n")
    await manager.until(lambda: manager.ids_of(job))
    farm.faults(bsub=UNSAID | {"jobs": 2})
    gate.touch()
    await manager.until(lambda: len(manager.ids_of(job)) == 2)
    await manager.until(lambda: manager.doubt_of(job) is None)
    last = manager.last_of(job)
    assert last is not None and last.ended_at is None, "what has an LSF job is left to run"
    assert sorted([*last.adopted, *last.surplus]) == ["102", "103"]


async def test_of_three_jobs_of_one_bsub_two_are_killed_and_named(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    farm.faults(bsub=LOST | {"jobs": 3})
    agent.start()
    job = await agent.submit("bsub true\n")
    await manager.until(lambda: [facts["status"] for facts in farm.jobs().values()].count("EXIT") == 2)
    lsf_id = await adopted(manager, job)
    last = manager.last_of(job)
    assert last is not None and sorted([lsf_id, *last.surplus]) == ["101", "102", "103"]
    assert farm.jobs()[lsf_id]["status"] == "RUN"
    assert {lsf_id for call in farm.calls("bkill") for lsf_id in call[1:]} == set(last.surplus)


async def test_while_lsf_is_silent_the_doubt_stays_and_ends_by_itself(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    silent = {"stderr": "batch system daemon not responding ... still trying\n", "code": 255}
    farm.faults(bsub=LOST, bjobs=silent, bhist=silent)
    agent.start()
    job = await agent.submit("bsub true\n")
    await manager.until(lambda: manager.end_of(job))
    assert manager.doubt_of(job) == "LSF did not answer"
    farm.faults()
    await adopted(manager, job)
    assert never_told_as_failed(manager, job)


async def test_a_later_agent_keeps_what_was_adopted(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    farm.faults(bsub=LOST | {"jobs": 2})
    agent.start()
    job = await agent.submit("bsub true\n")
    lsf_id = await adopted(manager, job)
    agent.kill()
    manager.seen.clear()
    agent.start()
    await manager.until(lambda: manager.ids_of(job))
    assert manager.ids_of(job) == [lsf_id] and manager.doubt_of(job) is None
    assert never_told_as_failed(manager, job)


async def test_an_agent_killed_in_doubt_leaves_it_to_the_next(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    farm.faults(bsub=LOST, bjobs={"hang": True})
    agent.start()
    job = await agent.submit("bsub true\n")
    await manager.until(lambda: manager.doubt_of(job))
    agent.kill()
    farm.faults()
    agent.start()
    await adopted(manager, job)
    assert len(farm.calls("bsub")) == 1


async def test_a_doubt_about_a_users_own_name_says_where_to_look(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    farm.faults(bsub=LOST)
    agent.start()
    job = await agent.submit(OWN_NAME)
    await manager.until(lambda: manager.end_of(job))
    assert "bjobs -a -J mine" in (manager.doubt_of(job) or "")
    await manager.hint(follow=[Followed(job=job, user=me(), lsf_ids=["101"])])
    await manager.until(lambda: manager.doubt_of(job) is None and "RUN" in manager.statuses(job))
    agent.kill()
    manager.seen.clear()
    manager.follow = [Followed(job=job, user=me(), lsf_ids=["101"])]
    agent.start()
    await manager.until(lambda: manager.end_of(job) and manager.doubt_of(job) is None)
    farm.job("101", status="DONE")
    await until((agent.spool / job / "closed").exists)


async def test_a_kill_ends_a_doubt_at_once(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    farm.faults(bsub=LOST, bjobs={"hang": True})
    agent.start()
    job = await agent.submit("bsub true\n")
    await manager.until(lambda: manager.end_of(job))
    assert manager.doubt_of(job)
    await manager.put(a_kill(job))
    await manager.until(lambda: manager.kills(job), 3.0)
    assert manager.kills(job)[0].error is None and farm.jobs()["101"]["status"] == "RUN"
    agent.kill()
    farm.faults()
    agent.start()
    await until(lambda: farm.jobs()["101"]["status"] == "EXIT")
    await manager.until(lambda: (last := manager.last_of(job)) and last.surplus == ["101"])
    assert manager.ids_of(job) == []


async def test_a_kill_gives_up_what_cannot_be_found(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    farm.faults(bsub=LOST)
    agent.start()
    job = await agent.submit(OWN_NAME)
    await manager.until(lambda: manager.doubt_of(job))
    await manager.put(a_kill(job))
    await manager.until(lambda: manager.kills(job) and manager.doubt_of(job) is not None)
    await until((agent.spool / job / "closed").exists)
    assert farm.jobs()["101"]["status"] == "RUN"


async def test_a_kill_asked_while_bsub_hangs_kills_what_is_found(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    agent.settings["SUBMIT_TIMEOUT"] = "3"
    farm.faults(bsub=UNSAID)
    agent.start()
    job = await agent.submit("bsub true\n")
    await until(farm.jobs)
    await manager.put(a_kill(job))
    await until(lambda: farm.jobs()["101"]["status"] == "EXIT")
    await manager.until(lambda: manager.kills(job))


async def test_what_past_the_shim_met_silence_is_in_doubt(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    farm.faults(bsub=LOST)
    agent.start()
    job = await agent.submit(f"{farm.bin}/bsub true\n")
    await manager.until(lambda: manager.end_of(job))
    assert (manager.doubt_of(job) or "").startswith("LSF did not answer")


async def test_a_definite_refusal_is_no_doubt(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    farm.faults(bsub={"stderr": "nosuchq: No such queue. Job not submitted.\n", "code": 255})
    agent.start()
    job = await agent.submit("bsub -q nosuchq true\n")
    await manager.until(lambda: manager.end_of(job))
    assert all(one.doubt is None for one in manager.submissions(job))
    await until((agent.spool / job / "closed").exists)


async def test_scripts_in_doubt_leave_room_for_others(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    farm.faults(bsub=LOST | {"times": 9}, bjobs={"hang": True})
    agent.start()
    jobs = [await agent.submit("bsub true\n") for _ in range(9)]
    await manager.until(lambda: all(manager.doubt_of(job) for job in jobs), 20)
    assert await agent.submit("bsub true\n")
    await manager.until(lambda: len(farm.calls("bsub")) == 10)
    await manager.until(lambda: manager.requests[-1].state.doubts == 9)


def unsettled(job: str) -> Unsettled:
    return Unsettled(job=job, user=me(), requested_at=datetime.now(UTC))


async def test_a_lost_spool_asks_lsf_and_runs_nothing(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    known, unknown = new_job(), new_job()
    farm.job("71", name=f"bb.main.{known}.1")
    manager.unsettled = [unsettled(known), unsettled(unknown)]
    agent.start()
    assert await adopted(manager, known) == "71"
    await manager.until(lambda: "RUN" in manager.statuses(known))
    await manager.until(lambda: "knows no job of it so far" in (manager.doubt_of(unknown) or ""))
    last = manager.last_of(unknown)
    assert last is not None and (last.began_at, last.ended_at) == (None, None)
    assert not farm.calls("bsub") and not manager.claims
    await manager.put(a_kill(unknown))
    await manager.until(lambda: manager.kills(unknown), 3.0)


async def test_a_lost_spool_finds_the_further_lsf_jobs_of_a_script_that_was_under_way(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    job = new_job()
    farm.job("71", name="named by the user")
    farm.job("72", name=f"bb.main.{job}.2")
    manager.unsettled = [unsettled(job)]
    manager.follow = [Followed(job=job, user=me(), lsf_ids=["71"])]
    agent.start()
    await manager.until(lambda: manager.ids_of(job) == ["71", "72"])
    assert manager.doubt_of(job) is None
    await manager.until(lambda: {one.lsf_id for one in manager.of(LsfSeen)} == {"71", "72"})
    assert not farm.calls("bkill")


async def test_a_request_older_than_a_restored_store_is_not_run(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    known, unknown = new_job(), new_job()
    farm.job("71", name=f"bb.main.{known}.1")
    agent.start()
    for job in (known, unknown):
        await manager.put(a_request(job, agent.script("bsub true\n"), restored=True))
    assert await adopted(manager, known) == "71"
    await manager.until(lambda: manager.doubt_of(unknown))
    agent.kill()
    manager.seen.clear()
    manager.work.clear()
    agent.start()
    await manager.until(lambda: manager.doubt_of(unknown))
    assert not farm.calls("bsub") and not manager.claims


async def test_a_restored_store_is_told_what_the_spool_knows(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    agent.start()
    job = await agent.submit("bsub true\n")
    await manager.until(lambda: manager.end_of(job))
    manager.seen.clear()
    await manager.put(a_request(job, agent.script("bsub true\n"), restored=True))
    await manager.until(lambda: manager.end_of(job))
    assert manager.doubt_of(job) is None and len(farm.calls("bsub")) == 1
    manager.generation += 1
    await manager.until(lambda: len(manager.leases) == 2)
    assert manager.leases[-1].seen_generation == 1


async def test_a_script_begun_by_an_earlier_version_is_not_run_again(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    job = new_job()
    agent.spool.mkdir(parents=True)
    entry = Entry(agent.spool / job)
    entry.store(a_request(job, agent.script("bsub true\n")))
    for name in ("claimed", "began"):
        (entry.directory / name).touch()
    agent.start()
    await manager.until(lambda: manager.doubt_of(job))
    assert not farm.calls("bsub")


VICTIMS = {"agent": "a", "runner": "r", "agent and runner": "ar", "agent, runner and script": "ars"}
MOMENTS = ("before bsub", "while bsub hangs", "after the id")


@pytest.mark.parametrize(("victims", "moment"), [*itertools.product(VICTIMS, MOMENTS)])
async def test_a_request_is_one_job_or_none_whoever_is_killed(
    agent: AgentProcess, manager: Manager, farm: Farm, victims: str, moment: str
) -> None:
    gate = agent.folder / "gate"
    wait = f"while [ ! -e {gate} ]; do sleep 0.02; done\n"
    if moment == "while bsub hangs":
        agent.settings["SUBMIT_TIMEOUT"] = "2"
        farm.faults(bsub=UNSAID)
    agent.start()
    job = await agent.submit(f"{wait}bsub true\n" if moment == "before bsub" else f"bsub true\n{wait}")
    directory = agent.spool / job
    await until(lambda: processes_of(directory) if moment == "before bsub" else farm.jobs())
    runners, scripts = runners_of(directory), processes_of(directory)
    assert len(runners) == 1
    for pid in runners if "r" in VICTIMS[victims] else []:
        kill_by_id(pid)
    for pid in scripts if "s" in VICTIMS[victims] else []:
        kill_by_id(pid)
    if "a" in VICTIMS[victims]:
        agent.kill()
        agent.start()
    gate.touch()
    none = (victims, moment) == ("agent, runner and script", "before bsub")
    if none:
        await manager.until(lambda: manager.end_of(job), 20)
        end = manager.end_of(job)
        assert end is not None and end.problem is not None and end.doubt is None and not farm.jobs()
        return
    assert await adopted(manager, job, 20) == "101"
    await manager.until(lambda: "RUN" in manager.statuses(job))
    await manager.until(lambda: manager.end_of(job), 20)
    assert len(farm.jobs()) == 1 and len(farm.calls("bsub")) == 1
    assert never_told_as_failed(manager, job)
