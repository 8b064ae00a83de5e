"""What a script says of its LSF job and its log: a claim until the agent has verified it. And what its reports tell."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realtime.domain.address import report_url
from realtime.protocol.observations import PostSeen
from realtime.protocol.questions import LogAnswer
from tests.client import Client, SayingAgent


async def begun(client: Client, *lsf_ids: str) -> tuple[SayingAgent, dict[str, Any]]:
    """A job whose script runs, and has submitted these."""
    await client.prepare()
    agent = SayingAgent(client)
    await agent.lease()
    job = await client.apply()
    await agent.work()
    await agent.claim(job["id"])
    await agent.submitted(job["id"], *lsf_ids, began_at=datetime.now(UTC))
    agent.holding = ["check/1/1"]
    return agent, job


async def post(client: Client, job: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """What the report address answers."""
    url = report_url("", client.house.store.secret, job["experiment"], job["id"])
    answer = await client.quart.post(url, data=json.dumps(body).encode(), headers={"Host": "compute-7"})
    assert answer.status_code == 200
    said: dict[str, Any] = await answer.get_json(force=True)
    return said


async def remarks(client: Client, job: dict[str, Any]) -> list[str | None]:
    return [item["reason"] for item in (await client.get(f"/jobs/{job['id']}/transitions"))["items"]]


async def test_a_posted_lsf_id_counts_once_verified_and_is_followed(client: Client) -> None:
    agent, job = await begun(client)
    assert (await post(client, job, {"lsf_id": "731882"}))["accepted"] == 1
    asked = (await agent.work(room=0)).verify[0]
    assert (asked.lsf_id, asked.log_file, asked.lsf_ids) == ("731882", None, [])
    assert asked.requested_at == datetime.fromisoformat(job["requested_at"])
    assert (await client.get(f"/jobs/{job['id']}"))["lsf_id"] is None
    await agent.verified(asked)
    row = await client.get(f"/jobs/{job['id']}")
    assert (row["status"], row["lsf_id"]) == ("PEND", "731882")
    assert [one.lsf_ids for one in (await agent.work()).follow] == [["731882"]]
    assert (await remarks(client, job))[-1] == "LSF 731882, named by the script and verified"
    again = await post(client, job, {"lsf_id": 5})
    assert again["skipped"] == [{"key": "lsf_id", "reason": "the LSF ID is known: 731882"}]


async def test_a_claim_that_was_replaced_meanwhile_is_verified_anew(client: Client) -> None:
    agent, job = await begun(client)
    await post(client, job, {"lsf_id": "1"})
    first = (await agent.work(room=0)).verify[0]
    await post(client, job, {"lsf_id": "2"})
    await agent.verified(first)
    assert (await client.get(f"/jobs/{job['id']}"))["lsf_id"] is None
    second = (await agent.work(room=0)).verify[0]
    assert second.lsf_id == "2"
    await agent.verified(second)
    assert (await client.get(f"/jobs/{job['id']}"))["lsf_id"] == "2"


async def test_bsubs_own_answer_goes_before_what_the_script_posted(client: Client) -> None:
    agent, job = await begun(client)
    await post(client, job, {"lsf_id": "1"})
    asked = (await agent.work(room=0)).verify[0]
    await agent.submitted(job["id"], "2", began_at=datetime.now(UTC))
    await agent.verified(asked)
    assert (await client.get(f"/jobs/{job['id']}"))["lsf_ids"] == ["2"]
    assert (await remarks(client, job))[-1] == "LSF 1 is not taken: bsub told of LSF 2"
    assert (await agent.work(room=0)).verify == []


async def test_a_posted_id_of_another_job_is_not_taken(client: Client) -> None:
    agent, _ = await begun(client, "7")
    other = await client.apply()
    await agent.run_job(other["id"], "8")
    third = await client.apply()
    answer = await post(client, third, {"lsf_id": "7"})
    assert (answer["accepted"], answer["skipped"][0]["reason"]) == (0, "LSF 7 belongs to job 1 of demo")


async def test_a_posted_log_file_is_shown_and_read_once_verified(client: Client) -> None:
    agent, job = await begun(client, "7")
    assert (await post(client, job, {"log_file": "/reg/d/logs/7.log"}))["accepted"] == 1
    asked = (await agent.work(room=0)).verify[0]
    assert (asked.lsf_id, asked.log_file, asked.lsf_ids) == (None, "/reg/d/logs/7.log", ["7"])
    await agent.lsf(job["id"], "RUN", log_file="/reg/d/lsf.out")
    assert (await client.get(f"/jobs/{job['id']}"))["log_file"] == "/reg/d/lsf.out"
    await agent.verified(asked)
    assert (await client.get(f"/jobs/{job['id']}"))["log_file"] == "/reg/d/logs/7.log"
    asking = asyncio.create_task(client.get(f"/jobs/{job['id']}/log"))
    question = (await agent.work(room=0)).questions[0]
    assert (question.log_file, question.user, question.executable) == (
        "/reg/d/logs/7.log",
        job["user"],
        "/opt/submit.sh",
    )
    log = LogAnswer(text="x", source="file", offset=0, next=1, size=1, path="/reg/d/logs/7.log", complete=False)
    await agent.call("answers", question=question.id, log=log)
    assert (await asking)["text"] == "x"
    repeated = await post(client, job, {"log_file": "/reg/d/logs/7.log"})
    assert (repeated["accepted"], (await agent.work(room=0)).verify) == (1, [])


async def test_a_refused_log_file_is_told_in_the_history_and_forgotten(client: Client) -> None:
    agent, job = await begun(client, "7")
    await post(client, job, {"log_file": "/etc/shadow", "lsf_id": 9})
    asked = (await agent.work(room=0)).verify[0]
    await agent.verified(asked, log_problem="not below an allowed folder")
    row = await client.get(f"/jobs/{job['id']}")
    assert (row["log_file"], row["status"]) == (None, "PEND")
    assert (await remarks(client, job))[-1] == "log file /etc/shadow refused: not below an allowed folder"
    assert (await agent.work(room=0)).verify == []


async def test_verdicts_on_what_nobody_claims_change_nothing(client: Client) -> None:
    agent, job = await begun(client)
    before = await client.get(f"/jobs/{job['id']}")
    seen: dict[str, Any] = {"lsf_id": "5", "lsf_problem": None, "log_file": "/x", "log_problem": None}
    await agent.say(PostSeen(**agent.next(), job=job["id"], **seen))
    assert await client.get(f"/jobs/{job['id']}") == before
    unknown = await agent.say(PostSeen(**agent.next(), job="f" * 24, **seen))
    assert unknown.unknown == ["f" * 24]


@pytest.mark.parametrize("status", ["PEND", "WAIT", "PSUSP"])
async def test_a_report_from_a_job_that_is_thought_to_wait_asks_for_an_early_look_once(
    client: Client, status: str
) -> None:
    agent, job = await begun(client, "7")
    await agent.lsf(job["id"], status)
    await post(client, job, {"counters": {"A": 1}})
    assert (await agent.work(room=0)).look == [job["id"]]
    await post(client, job, {"counters": {"A": 2}})
    assert (await agent.work(room=0)).look == [], "at most once in ten seconds"
    await client.house.store.write(
        lambda tx: tx.conn.exec_driver_sql("UPDATE job SET look_wanted_at = '2026-01-01 00:00:00.000000'")
    )
    await post(client, job, {"counters": {"A": 3}})
    assert (await agent.work(room=0)).look == [job["id"]]
    await agent.lsf(job["id"], "RUN")
    await client.house.store.write(
        lambda tx: tx.conn.exec_driver_sql("UPDATE job SET look_wanted_at = '2026-01-01 00:00:00.000000'")
    )
    await post(client, job, {"counters": {"A": 4}})
    assert (await agent.work(room=0)).look == [], "a running job reports as it should"


async def test_a_report_that_only_asks_for_a_look_is_no_news(client: Client) -> None:
    agent, job = await begun(client, "7")
    await post(client, job, {"counters": {"A": 1}})
    await agent.work(room=0)
    before = await client.get(f"/jobs/{job['id']}")
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    await client.house.store.write(
        lambda tx: tx.conn.exec_driver_sql("UPDATE job SET look_wanted_at = ?", (long_ago.strftime("%F %T.%f"),))
    )
    await post(client, job, {"counters": {"A": 1}})
    assert (await agent.work(room=0)).look == [job["id"]]
    assert await client.get(f"/jobs/{job['id']}") == before
