"""The agent's protocol: lease, work, the race of claim and cancel, observations in order, questions."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from realtime.protocol.agent import VERSION, AgentState
from realtime.protocol.observations import CheckSeen, LsfSeen, SubmissionSeen
from realtime.protocol.questions import LogAnswer
from realtime.protocol.rows import Check
from realtime.store import locations
from tests.client import Answered, Client, SayingAgent


async def leased(client: Client, **named: Any) -> SayingAgent:
    agent = SayingAgent(client, **named)
    await agent.lease()
    return agent


async def status(client: Client, job: Any) -> str:
    return str((await client.get(f"/jobs/{job['id']}"))["status"])


async def test_a_job_goes_from_request_to_done_and_every_step_is_kept(client: Client) -> None:
    await client.prepare()
    agent = await leased(client)
    job = await client.apply()
    work = await agent.work()
    assert [submit.job for submit in work.submit] == [job["id"]]
    submit = work.submit[0]
    assert (submit.executable, submit.arguments) == ("/opt/submit.sh", ["demo", "1", "a", "b"])
    env = submit.environment
    assert env["BATCH_UPDATE_URL"] == env["JID_UPDATE_COUNTERS"] == env["ARP_UPDATE_COUNTERS"]
    assert env["BATCH_UPDATE_URL"].startswith("http://localhost/jid/ws/replace_counters/demo/" + job["id"])
    assert (env["EXPERIMENT"], env["RUN_NUM"], env["BATCH_HASH"], env["ARP_LOCATION"]) == (
        "demo",
        "1",
        "example",
        "default",
    )
    assert env["BATCH_JOB_ID"] == env["ARP_JOB_ID"] == env["ARP_ROOT_JOB_ID"] == job["id"]
    assert (await agent.claim(job["id"])).granted
    await agent.submitted(job["id"], "731882")
    assert await status(client, job) == "PEND"
    await agent.lsf(job["id"], "RUN", "731882", queue="psanaq", host="node7")
    await agent.lsf(job["id"], "DONE", "731882")
    row = await client.get(f"/jobs/{job['id']}")
    assert (row["status"], row["lsf_id"], row["lsf_ids"], row["queue"], row["host"]) == (
        "DONE",
        "731882",
        ["731882"],
        "psanaq",
        "node7",
    )
    assert row["started_at"] and row["ended_at"] and row["submitted_at"]
    history = (await client.get("/experiments/demo/transitions"))["items"]
    assert [item["to"] for item in history] == ["Request Sent", "PEND", "RUN", "DONE"]
    assert {item["by"] for item in history[1:]} == {"agent"}
    assert (await client.get("/experiments/demo/runs/1"))["jobs"] == {"DONE": 1}


async def test_only_one_agent_holds_a_location_and_its_own_restart_gets_it_back(client: Client) -> None:
    first = await leased(client)
    spare = SayingAgent(client, name="a2")
    body = {"protocol": VERSION, "location": "default", "agent": "a2", "version": "1"}
    refused = await spare.call("lease", **body, scheduler=None, scheduler_version=None)
    assert (refused.status, refused.error[0]) == (409, "lease_held")
    again = await leased(client)
    assert again.generation == first.generation + 1
    stale = await first.call(
        "work", location="default", generation=first.generation, room=1, holding=[], state=AgentState()
    )
    assert (stale.status, stale.error[0]) == (409, "no_lease")
    past = datetime.now(UTC) - timedelta(seconds=11)
    await client.house.store.write(lambda tx: locations.note(tx, "default", {"heard_at": past}))
    assert (await leased(client, name="a2")).generation == again.generation + 1


async def test_the_agents_routes_want_its_own_token(client: Client) -> None:
    for token in (client.house.token, "wrong", ""):
        answer = await client.call("POST", "//agent/v1/work", {}, Authorization=f"Bearer {token}")
        assert answer.status == 401


async def test_work_is_held_open_until_there_is_some(client: Client) -> None:
    await client.prepare()
    agent = await leased(client)
    await agent.work()  # the first look at the definition's path
    agent.holding = ["check/1/1"]
    waiting = asyncio.create_task(agent.work())
    await asyncio.sleep(0.1)
    assert not waiting.done()
    job = await client.apply()
    work = await asyncio.wait_for(waiting, 0.5)
    assert [submit.job for submit in work.submit] == [job["id"]]


async def test_work_that_the_agent_holds_is_not_handed_out_again_and_room_is_respected(client: Client) -> None:
    await client.prepare(runs=3)
    agent = await leased(client)
    await client.post("/experiments/demo/jobs", {"definition": "example", "runs": "1-3"})
    first = await agent.work(room=2)
    assert len(first.submit) == 2
    agent.holding = [f"submit/{submit.job}" for submit in first.submit]
    second = await agent.work(room=2)
    assert len(second.submit) == 1 and second.submit[0].job not in {submit.job for submit in first.submit}
    agent.holding = []
    assert len((await agent.work(room=8)).submit) == 3, "what was not claimed is handed out again"


async def test_a_cancelled_request_is_not_granted_and_a_granted_one_is_not_cancelled(client: Client) -> None:
    await client.prepare(runs=2)
    agent = await leased(client)
    early, late = await client.apply(1), await client.apply(2)
    await agent.work()
    await client.post(f"/jobs/{early['id']}/kill")
    refused = await agent.claim(early["id"])
    assert (refused.granted, refused.reason) == (False, "cancelled")
    assert (await agent.claim(late["id"])).granted
    assert (await agent.claim(late["id"])).granted, "safe to repeat"
    killed = await client.post(f"/jobs/{late['id']}/kill")
    assert (killed["status"], killed["kill_requested_at"] is not None) == ("Request Sent", True)


async def test_claim_and_cancel_at_the_same_moment_agree(client: Client) -> None:
    await client.prepare(runs=10)
    agent = await leased(client)
    jobs = (await client.post("/experiments/demo/jobs", {"definition": "example", "runs": "all"}))["jobs"]
    await agent.work(room=50)
    for job in jobs:
        granted, killed = await asyncio.gather(agent.claim(job["id"]), client.call("POST", f"/jobs/{job['id']}/kill"))
        assert killed.status == 202
        assert granted.granted == (await status(client, job) != "EXIT")


async def test_a_kill_reaches_the_agent_until_it_answers(client: Client) -> None:
    await client.prepare()
    agent = await leased(client)
    job = await client.apply()
    await agent.run_job(job["id"], "42")
    killed = await client.post(f"/jobs/{job['id']}/kill")
    assert killed["status"] == "PEND" and "killing" in killed["detail"]
    work = await agent.work()
    assert [(kill.job, kill.lsf_ids) for kill in work.kill] == [(job["id"], ["42"])]
    await agent.killed(job["id"])
    agent.holding = ["check/1/1"]
    assert (await agent.work()).kill == []
    row = await client.get(f"/jobs/{job['id']}")
    assert row["kill_requested_at"] is not None and row["status"] == "PEND"
    await agent.lsf(job["id"], "EXIT", "42", reason="killed by its owner, TERM_OWNER")
    assert await status(client, job) == "EXIT"


async def test_a_refused_kill_is_told(client: Client) -> None:
    await client.prepare()
    agent = await leased(client)
    job = await client.apply()
    await agent.run_job(job["id"])
    await client.post(f"/jobs/{job['id']}/kill")
    await agent.killed(job["id"], "User permission denied")
    row = await client.get(f"/jobs/{job['id']}")
    assert (row["kill_requested_at"], row["detail"]) == (None, "waiting in LSF; kill refused: User permission denied")
    assert (await client.call("POST", f"/jobs/{job['id']}/kill")).status == 202


async def test_a_kill_ends_a_job_of_which_the_agent_has_lost_every_record(client: Client) -> None:
    await client.prepare()
    agent = await leased(client)
    job = await client.apply()
    await agent.work()
    await agent.claim(job["id"])
    await client.post(f"/jobs/{job['id']}/kill")
    await agent.killed(job["id"])
    row = await client.get(f"/jobs/{job['id']}")
    assert (row["status"], "LSF may have it" in row["reason"]) == ("EXIT", True)
    await agent.submitted(job["id"], "7")
    assert await status(client, job) == "PEND", "LSF's word wins"


async def test_repeated_and_late_observations_change_nothing(client: Client) -> None:
    await client.prepare()
    agent = await leased(client)
    job = await client.apply()
    await agent.run_job(job["id"])
    await agent.lsf(job["id"], "RUN")
    running = await client.get(f"/jobs/{job['id']}")
    late = LsfSeen(n=1, at=datetime.now(UTC), job=job["id"], lsf_id="7", status="PEND")
    assert (await agent.say(late)).unknown == []
    assert await client.get(f"/jobs/{job['id']}") == running
    restarted = await leased(client)
    assert restarted.generation > agent.generation
    await restarted.submitted(job["id"], "7")
    assert await status(client, job) == "RUN", "an id that is known is not news"
    await restarted.lsf(job["id"], "DONE")
    assert await status(client, job) == "DONE"


async def test_what_is_said_of_unknown_jobs_and_words_is_ignored(client: Client) -> None:
    await client.prepare()
    agent = await leased(client)
    job = await client.apply()
    await agent.run_job(job["id"])
    answer = await agent.say(LsfSeen(**agent.next(), job="f" * 24, lsf_id="7", status="RUN"))
    assert answer.unknown == ["f" * 24]
    await agent.lsf(job["id"], "DANCING")
    await agent.lsf(job["id"], "Persisted")
    await agent.lsf(job["id"], "RUN", "999")
    assert await status(client, job) == "PEND"


async def test_a_script_without_a_submission_is_submit_failed_with_its_output(client: Client) -> None:
    await client.prepare()
    agent = await leased(client)
    job = await client.apply()
    await agent.work()
    await agent.claim(job["id"])
    now = datetime.now(UTC)
    facts: dict[str, Any] = {
        "began_at": now,
        "ended_at": now,
        "exit_code": 2,
        "stdout": "hello\n",
        "stderr": "bad option\n",
    }
    await agent.submitted(job["id"], **facts)
    row = await client.get(f"/jobs/{job['id']}")
    assert (row["status"], row["exit_code"]) == ("Submit failed", 2)
    assert "bad option" in row["reason"]
    details = await client.get(f"/jobs/{job['id']}/details")
    assert "$ /opt/submit.sh demo 1 a b" in details["text"] and "bad option" in details["text"]
    log = await client.get(f"/jobs/{job['id']}/log")
    assert (log["source"], log["complete"]) == ("none", True)
    await agent.say(SubmissionSeen(**agent.next(), job=job["id"], lsf_ids=["9"], **facts))
    assert await status(client, job) == "PEND", "any later word of LSF wins"


async def test_a_new_lease_tells_what_to_follow(client: Client) -> None:
    await client.prepare(runs=2)
    agent = await leased(client)
    ended, live = await client.apply(1), await client.apply(2)
    await agent.run_job(ended["id"], "1")
    await agent.run_job(live["id"], "2")
    await agent.lsf(ended["id"], "DONE", "1")
    follow = (await SayingAgent(client).lease()).follow
    assert [(one.job, one.lsf_ids) for one in follow] == [(live["id"], ["2"])]


async def test_a_question_reaches_the_agent_and_the_answer_whoever_asked(client: Client) -> None:
    await client.prepare()
    agent = await leased(client)
    job = await client.apply()
    await agent.run_job(job["id"], "42")
    agent.holding = ["check/1/1"]
    asking = asyncio.create_task(client.call("GET", f"/jobs/{job['id']}/log?offset=3&limit=10"))
    question = (await agent.work()).questions[0]
    assert (question.kind, question.lsf_ids, question.offset, question.limit, question.ended) == (
        "log",
        ["42"],
        3,
        10,
        False,
    )
    log = LogAnswer(text="Step: 1", source="bpeek", offset=3, next=10, size=10, path=None, complete=False)
    assert (await agent.call("answers", question=question.id, log=log)).status == 204
    answer: Answered = await asking
    assert (answer.status, answer.body["text"]) == (200, "Step: 1")
    asking = asyncio.create_task(client.call("GET", f"/jobs/{job['id']}/details"))
    question = (await agent.work()).questions[0]
    await agent.call("answers", question=question.id, text="Job <42>, ...")
    first = (await asking).body
    assert first["text"] == "Job <42>, ..."
    asking = asyncio.create_task(client.call("GET", f"/jobs/{job['id']}/details"))
    question = (await agent.work()).questions[0]
    await agent.call("answers", question=question.id, error="bjobs did not answer within 4 s")
    assert (await asking).body["text"] == first["text"], "the last text known, with its age"
    asking = asyncio.create_task(client.call("GET", f"/jobs/{job['id']}/log"))
    question = (await agent.work()).questions[0]
    await agent.call("answers", question=question.id, error="/reg/d does not answer")
    assert ((await asking).status, (await asking).body["error"]["message"]) == (503, "/reg/d does not answer")


async def test_a_question_without_an_agent_says_who_did_not_answer(client: Client) -> None:
    await client.prepare()
    agent = await leased(client)
    job = await client.apply()
    await agent.run_job(job["id"])
    answer = await client.call("GET", f"/jobs/{job['id']}/log")
    assert (answer.status, answer.error[0]) == (503, "agent_silent")


async def test_what_is_found_at_a_path_shows_at_the_definition(client: Client) -> None:
    await client.prepare()
    agent = await leased(client)
    check = (await agent.work()).check[0]
    assert (check.definition, check.version, check.executable) == (1, 1, "/opt/submit.sh")

    async def find(version: int, problem: str | None) -> dict[str, Any]:
        found = Check(ok=problem is None, problem=problem, at=datetime.now(UTC))
        await agent.say(CheckSeen(**agent.next(), definition=1, version=version, check=found))
        row: dict[str, Any] = await client.get("/experiments/demo/definitions/1")
        return row

    assert (await find(1, "not there"))["check"]["problem"] == "not there"
    seq = (await find(1, "not there"))["seq"]
    assert (await find(1, "not there"))["seq"] == seq, "the same finding is no news"
    assert (await find(1, None))["check"]["ok"]
    await client.call("PATCH", "/experiments/demo/definitions/1", {"executable": "/opt/other.sh"})
    assert (await find(1, None))["check"] is None, "a finding about an old version does not count"
    assert [check.version for check in (await agent.work()).check] == [2]
