"""An experiment in numbers: what the newest job of each hash on each run has become, and how long it took."""

from datetime import UTC, datetime, timedelta

from realtime.protocol.agent import LsfSeen, Observation, SubmissionSeen
from realtime.service.observations import observe
from tests.client import Client


async def ended(client: Client, job: str, status: str, n: int, seconds: float) -> None:
    """The job has run for so long."""
    at = datetime.now(UTC)
    seen: list[Observation] = [
        SubmissionSeen(n=n, at=at, job=job, lsf_ids=[str(1000 + n)], began_at=at),
        LsfSeen(n=n + 1, at=at, job=job, lsf_id=str(1000 + n), status="RUN"),
        LsfSeen(n=n + 2, at=at + timedelta(seconds=seconds), job=job, lsf_id=str(1000 + n), status=status),
    ]
    rules = client.house.rules
    assert await client.house.store.write(lambda tx: observe(tx, rules, "default", 1, seen)) == []


async def test_only_current_jobs_count_and_runs_without_one_are_missing(client: Client) -> None:
    await client.prepare(runs=4, hashes=("calib", "index"))
    await ended(client, (await client.apply(1, "calib"))["id"], "EXIT", 10, 5)
    await ended(client, (await client.apply(1, "calib"))["id"], "DONE", 20, 10)
    await ended(client, (await client.apply(2, "calib"))["id"], "DONE", 30, 30)
    await ended(client, (await client.apply(3, "calib"))["id"], "DONE", 40, 20)
    await ended(client, (await client.apply(3, "calib"))["id"], "EXIT", 50, 500)
    await client.apply(2, "calib")
    found = await client.get("/experiments/demo/overview")
    assert (found["runs"], found["processed"]) == (4, 1), "run 2 has a newer job that waits, run 3 one that failed"
    calib, index = found["hashes"]
    assert calib["current"] == {"DONE": 1, "EXIT": 1, "Request Sent": 1}
    assert (calib["name"], calib["missing"], calib["archived"], calib["median_run"]) == ("calib", 1, False, 20.0)
    assert 0 <= calib["median_wait"] < 5
    assert index == {
        "id": 2,
        "name": "index",
        "archived": False,
        "current": {},
        "missing": 4,
        "median_wait": None,
        "median_run": None,
    }


async def test_an_archived_hash_stays_in_the_overview(client: Client) -> None:
    await client.prepare()
    await client.apply()
    await client.call("DELETE", "/experiments/demo/definitions/1")
    (found,) = (await client.get("/experiments/demo/overview"))["hashes"]
    assert (found["archived"], found["current"]) == (True, {"Request Sent": 1})
    assert (await client.call("GET", "/experiments/none/overview")).status == 404
