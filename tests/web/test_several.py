"""Jobs with several LSF jobs, arrays, forced kills; and what a location tells of itself."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realtime.protocol.agent import AgentState, CommandCount
from realtime.protocol.questions import LogAnswer
from realtime.protocol.rows import LocationRow
from realtime.web.metrics import exposition, of_locations
from tests.client import Client, SayingAgent


async def submitted(client: Client, *lsf_ids: str) -> tuple[SayingAgent, dict[str, Any]]:
    """A job with these LSF jobs."""
    await client.prepare()
    agent = SayingAgent(client)
    await agent.lease()
    job = await client.apply()
    await agent.work()
    await agent.claim(job["id"])
    await agent.submitted(job["id"], *lsf_ids)
    agent.holding = ["check/1/1"]
    return agent, job


async def test_the_single_lsf_jobs_are_told_and_the_row_combines_them(client: Client) -> None:
    agent, job = await submitted(client, "7", "8", "9")
    await agent.lsf(job["id"], "EXIT", "7", exit_code=1, reason="exit 1")
    await agent.lsf(job["id"], "RUN", "8", host="node7", queue="psanaq", elements={"DONE": 57, "RUN": 20})
    row = await client.get(f"/jobs/{job['id']}")
    assert (row["status"], row["lsf_ids"]) == ("RUN", ["7", "8", "9"])
    items = (await client.get(f"/jobs/{job['id']}/lsf-jobs"))["items"]
    assert [(one["lsf_id"], one["status"], one["host"], one["exit_code"]) for one in items] == [
        ("7", "EXIT", None, 1),
        ("8", "RUN", "node7", None),
        ("9", "PEND", None, None),
    ]
    assert (items[1]["elements"], items[0]["elements"]) == ({"DONE": 57, "RUN": 20}, {})
    await client.post(f"/jobs/{job['id']}/kill")
    kill = (await agent.work(room=0)).kill[0]
    assert kill.lsf_ids == ["8", "9"], "an id that has ended may be another job's by now"
    assert kill.user == job["user"]
    await agent.lsf(job["id"], "DONE", "8")
    await agent.lsf(job["id"], "DONE", "9")
    assert (await client.get(f"/jobs/{job['id']}"))["status"] == "EXIT"


async def test_the_log_of_a_single_lsf_job(client: Client) -> None:
    agent, job = await submitted(client, "7", "8")
    await agent.lsf(job["id"], "DONE", "8")
    asking = asyncio.create_task(client.get(f"/jobs/{job['id']}/log?lsf_id=8"))
    question = (await agent.work(room=0)).questions[0]
    assert (question.lsf_ids, question.ended) == (["8"], True)
    log = LogAnswer(text="x", source="file", offset=0, next=1, size=1, path="/l", complete=True)
    await agent.call("answers", question=question.id, log=log)
    assert (await asking)["complete"]
    other = await client.call("GET", f"/jobs/{job['id']}/log?lsf_id=9")
    assert (other.status, other.error) == (422, ("invalid", "lsf_id"))


async def test_details_give_the_reasons_why_a_job_waits(client: Client) -> None:
    agent, job = await submitted(client, "7")
    asking = asyncio.create_task(client.get(f"/jobs/{job['id']}/details"))
    question = (await agent.work(room=0)).questions[0]
    why = ["Job slot limit reached: 2 hosts", "New job is waiting for scheduling"]
    await agent.call("answers", question=question.id, text="Job <7>, ...", pending=why)
    assert (await asking)["pending"] == why
    asking = asyncio.create_task(client.get(f"/jobs/{job['id']}/details"))
    question = (await agent.work(room=0)).questions[0]
    await agent.call("answers", question=question.id, error="bjobs did not answer within 4 s")
    assert (await asking)["pending"] is None, "an old text tells no present reasons"


@pytest.mark.parametrize("status", ["UNKWN", "ZOMBI"])
async def test_a_job_out_of_contact_is_forced_only_after_a_plain_kill(client: Client, status: str) -> None:
    agent, job = await submitted(client, "7")
    path = f"/jobs/{job['id']}/kill"
    await agent.lsf(job["id"], "RUN")
    early = await client.call("POST", path, {"force": True})
    assert (early.status, early.error[0]) == (409, "in_contact")
    await agent.lsf(job["id"], status)
    early = await client.call("POST", path, {"force": True})
    assert (early.status, early.error[0]) == (409, "not_killed")
    assert (await client.call("POST", path)).status == 202
    assert [kill.force for kill in (await agent.work(room=0)).kill] == [False]
    early = await client.call("POST", path, {"force": True})
    assert early.error[0] == "not_killed", "LSF has not taken the first one yet"
    await agent.killed(job["id"])
    assert (await client.call("POST", path, {"force": True})).status == 202
    assert [(kill.lsf_ids, kill.force) for kill in (await agent.work(room=0)).kill] == [(["7"], True)]
    await agent.killed(job["id"])
    assert (await client.call("POST", path, {"force": False})).status == 202
    assert [kill.force for kill in (await agent.work(room=0)).kill] == [False]


@pytest.mark.parametrize(("body", "field"), [({"force": 1}, "force"), ({"forced": True}, "forced")])
async def test_an_odd_kill_is_refused(client: Client, body: Any, field: str) -> None:
    _, job = await submitted(client, "7")
    answer = await client.call("POST", f"/jobs/{job['id']}/kill", body)
    assert (answer.status, answer.error[1]) == (422, field)


async def test_a_silent_batch_system_shows_at_once_and_passes(client: Client) -> None:
    agent, _ = await submitted(client, "7")

    async def location(**state: Any) -> dict[str, Any]:
        agent.state = AgentState(**state)
        await agent.work(room=0)
        row: dict[str, Any] = (await client.call("GET", "//readyz")).body["locations"][0]
        return row

    await client.apply()  # something to do: no request is held open
    agent.holding = []
    now = datetime.now(UTC)
    row = await location(answered_at=now, format="json")
    assert (row["scheduler_format"], row["scheduler_silent_since"], row["scheduler_problem"]) == ("json", None, None)
    silent = await location(answered_at=now, silent_since=now, problem="bjobs did not answer", format="json")
    assert silent["scheduler_problem"] == "bjobs did not answer" and silent["seq"] > row["seq"]
    assert silent["scheduler_silent_since"] is not None
    later = now + timedelta(seconds=1)
    back = await location(answered_at=later, format="json")
    assert (back["scheduler_silent_since"], back["scheduler_problem"]) == (None, None)
    assert datetime.fromisoformat(back["scheduler_answered_at"]) == later
    same = await location(answered_at=later + timedelta(seconds=1), format="json", scripts=1)
    assert same["seq"] == back["seq"], "what nobody sees is no news"


async def test_metrics_tell_how_the_agent_fares(client: Client) -> None:
    agent, _ = await submitted(client, "7")
    count = CommandCount(calls=12, failures=1, seconds=0.25)
    agent.state = AgentState(
        answered_at=datetime(2026, 11, 22, 2, 14, tzinfo=UTC),
        silent_since=datetime.now(UTC) - timedelta(seconds=30),
        followed={"RUN": 3, "PEND": 1},
        look_seconds=0.05,
        commands={"bjobs": count},
        scripts=2,
        doubts=1,
        observations=4,
    )
    agent.holding = []
    await client.apply()
    await agent.work(room=0)
    client.headers = {"Host": "localhost"}
    lines = (await client.call("GET", "//metrics")).body.decode().splitlines()
    place = 'location="default"'
    assert {
        'batchboard_jobs_live{status="PEND"} 1',
        f"batchboard_agent_connected{{{place}}} 1",
        f'batchboard_agent_lsf_jobs{{{place},status="RUN"}} 3',
        f"batchboard_agent_look_seconds{{{place}}} 0.05",
        f'batchboard_agent_commands_total{{{place},command="bjobs"}} 12',
        f'batchboard_agent_command_failures_total{{{place},command="bjobs"}} 1',
        f'batchboard_agent_command_seconds_total{{{place},command="bjobs"}} 0.25',
        f"batchboard_agent_scripts{{{place}}} 2",
        f"batchboard_agent_doubts{{{place}}} 1",
        f"batchboard_agent_observations_waiting{{{place}}} 4",
        f"batchboard_scheduler_answered_timestamp_seconds{{{place}}} 1795313640",
    } <= set(lines)
    (silent,) = [line for line in lines if line.startswith("batchboard_scheduler_silent_seconds")]
    assert 30 <= float(silent.split()[-1]) < 60
    heads = [line for line in lines if line.startswith("# TYPE")]
    assert len(heads) == len(set(heads))


def test_label_values_are_escaped() -> None:
    row = LocationRow(
        key="location/x",
        seq=1,
        name='a"b\\c\nd',
        agent_connected=False,
        agent_seen_at=None,
        agent_version=None,
        scheduler=None,
        scheduler_version=None,
        scheduler_answered_at=None,
        scheduler_format=None,
        scheduler_silent_since=None,
        scheduler_problem=None,
    )
    text = exposition(of_locations([row], {}, datetime.now(UTC)))
    assert 'batchboard_agent_connected{location="a\\"b\\\\c\\nd"} 0\n' in text
