"""A shift: what happened within a span, and what was not through at its end."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from realtime.protocol.agent import AgentState
from realtime.protocol.observations import LsfSeen, SubmissionSeen
from realtime.service.observations import observe
from tests.client import Client, SayingAgent

START = datetime.now(UTC)


async def became(client: Client, job: Any, n: int, *statuses: str, **facts: Any) -> None:
    """LSF said these of the job, one after the other."""
    at = datetime.now(UTC)
    seen: list[Any] = [SubmissionSeen(n=n, at=at, job=job["id"], lsf_ids=[str(n)], began_at=at)]
    for i, status in enumerate(statuses, 1):
        seen.append(LsfSeen(n=n + i, at=at, job=job["id"], lsf_id=str(n), status=status, **facts))
    rules = client.house.rules
    assert await client.house.store.write(lambda tx: observe(tx, rules, "default", 1, seen)) == []


async def worked(client: Client) -> None:
    """Four runs, two hashes: done, failed twice alike, failed and made again, running and pending jobs."""
    await client.prepare(runs=4, hashes=("calib", "index"))
    memory = {"exit_code": 130, "reason": "TERM_MEMLIMIT: job killed after reaching LSF memory usage limit."}
    await became(client, await client.apply(1, "calib"), 10, "RUN", "DONE")
    await became(client, await client.apply(2, "calib"), 20, "RUN", "EXIT", **memory)
    await became(client, await client.apply(3, "calib"), 30, "RUN", "EXIT", **memory)
    await became(client, await client.apply(4, "calib"), 40, "RUN", "EXIT", exit_code=1)
    await became(client, await client.apply(4, "calib"), 50, "RUN", "DONE")
    await became(client, await client.apply(1, "index"), 60, "RUN")
    await client.apply(2, "index")
    await client.call("PATCH", "/experiments/demo/runs/3", {"comment": "beam *lost*", "tags": ["dark"]})


def spanned(begin: datetime, end: datetime) -> str:
    return "/experiments/demo/shift?" + urlencode({"from": begin.isoformat(), "to": end.isoformat()})


async def test_a_shift_tells_of_runs_jobs_and_people(client: Client) -> None:
    await worked(client)
    found = await client.get("/experiments/demo/shift")
    assert found["runs"] == {"count": 4, "first": 1, "last": 4, "listed": "1-4", "unprocessed": "2-3"}
    assert (found["processed"], found["failed_count"], found["again"]) == (2, 2, 1)
    assert (found["running_count"], found["pending_count"]) == (1, 1)
    assert found["hashes"] == [
        {"name": "calib", "done": 2, "failed": 2, "running": 0, "pending": 0},
        {"name": "index", "done": 0, "failed": 0, "running": 1, "pending": 1},
    ]
    assert [(job["run"], job["hash"]) for job in found["failed"]] == [(2, "calib"), (3, "calib")]
    assert [(job["run"], job["status"]) for job in found["running"]] == [(1, "RUN")]
    assert [(job["run"], job["status"]) for job in found["pending"]] == [(2, "Request Sent")]
    assert found["notes"] == [{"run": 3, "comment": "beam *lost*", "tags": ["dark"]}]
    (applied,) = found["applied"]
    assert applied["times"] == 7
    assert any(deed["text"].startswith("commented run 3: ") for deed in found["activity"]), found["activity"]
    begin, end = (datetime.fromisoformat(found[name]) for name in ("from", "to"))
    assert end - begin == timedelta(hours=8)


async def test_a_failure_is_told_in_the_sentence_of_its_explanation(client: Client) -> None:
    await worked(client)
    (first, _) = (await client.get("/experiments/demo/shift"))["failed"]
    assert first["sentence"] == (await client.get(f"/jobs/{first['job']}/explanation"))["sentence"]


async def test_the_same_as_markdown_for_the_logbook(client: Client) -> None:
    await worked(client)
    answer = await client.call("GET", "/experiments/demo/shift.md")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'filename="demo-shift-' in answer.headers["Content-Disposition"]
    text = answer.body.decode()
    (failed,) = [line for line in text.splitlines() if line.startswith("- 2 x ")]
    assert failed.endswith(": runs 2-3 (calib)")
    assert "4 runs taken: 1-4. 2 processed, 2 not: 2-3." in text
    assert "| 3 | dark | beam \\*lost\\* |" in text


async def test_an_earlier_span_tells_nothing_of_what_came_after_it(client: Client) -> None:
    await worked(client)
    before = await client.get(spanned(START - timedelta(hours=9), START - timedelta(hours=1)))
    assert before["runs"] == {"count": 0, "first": None, "last": None, "listed": "", "unprocessed": ""}
    assert [before[name] for name in ("failed_count", "running_count", "pending_count", "again")] == [0, 0, 0, 0]
    assert before["hashes"] == before["activity"] == before["applied"] == []


async def test_a_job_that_was_through_after_the_end_counts_as_not_through_at_it(client: Client) -> None:
    await client.prepare()
    job = await client.apply()
    between = datetime.now(UTC)
    await became(client, job, 10, "RUN", "DONE")
    found = await client.get(spanned(between - timedelta(hours=1), between))
    assert (found["pending_count"], found["processed"], found["hashes"][0]["done"]) == (1, 0, 0)


async def test_a_span_that_is_none_is_refused(client: Client) -> None:
    await client.prepare()
    now = datetime.now(UTC)
    for begin, end in ((now, now - timedelta(hours=1)), (now + timedelta(hours=1), now + timedelta(hours=2))):
        assert (await client.call("GET", spanned(begin, end))).error == ("invalid", "from")
    assert (await client.call("GET", spanned(now - timedelta(days=40), now))).error == ("invalid", "from")
    assert (await client.call("GET", "/experiments/demo/shift?from=yesterday")).status == 422
    assert (await client.call("GET", "/experiments/none/shift")).status == 404


async def test_trouble_with_the_farm_is_told(client: Client) -> None:
    await client.prepare()
    await client.apply()
    assert (await client.get("/experiments/demo/shift"))["trouble"] == [
        "The batch client of default is away, never heard of."
    ]
    agent = SayingAgent(client, state=AgentState(silent_since=datetime.now(UTC), problem="bjobs: timed out"))
    await agent.lease()
    await agent.work()
    (said,) = (await client.get("/experiments/demo/shift"))["trouble"]
    assert said.startswith("LSF has not answered since ") and said.endswith("(default): bjobs: timed out")
