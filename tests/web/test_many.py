"""Many jobs at once: each is decided by the store, everything may be repeated, the rest is left out with a reason."""

import asyncio
from typing import Any

import pytest

from realtime.service.experiments import start_run
from realtime.service.many import PORTION
from realtime.settings import Settings
from realtime.store.tx import Tx
from tests.client import Client, SayingAgent

KILL, DELETE, CANCEL = (f"/experiments/demo/jobs/{action}" for action in ("kill", "delete", "cancel"))


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An application that does not relabel by itself, however long a test takes."""
    monkeypatch.setattr("realtime.app.LABEL_EVERY", 3600)
    return settings


async def statuses(client: Client) -> dict[str, int]:
    found: dict[str, int] = {}
    cursor: str | None = ""
    while cursor is not None:
        page = await client.get(f"/experiments/demo/jobs?limit=500{cursor}")
        for job in page["items"]:
            found[job["status"]] = found.get(job["status"], 0) + 1
        cursor = page["next"] and f"&cursor={page['next']}"
    return found


def reasons(answer: Any) -> dict[str, str]:
    return {one["job"]: one["reason"] for one in answer["skipped"]}


async def test_a_preview_of_applying_says_what_applying_then_does(client: Client) -> None:
    await client.prepare(runs=4)
    await client.apply("2")
    body = {"definition": "example", "runs": "1-3", "only": "missing"}
    before = await client.get("/experiments/demo/jobs")
    seen = await client.post("/experiments/demo/jobs/preview", body)
    assert seen == {"runs": [1, 3], "skipped": [{"run": 2, "reason": "it has a job of this hash that is live or DONE"}]}
    assert await client.get("/experiments/demo/jobs") == before
    made = await client.post("/experiments/demo/jobs", body)
    assert ([job["run"] for job in made["jobs"]], made["skipped"]) == (seen["runs"], seen["skipped"])


async def test_killing_on_runs_takes_the_live_jobs_of_that_hash_there_and_no_others(client: Client) -> None:
    await client.prepare(runs=5, hashes=("example", "other"))
    await client.apply("all")
    await client.apply("all", "other")
    body = {"runs": "1-2,5", "definition": "example"}
    seen = await client.post(KILL, body | {"preview": True})
    assert [(one["run"], one["hash"], one["status"]) for one in seen["jobs"]] == [
        (run, "example", "Request Sent") for run in (1, 2, 5)
    ]
    assert await statuses(client) == {"Request Sent": 10}, "a preview does nothing"
    done = await client.post(KILL, body)
    assert [(one["run"], one["status"]) for one in done["jobs"]] == [(1, "EXIT"), (2, "EXIT"), (5, "EXIT")]
    assert await statuses(client) == {"EXIT": 3, "Request Sent": 7}
    assert await client.post(KILL, body) == {"jobs": [], "skipped": []}
    assert len((await client.post(KILL, {"runs": "all"}))["jobs"]) == 7


async def test_a_kill_while_the_agent_is_away_waits_for_it_and_is_not_asked_twice(client: Client) -> None:
    await client.prepare()
    job = (await client.apply())["id"]
    agent = SayingAgent(client)
    await agent.lease()
    await agent.run_job(job, "731885")
    for _ in range(2):
        answer = await client.post(KILL, {"jobs": [job]})
        assert [(one["id"], one["status"]) for one in answer["jobs"]] == [(job, "PEND")]
    deeds = (await client.get("/experiments/demo/activity"))["items"]
    assert [deed["text"] for deed in deeds if deed["action"] == "kill"] == ["killed example on run 1"]
    agent.name = "a1"
    await agent.lease()
    assert [kill.job for kill in (await agent.work()).kill] == [job]
    await agent.killed(job)
    await agent.lsf(job, "EXIT", "731885")
    again = await client.post(KILL, {"jobs": [job]})
    assert reasons(again) == {job: "it has ended already: EXIT"}


async def test_deleting_leaves_live_jobs_and_says_so(client: Client) -> None:
    await client.prepare(runs=3)
    answer = await client.post("/experiments/demo/jobs", {"definition": "example", "runs": "all"})
    ids = [job["id"] for job in answer["jobs"]]
    await client.post(KILL, {"jobs": ids[:2]})
    done = await client.post(DELETE, {"runs": "all"})
    assert [one["id"] for one in done["jobs"]] == ids[:2]
    assert done["skipped"] == [
        {"job": ids[2], "run": 3, "hash": "example", "reason": "it is live (Request Sent): kill it first"}
    ]
    again = await client.post(DELETE, {"jobs": ids})
    assert reasons(again) == {
        ids[0]: "there is no such job",
        ids[1]: "there is no such job",
        ids[2]: "it is live (Request Sent): kill it first",
    }
    assert again["skipped"][0]["run"] is None


async def test_undo_takes_back_what_lsf_does_not_have_and_names_what_it_has(client: Client) -> None:
    await client.prepare(runs=3)
    answer = await client.post("/experiments/demo/jobs", {"definition": "example", "runs": "all"})
    first, second, third = (job["id"] for job in answer["jobs"])
    agent = SayingAgent(client)
    await agent.lease()
    await agent.run_job(first, "731885")
    await agent.work()
    assert (await agent.claim(second)).granted
    done = await client.post(CANCEL, {"jobs": [first, second, third]})
    assert reasons(done) == {first: "LSF has it: 731885"}
    assert {one["id"]: one["status"] for one in done["jobs"]} == {second: "Request Sent", third: "EXIT"}
    assert [kill.job for kill in (await agent.work()).kill] == [second], "its script runs: the agent ends it"
    assert not (await agent.claim(third)).granted


async def test_of_an_undo_and_a_claim_that_race_the_store_lets_one_win(client: Client) -> None:
    await client.prepare(runs=8)
    answer = await client.post("/experiments/demo/jobs", {"definition": "example", "runs": "all"})
    ids = [job["id"] for job in answer["jobs"]]
    agent = SayingAgent(client)
    await agent.lease()
    await agent.work()
    *claims, done = await asyncio.gather(*(agent.claim(job) for job in ids[:4]), client.post(CANCEL, {"jobs": ids}))
    cancelled = {one["id"] for one in done["jobs"] if one["status"] == "EXIT"}
    assert {one["id"] for one in done["jobs"]} == set(ids)
    for job, claim in zip(ids[:4], claims, strict=True):
        assert claim.granted != (job in cancelled), "run or cancelled, never both"
    to_end = {kill.job for kill in (await agent.work()).kill}
    assert to_end == set(ids) - cancelled
    late = [await agent.claim(job) for job in ids if job in cancelled]
    assert not any(claim.granted for claim in late)


@pytest.mark.timeout(180)
async def test_five_thousand_jobs_are_killed_and_deleted_at_once_and_one_more_is_too_many(client: Client) -> None:
    await client.prepare()

    def runs(tx: Tx) -> None:
        for number in range(2, 502):
            start_run(tx, "demo", number, None, {}, "ana")

    await client.house.store.write(runs)
    for _ in range(10):
        await client.apply("2-501")
    seen = await client.post(KILL, {"runs": "all", "preview": True})
    done = await client.post(KILL, {"jobs": [one["id"] for one in seen["jobs"]]})
    assert len({one["id"] for one in done["jobs"]}) == 5000
    assert {one["status"] for one in done["jobs"]} == {"EXIT"}
    deeds = (await client.get("/experiments/demo/activity?limit=30"))["items"]
    assert sum(deed["action"] == "kill" for deed in deeds) == 5000 / PORTION
    await client.apply()
    too_many = await client.call("POST", DELETE, {"runs": "all"})
    assert (too_many.status, too_many.error) == (422, ("invalid", "runs"))
    assert len((await client.post(DELETE, {"runs": "2-501"}))["jobs"]) == 5000
    assert await statuses(client) == {"Request Sent": 1}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "jobs"),
        ({"jobs": ["a"], "runs": 1}, 422, "jobs"),
        ({"jobs": ["a"], "definition": "example"}, 422, "definition"),
        ({"jobs": ["a"] * 5001}, 422, "jobs"),
        ({"runs": "none"}, 422, "runs"),
        ({"runs": "1-9"}, 422, "runs"),
        ({"runs": 1, "definition": "nothing"}, 422, "definition"),
        ({"runs": 1, "other": 2}, 422, None),
    ],
)
async def test_what_is_not_understood_is_refused_and_nothing_is_done(
    client: Client, body: Any, status: int, field: str | None
) -> None:
    await client.prepare()
    await client.apply()
    for path in (KILL, DELETE, CANCEL):
        answer = await client.call("POST", path, body)
        assert answer.status == status
        assert field is None or answer.error[1] == field
    assert await statuses(client) == {"Request Sent": 1}
    elsewhere = await client.call("POST", KILL.replace("demo", "none"), {"runs": "all"})
    assert elsewhere.status == 404


async def test_jobs_of_another_experiment_are_out_of_reach(client: Client) -> None:
    await client.prepare()
    await client.prepare("other")
    job = (await client.apply(experiment="other"))["id"]
    assert reasons(await client.post(KILL, {"jobs": [job]})) == {job: "there is no such job"}
    assert (await client.get(f"/jobs/{job}"))["status"] == "Request Sent"
