"""What shows while the agent is silent or slow, and that it passes by itself."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realtime.domain import assessment as domain
from realtime.service import agents
from realtime.settings import Settings, read
from tests.client import Client, SayingAgent


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Everything that takes seconds in earnest takes a part of one here."""
    for room in (domain, agents):
        monkeypatch.setattr(room, "AGENT_SILENT_AFTER", timedelta(seconds=0.8))
    return read(
        {
            "BATCHBOARD_DATA_DIR": str(settings.data_dir),
            "BATCHBOARD_TOKEN": str(settings.token),
            "BATCHBOARD_AGENT_TOKEN": str(settings.agent_token),
            "BATCHBOARD_PUBLIC_URL": settings.public_url,
            "BATCHBOARD_SUBMIT_SLOW_AFTER": "0.3",
        }
    )


async def test_requests_are_kept_and_go_out_and_slow_says_what_is_known(client: Client) -> None:
    await client.prepare(runs=2)
    agent = SayingAgent(client)
    await agent.lease()
    handed = await client.apply(1)
    await agent.work()
    kept = await client.apply(2)
    await until(client, kept, "Persisted", "goes out by itself")
    await until(client, handed, "LSF_Slow", "agent silent")
    assert (await client.call("GET", "//readyz")).body["locations"][0]["agent_connected"] is False
    agent.holding = ["check/1/1"]
    work = await agent.work()
    assert {submit.job for submit in work.submit} == {handed["id"], kept["id"]}
    assert (await client.call("GET", "//readyz")).body["locations"][0]["agent_connected"] is True
    asking = asyncio.create_task(keep_asking(agent))
    await until(client, kept, "LSF_Slow", "has not begun")
    await agent.claim(kept["id"])
    await agent.submitted(kept["id"], began_at=datetime.now(UTC))
    await until(client, kept, "LSF_Slow", "script running, bsub not called yet")
    await agent.submitted(kept["id"], began_at=datetime.now(UTC), bsub_called_at=datetime.now(UTC))
    await until(client, kept, "LSF_Slow", "bsub called")
    await agent.submitted(kept["id"], "731882", began_at=datetime.now(UTC))
    await until(client, kept, "PEND")
    asking.cancel()
    history = (await client.get(f"/jobs/{kept['id']}/transitions"))["items"]
    assert [item["to"] for item in history] == ["Request Sent", "Persisted", "Request Sent", "LSF_Slow", "PEND"]


async def test_with_the_agent_away_questions_are_answered_at_once_with_what_is_known(client: Client) -> None:
    await client.prepare()
    agent = SayingAgent(client)
    await agent.lease()
    job = await client.apply()
    await agent.run_job(job["id"])
    agent.holding = ["check/1/1"]
    asking = asyncio.create_task(client.call("GET", f"/jobs/{job['id']}/details"))
    question = (await agent.work()).questions[0]
    await agent.call("answers", question=question.id, text="Job <7>, ...")
    known = (await asking).body
    other = await client.apply()
    await until(client, other, "Persisted")
    async with asyncio.timeout(2):
        details = await client.get(f"/jobs/{job['id']}/details")
        log = await client.call("GET", f"/jobs/{job['id']}/log")
    assert details["text"] == known["text"] and details["as_of"] <= known["as_of"]
    assert (log.status, log.error[0]) == (503, "agent_away")
    assert await status_of(client, job) == "PEND", "LSF's last word stays"


async def status_of(client: Client, job: Any) -> str:
    return str((await client.get(f"/jobs/{job['id']}"))["status"])


async def keep_asking(agent: SayingAgent) -> None:
    """An agent that has all work and asks for more."""
    while True:
        work = await agent.work(room=0)
        agent.holding += [f"check/{check.definition}/{check.version}" for check in work.check]


async def until(client: Client, job: Any, wanted: str, words: str = "") -> None:
    async with asyncio.timeout(8):
        while True:
            row = await client.get(f"/jobs/{job['id']}")
            if row["status"] == wanted and words in row["detail"]:
                return
            await asyncio.sleep(0.05)
