"""A request becomes one submission, whatever moment the agent dies at."""

from lsf_agent.submission.entry import Entry
from realtime.protocol.observations import SubmissionSeen

from .conftest import AgentProcess, a_request, kill_by_id, processes_of, runners_of, until
from .farm import Farm
from .manager import Manager


async def test_a_request_is_run_once_and_followed_to_its_end(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    agent.start()
    job = await agent.submit('echo before; echo "$@"; bsub -o /tmp/x/%J.out true; echo oops >&2; exit 3\n', "a", "b")
    await manager.until(lambda: "RUN" in manager.statuses(job))
    (lsf_id,) = manager.ids_of(job)
    farm.job(lsf_id, status="DONE")
    await manager.until(lambda: "DONE" in manager.statuses(job))
    end = manager.end_of(job)
    assert end is not None
    assert (end.exit_code, end.timed_out, end.problem) == (3, False, None)
    assert end.stdout == f"before\nxppx12345 12 a b\nJob <{lsf_id}> is submitted to queue <psanaq>.\n"
    assert end.stderr == "oops\n"
    assert end.began_at is not None and end.bsub_called_at is not None
    assert end.sha256 is not None and end.modified_at is not None
    assert len(farm.calls("bsub")) == 1
    await until((agent.spool / job / "closed").exists)
    assert await agent.end(1.0) == 0


async def test_killed_before_the_claim_is_answered(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    manager.claims_open.clear()
    agent.start()
    job = await agent.submit("bsub true\n")
    await manager.until(lambda: manager.claims)
    agent.kill()
    assert not farm.calls("bsub")
    manager.claims_open.set()
    agent.start()
    await manager.until(lambda: manager.end_of(job))
    assert len(farm.calls("bsub")) == 1
    assert len(manager.ids_of(job)) == 1


async def test_killed_after_the_claim_before_the_runner(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    agent.start()
    await manager.until(lambda: manager.requests)
    job = await agent.submit("sleep 0.5; bsub true\n")
    await until((agent.spool / job / "claimed").exists)
    agent.kill()
    agent.start()
    await manager.until(lambda: manager.ids_of(job))
    assert len(farm.calls("bsub")) == 1


async def test_killed_while_the_script_runs(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    gate = agent.folder / "gate"
    agent.start()
    job = await agent.submit(f"while [ ! -e {gate} ]; do sleep 0.05; done; bsub true\n")
    await manager.until(lambda: manager.submissions(job))
    agent.kill()
    gate.touch()
    await until(lambda: Entry(agent.spool / job).ended())
    assert len(farm.calls("bsub")) == 1
    agent.start()
    await manager.until(lambda: manager.end_of(job))
    assert len(farm.calls("bsub")) == 1
    assert len(manager.ids_of(job)) == 1


async def test_killed_after_the_id(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    gate = agent.folder / "gate"
    agent.start()
    job = await agent.submit(f"bsub true; while [ ! -e {gate} ]; do sleep 0.05; done; exit 5\n")
    await manager.until(lambda: manager.ids_of(job))
    agent.kill()
    agent.start()
    gate.touch()
    await manager.until(lambda: manager.end_of(job) and "RUN" in manager.statuses(job))
    end = manager.end_of(job)
    assert end is not None and end.exit_code == 5
    assert len(farm.calls("bsub")) == 1


async def test_a_runner_that_is_killed_is_told_as_cut_off(agent: AgentProcess, manager: Manager) -> None:
    agent.start()
    job = await agent.submit("bsub true; echo $$ >&2; exec sleep 60\n")
    await manager.until(lambda: manager.ids_of(job))
    for pid in [*runners_of(agent.spool / job), *processes_of(agent.spool / job)]:
        kill_by_id(pid)
    await manager.until(lambda: manager.end_of(job))
    end = manager.end_of(job)
    assert end is not None
    assert (end.exit_code, end.problem) == (None, "the submit script was cut off; its exit code is unknown")
    assert end.lsf_ids == manager.ids_of(job)


async def test_a_request_that_was_cancelled_runs_nothing(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    manager.claims_open.clear()
    agent.start()
    job = await agent.submit("bsub true\n")
    await manager.until(lambda: manager.claims)
    manager.cancelled.add(job)
    manager.claims_open.set()
    await until(lambda: not (agent.spool / job).exists())
    assert not farm.calls("bsub")
    assert not manager.submissions(job)


async def test_a_request_that_comes_again_is_adopted_not_repeated(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    agent.start()
    job = await agent.submit("bsub true\n")
    submit = manager.work[f"submit/{job}"]
    await manager.until(lambda: "RUN" in manager.statuses(job))
    farm.job(manager.ids_of(job)[0], status="DONE")
    await until((agent.spool / job / "closed").exists)
    manager.seen.clear()
    await manager.put(submit)
    await manager.until(lambda: manager.end_of(job) and "DONE" in manager.statuses(job))
    assert len(farm.calls("bsub")) == 1


async def test_only_as_many_scripts_as_there_is_room(agent: AgentProcess, manager: Manager) -> None:
    gate = agent.folder / "gate"
    jobs = [await agent.submit(f"while [ ! -e {gate} ]; do sleep 0.05; done\n") for _ in range(10)]
    agent.start()
    await manager.until(lambda: manager.requests and manager.requests[-1].room == 0)
    assert sum((agent.spool / job).exists() for job in jobs) == 8
    gate.touch()
    await manager.until(lambda: all(manager.end_of(job) for job in jobs))


async def test_a_spool_that_cannot_be_written_runs_nothing_and_recovers(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    agent.start()
    await manager.until(lambda: manager.requests)
    job = f"{0xABC:024x}"
    agent.spool.mkdir(parents=True, exist_ok=True)
    (agent.spool / job).write_text("a file where the directory should be")
    await manager.put(a_request(job, agent.script("bsub true\n")))
    await until(lambda: "cannot be written" in agent.log.read_text())
    assert not farm.calls("bsub") and not manager.claims
    (agent.spool / job).unlink()
    await manager.until(lambda: manager.ids_of(job))
    assert agent.log.read_text().count("cannot be written") == 1
    assert len(farm.calls("bsub")) == 1


async def test_everything_is_told_again_under_a_new_lease(agent: AgentProcess, manager: Manager) -> None:
    agent.start()
    job = await agent.submit("bsub true; sleep 30\n")
    await manager.until(lambda: "RUN" in manager.statuses(job))
    manager.seen.clear()
    manager.generation += 1
    await manager.until(lambda: manager.ids_of(job) and "RUN" in manager.statuses(job))
    counts = [one.n for one in manager.of(SubmissionSeen)]
    assert counts == sorted(counts)
