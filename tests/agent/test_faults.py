"""Manager away, LSF slow or silent, kills at odd moments: what was asked for is done once, what was seen arrives."""

import asyncio
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from lsf_agent.following.follower import Follower
from lsf_agent.following.tracker import Tracker
from lsf_agent.link import Link
from lsf_agent.lsf.adapter import Lsf
from lsf_agent.lsf.commands import Commands
from lsf_agent.outbox import Outbox
from realtime.protocol.agent import CheckPath, Followed, LeaseRequest
from realtime.protocol.observations import CheckSeen, KillSeen, LsfSeen
from realtime.protocol.questions import Question

from .conftest import AgentProcess, a_kill, me, processes_of, until
from .farm import Farm
from .manager import TOKEN, Manager


def followed(job: str, *lsf_ids: str) -> Followed:
    return Followed(job=job, user=me(), lsf_ids=list(lsf_ids))


async def test_a_manager_that_goes_and_comes_back_misses_nothing(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    gate = agent.folder / "gate"
    agent.start()
    job = await agent.submit(f"while [ ! -e {gate} ]; do sleep 0.05; done; bsub true\n")
    await manager.until(lambda: manager.submissions(job))
    await manager.stop()
    gate.touch()
    await until(lambda: "101" in farm.jobs() and "does not answer" in agent.log.read_text())
    await until(lambda: "LSF 101: RUN" in agent.log.read_text())
    farm.job("101", status="PEND")
    await until(lambda: "LSF 101: PEND" in agent.log.read_text())
    farm.job("101", status="DONE")
    await until(lambda: "LSF 101: DONE" in agent.log.read_text())
    await manager.start()
    await manager.until(lambda: "DONE" in manager.statuses(job) and manager.end_of(job))
    assert manager.statuses(job) == ["RUN", "PEND", "DONE"]
    assert [one.n for one in manager.seen] == sorted({one.n for one in manager.seen})
    assert agent.log.read_text().count("does not answer") == 1
    await until(lambda: agent.log.read_text().count("the manager answers again") == 1)
    assert len(farm.calls("bsub")) == 1


async def test_a_lease_that_is_held_is_asked_for_again(agent: AgentProcess, manager: Manager) -> None:
    manager.lease_held = True
    agent.start()
    await until(lambda: "no lease yet" in agent.log.read_text())
    manager.lease_held = False
    await manager.until(lambda: manager.requests)
    assert agent.log.read_text().count("no lease yet") == 1
    request = manager.leases[0]
    assert (request.location, request.scheduler, request.scheduler_version) == ("default", "LSF 10.1", "10.1.0.12")
    agent.kill()
    agent.start()
    await manager.until(lambda: len(manager.leases) == 2)
    assert manager.leases[1].agent == request.agent, "the same agent after a restart"
    assert manager.requests


async def test_an_lsf_that_is_away_at_the_start_is_named_later(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    farm.faults(lsid={"code": 255, "stderr": "ls_getclustername(): LIM is down; try later\n"})
    agent.start()
    await manager.until(lambda: manager.leases)
    farm.faults()
    await manager.until(lambda: len(manager.leases) == 2)
    assert [lease.scheduler for lease in manager.leases] == [None, "LSF 10.1"]


async def test_the_token_is_waited_for(agent: AgentProcess, manager: Manager) -> None:
    agent.settings["AGENT_TOKEN"] = ""
    agent.start()
    await until(lambda: "waiting for the manager" in agent.log.read_text())
    (agent.folder / "var" / "agent.token").write_text(f"{TOKEN}\n")
    await manager.until(lambda: manager.leases)
    assert TOKEN not in agent.log.read_text()


async def test_wrong_settings_are_printed(agent: AgentProcess) -> None:
    agent.settings["POLL_INTERVAL"] = "soon"
    agent.start()
    assert agent.process is not None and await asyncio.to_thread(agent.process.wait, 10) == 2
    assert "BATCHBOARD_POLL_INTERVAL" in agent.log.read_text()


async def test_scripts_and_kills_go_on_while_bjobs_hangs(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    farm.faults(bjobs={"hang": True})
    agent.start()
    job = await agent.submit("bsub true\n")
    await manager.until(lambda: manager.ids_of(job))
    await until(lambda: farm.calls("bjobs"))
    await manager.put(a_kill(job))
    await manager.until(lambda: manager.of(KillSeen))
    assert farm.jobs()["101"]["status"] == "EXIT"
    assert manager.of(KillSeen)[0].error is None and manager.statuses(job) == []
    assert await agent.end(2.0) == 0, "a command that hangs does not hold up the end"
    await until(lambda: not processes_of(farm.root))


async def test_a_kill_waits_for_the_id(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    gate = agent.folder / "gate"
    agent.start()
    job = await agent.submit(f"while [ ! -e {gate} ]; do sleep 0.05; done; bsub true; bsub true\n")
    await manager.until(lambda: manager.submissions(job))
    await manager.put(a_kill(job))
    await manager.until(lambda: f"kill/{job}" in manager.requests[-1].holding)
    assert not manager.of(KillSeen)
    gate.touch()
    await manager.until(lambda: manager.statuses(job).count("EXIT") == 2)
    ends = [one for one in manager.of(LsfSeen) if one.status == "EXIT"]
    assert {(one.lsf_id, one.reason) for one in ends} == {
        ("101", "killed by its owner, TERM_OWNER"),
        ("102", "killed by its owner, TERM_OWNER"),
    }


async def test_a_kill_of_a_script_that_submits_nothing_is_answered(agent: AgentProcess, manager: Manager) -> None:
    agent.start()
    job = await agent.submit("sleep 0.5; exit 1\n")
    await manager.put(a_kill(job))
    await manager.until(lambda: manager.of(KillSeen))
    assert manager.of(KillSeen)[0].error is None


async def test_a_kill_just_after_the_submission_is_tried_again(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    agent.start()
    farm.faults(bkill={"code": 255, "stderr": "Job <101>: No matching job found\n"})
    job = await agent.submit("bsub true\n")
    await manager.until(lambda: manager.ids_of(job))
    await manager.put(a_kill(job, "101"))
    await until(lambda: farm.calls("bkill"))
    assert not manager.of(KillSeen)
    farm.faults()
    await manager.until(lambda: "EXIT" in manager.statuses(job))
    await manager.until(lambda: manager.of(KillSeen))
    assert len(farm.calls("bkill")) == 2


async def test_a_refused_kill_is_told_and_may_be_asked_again(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    farm.job("7")
    manager.follow = [followed("a" * 24, "7"), followed("../../etc", "8")]
    farm.faults(bkill={"code": 255, "stderr": "Job <7>: User permission denied\n"})
    agent.start()
    await manager.put(a_kill("a" * 24, "7"))
    await manager.until(lambda: manager.of(KillSeen))
    assert manager.of(KillSeen)[0].error == "7: User permission denied"
    farm.faults()
    began = time.monotonic()
    await manager.put(a_kill("a" * 24, "7"))
    await manager.until(lambda: "EXIT" in manager.statuses("a" * 24))
    assert time.monotonic() - began < 2
    assert all(call[1:] == ["7"] for call in farm.calls("bkill"))
    assert not any("8" in call for call in farm.calls("bjobs"))


async def test_without_a_spool_the_lease_says_what_to_follow(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    farm.job("7", output_file="/logs/%J.out")
    manager.follow = [followed("b" * 24, "7")]
    agent.start()
    await manager.until(lambda: manager.statuses("b" * 24) == ["RUN"])
    assert manager.of(LsfSeen)[0].log_file == "/logs/7.out"
    farm.job("7", status="DONE")
    await manager.until(lambda: manager.statuses("b" * 24) == ["RUN", "DONE"])


async def test_not_found_just_after_the_submission_is_no_end(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    gate = agent.folder / "gate"
    agent.start()
    job = await agent.submit(f"bsub true; while [ ! -e {gate} ]; do sleep 0.05; done\n")
    await manager.until(lambda: manager.ids_of(job))
    farm.job("101", hidden=True)
    looks = len(farm.calls("bjobs"))
    await until(lambda: len(farm.calls("bjobs")) >= looks + 3)
    assert set(manager.statuses(job)) <= {"RUN"} and not farm.calls("bhist")
    farm.job("101", hidden=False, status="USUSP")
    await manager.until(lambda: manager.statuses(job)[-1:] == ["USUSP"])
    gate.touch()


async def test_a_job_that_lsf_has_lost_is_told_as_lost(manager: Manager, farm: Farm) -> None:
    tracker, outbox = Tracker(), Outbox("default")
    lsf = Lsf(Commands({"PATH": f"{farm.bin}:{os.environ['PATH']}"}))
    follower = Follower(lsf, tracker, outbox, 0.1, lambda _job, _id, path: path, lambda _job: None)
    link = Link(
        manager.url,
        lambda: TOKEN,
        lambda: LeaseRequest(location="default", agent="x", version="1", scheduler=None, scheduler_version=None),
    )
    farm.job("8", hidden=True, history="Job <8>, User <me>\nSun Nov 22 08:07:30: Exited with exit code 3.;")
    for lsf_id in ("7", "8"):
        follower.follow("c" * 24, lsf_id, datetime.now(UTC) - timedelta(minutes=2))
    async with link.open():
        loops = [
            asyncio.create_task(loop)
            for loop in (link.keep_lease(lambda _: None), follower.run(), outbox.deliver(link, lambda _: None))
        ]
        await until(lambda: not tracker.follows("c" * 24))
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
    assert {(one.lsf_id, one.status, one.reason) for one in manager.of(LsfSeen)} == {
        ("7", "LOST", "neither bjobs nor bhist know it"),
        ("8", "EXIT", "exit 3"),
    }


async def test_an_lsf_without_exit_codes_tells_them_in_its_long_text(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    farm.faults(bjobs={"formats": ["wide"]})
    agent.start()
    job = await agent.submit("bsub -o logs/%J true\n")
    await manager.until(lambda: any(one.log_file for one in manager.of(LsfSeen)))
    farm.job("101", status="EXIT", exit_code=137)
    await manager.until(lambda: any(one.reason for one in manager.of(LsfSeen)))
    ends = [(one.exit_code, one.reason) for one in manager.of(LsfSeen) if one.status == "EXIT"]
    assert ends == [(None, None), (137, "exit 137: killed by signal 9 (KILL)")], "the end at once, the reason after it"
    assert manager.of(LsfSeen)[-1].log_file == f"{agent.folder}/scripts/logs/101"
    await until((agent.spool / job / "closed").exists)


async def test_log_and_details_of_a_job(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    agent.start()
    job = await agent.submit("bsub -o logs/%J.out true\n")
    await manager.until(lambda: "RUN" in manager.statuses(job))

    async def ask(name: str, kind: str = "log", ended: bool = False, offset: int | None = 0) -> Any:
        question = Question(
            id=name,
            kind=kind,
            job=job,
            user=me(),
            executable=agent.script("true\n"),
            lsf_ids=["101"],
            ended=ended,
            offset=offset,
            limit=1000,
        )
        answer = await manager.ask(question)
        assert answer.question == name
        return answer

    farm.job("101", output="hello\nworld")
    peeked = (await ask("1", offset=6)).log
    assert (peeked.text, peeked.source, peeked.next, peeked.complete) == ("world\n", "bpeek", 12, False)
    farm.job("101", status="PEND")
    nothing = (await ask("2")).log
    assert (nothing.text, nothing.source, nothing.complete) == ("", "none", False)
    log = agent.folder / "scripts" / "logs" / "101.out"
    log.parent.mkdir()
    log.write_text("the whole output\n")
    whole = (await ask("3", ended=True)).log
    assert (whole.text, whole.source, whole.path, whole.complete) == ("the whole output\n", "file", str(log), True)
    farm.job("101", status="DONE")
    await until((agent.spool / job / "closed").exists)
    farm.forget("101")
    agent.kill()
    agent.start()
    assert (await ask("4", ended=True)).log == whole, "found though LSF has forgotten the job"
    log.unlink()
    log.symlink_to("/etc/passwd")
    refused = await ask("5", ended=True)
    assert refused.log is None and "cannot be read" in refused.error
    assert (await ask("6", "details")).text == "Job <101> is not found\n"
    farm.faults(bjobs={"code": 255, "stderr": "Failed in an LSF library call: Communication time out\n"})
    assert "Communication time out" in (await ask("7", "details")).error
    assert "not known" in (await ask("8", "weather")).error


async def test_paths_are_checked(agent: AgentProcess, manager: Manager) -> None:
    agent.start()
    await manager.put(CheckPath(definition=1, version=1, executable=agent.script("true\n"), user=me()))
    await manager.put(CheckPath(definition=2, version=3, executable="/no/such/script", user=me()))
    await manager.until(lambda: len(manager.of(CheckSeen)) == 2)
    found = {(one.definition, one.version): (one.check.ok, one.check.problem) for one in manager.of(CheckSeen)}
    assert found == {(1, 1): (True, None), (2, 3): (False, "not there")}


async def test_a_deleted_job_is_not_followed_any_more(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    agent.start()
    job = await agent.submit("bsub true\n")
    manager.deleted.add(job)
    await until((agent.spool / job / "closed").exists)
    other = await agent.submit("bsub true\n")
    await manager.until(lambda: "RUN" in manager.statuses(other))
    assert farm.jobs()["101"]["status"] == "RUN" and farm.calls("bjobs")[-1][-1:] == ["102"]
    assert "101" not in farm.calls("bjobs")[-1]


async def test_an_observation_that_is_refused_does_not_hold_up_the_others(
    agent: AgentProcess, manager: Manager
) -> None:
    agent.start()
    bad = await agent.submit("bsub true\n")
    manager.refuse_observations_of = bad
    good = await agent.submit("bsub true\n")
    await manager.until(lambda: "RUN" in manager.statuses(good) and manager.end_of(good))
    assert not manager.submissions(bad)


async def test_a_forced_kill_drops_a_job_whose_host_is_lost(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    job = "a" * 24
    farm.job("7", status="UNKWN")
    manager.follow = [followed(job, "7")]
    agent.start()
    await manager.until(lambda: manager.statuses(job) == ["UNKWN"])
    await manager.put(a_kill(job, "7"))
    await manager.until(lambda: manager.kills(job))
    await manager.until(lambda: manager.statuses(job)[-1] == "ZOMBI")
    await manager.put(a_kill(job, "7", force=True))
    await manager.until(lambda: manager.statuses(job)[-1] == "EXIT")
    assert [call[1:] for call in farm.calls("bkill")] == [["7"], ["-r", "7"]]
    assert [one.error for one in manager.kills(job)] == [None, None]
    last = manager.of(LsfSeen)[-1]
    assert last.reason == "killed by its owner, without waiting for its host, TERM_FORCE_OWNER"


async def test_an_id_that_a_script_makes_up_does_not_kill_another_jobs(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    farm.job("7")
    manager.follow = [followed("a" * 24, "7")]
    agent.start()
    await manager.until(lambda: manager.statuses("a" * 24))
    liar = await agent.submit("echo 'Job <7> is submitted to queue <q>.'\n")
    await manager.until(lambda: manager.ids_of(liar) == ["7"])
    await manager.put(a_kill(liar))
    await manager.until(lambda: manager.kills(liar))
    assert manager.kills(liar)[0].error == "7: it is another job's"
    assert not farm.calls("bkill")


async def test_a_job_that_reports_is_looked_at_early(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    agent.settings["POLL_INTERVAL"] = "30"
    job = "a" * 24
    farm.job("7", status="PEND")
    manager.follow = [followed(job, "7")]
    agent.start()
    await manager.until(lambda: manager.statuses(job) == ["PEND"])
    farm.job("7", status="RUN")
    await manager.hint(look=[job, "b" * 24])
    await manager.until(lambda: manager.statuses(job) == ["PEND", "RUN"], 20)


async def test_jobs_named_by_somebody_else_are_followed(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    farm.job("7")
    agent.start()
    await manager.until(lambda: manager.requests)
    await manager.hint(follow=[followed("b" * 24, "7")])
    await manager.until(lambda: manager.statuses("b" * 24) == ["RUN"])


SILENT = {"code": 255, "stderr": "Failed in an LSF library call: Communication time out\n"}


async def test_an_lsf_that_is_away_ends_nothing_and_comes_back_by_itself(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    manager.hold = 0.2
    job = "a" * 24
    farm.job("7")
    manager.follow = [followed(job, "7")]
    agent.start()
    await manager.until(lambda: manager.statuses(job) == ["RUN"])
    await manager.until(lambda: manager.requests[-1].state.format == "json")
    farm.forget("7")
    farm.faults(bjobs=SILENT, bhist=SILENT)
    await manager.until(lambda: manager.requests[-1].state.silent_since)
    await until(lambda: len(farm.calls("bjobs")) >= 3)
    state = manager.requests[-1].state
    assert state.problem == "bjobs: Failed in an LSF library call: Communication time out"
    assert state.answered_at is not None and state.silent_since is not None and state.answered_at < state.silent_since
    assert state.followed == {"RUN": 1} and state.commands["bjobs"].failures >= 1
    looks = len(farm.calls("bjobs"))
    farm.job("7", status="PEND")
    farm.faults()
    await manager.until(lambda: manager.statuses(job) == ["RUN", "PEND"])
    assert len(farm.calls("bjobs")) <= looks + 3, "not asked more often while it was silent"
    await manager.until(lambda: manager.requests[-1].state.silent_since is None)
    assert manager.requests[-1].state.problem is None
    assert agent.log.read_text().count("LSF does not answer") == 1
    assert agent.log.read_text().count("LSF answers again") == 1


async def test_bjobs_goes_on_while_scripts_and_kills_hang(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    job = "a" * 24
    farm.job("7")
    farm.faults(bsub={"hang": True}, bkill={"hang": True}, bhist={"hang": True}, bpeek={"hang": True})
    manager.follow = [followed(job, "7")]
    agent.start()
    stuck = await agent.submit("bsub true\n")
    await manager.put(a_kill(job, "7"))
    await until(lambda: farm.calls("bsub") and farm.calls("bkill"))
    await manager.until(lambda: manager.statuses(job) == ["RUN"])
    farm.job("7", status="SSUSP")
    await manager.until(lambda: manager.statuses(job) == ["RUN", "SSUSP"])
    assert not manager.kills(job) and not manager.ids_of(stuck)


async def test_the_elements_of_an_array_are_told_and_killed_as_one(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    job = "a" * 24
    row = {"QUEUE": "q", "EXEC_HOST": "h", "EXIT_CODE": "", "EXIT_REASON": "", "SUB_CWD": "/w", "OUTPUT_FILE": ""}
    records = [row | {"JOBID": f"7[{at}]", "STAT": stat} for at, stat in enumerate(("RUN", "PEND", "EXIT", "DONE"), 1)]
    farm.faults(bjobs={"code": 0, "stdout": json.dumps({"RECORDS": records})})
    farm.job("7")
    manager.follow = [followed(job, "7")]
    agent.start()
    await manager.until(lambda: manager.statuses(job) == ["RUN"])
    assert manager.of(LsfSeen)[0].elements == {"RUN": 1, "PEND": 1, "EXIT": 1, "DONE": 1}
    await manager.put(a_kill(job, "7"))
    await manager.until(lambda: manager.kills(job))
    assert [call[1:] for call in farm.calls("bkill")] == [["7"]]


async def test_the_end_of_the_agent_leaves_scripts_under_way(agent: AgentProcess, manager: Manager, farm: Farm) -> None:
    gate = agent.folder / "gate"
    agent.start()
    job = await agent.submit(f"while [ ! -e {gate} ]; do sleep 0.05; done; bsub true\n")
    await manager.until(lambda: manager.submissions(job))
    began = time.monotonic()
    assert await agent.end(5.0) == 0
    assert time.monotonic() - began < 1
    gate.touch()
    await until(lambda: '"ended"' in (agent.spool / job / "record").read_text())
    assert len(farm.calls("bsub")) == 1


def test_the_agent_loads_neither_the_web_application_nor_sql() -> None:
    program = "import sys, lsf_agent.__main__; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "httpx" in loaded
    assert not {"quart", "hypercorn", "sqlalchemy", "alembic", "aiosqlite", "redis"} & set(loaded)


async def test_a_job_that_lsf_requeues_after_its_end_is_told_as_waiting_again(
    agent: AgentProcess, manager: Manager, farm: Farm
) -> None:
    agent.start()
    job = await agent.submit("bsub true\n")
    await manager.until(lambda: manager.statuses(job))
    (lsf_id,) = manager.ids_of(job)
    farm.job(lsf_id, status="EXIT", exit_code=1)
    await until((agent.spool / job / "closed").exists)
    farm.job(lsf_id, status="PEND", exit_code=None)
    await manager.until(lambda: manager.statuses(job)[-1] == "PEND")
    farm.job(lsf_id, status="DONE")
    await manager.until(lambda: manager.statuses(job)[-1] == "DONE")
