"""An experiment in numbers: what the newest job of each hash on each run has become, and how long it took."""

import json
from datetime import UTC, datetime, timedelta

from realtime.domain.address import report_url
from realtime.protocol.observations import LsfSeen, Observation, SubmissionSeen
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


async def reported(client: Client, job: str, name: str, value: object) -> None:
    """Its script says so."""
    address = report_url("", client.house.store.secret, "demo", job)
    answer = await client.quart.post(
        address, data=json.dumps({"counters": {name: value}}), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200


async def test_history_counts_waiting_running_and_ended_jobs_and_what_is_behind(client: Client) -> None:
    await client.prepare(runs=4, hashes=("calib", "index"))
    await ended(client, (await client.apply(1, "calib"))["id"], "DONE", 10, 0)
    await ended(client, (await client.apply(2, "calib"))["id"], "EXIT", 20, 0)
    await ended(client, (await client.apply(2, "index"))["id"], "RUN", 30, 0)
    await client.apply(3, "index")
    found = await client.get("/experiments/demo/overview/history?hours=12")
    assert datetime.fromisoformat(found["to"]) - datetime.fromisoformat(found["from"]) < timedelta(hours=1.1)
    names = ("at", "waiting", "running", "done", "failed", "runs", "processed")
    assert len({len(found[name]) for name in names}) == 1
    assert [found[name][-1] for name in names[1:]] == [1, 1, 1, 1, 4, 1]
    assert (found["behind"], found["trend"], found["runs"][0]) == (3, "growing", 0)
    of_index = await client.get("/experiments/demo/overview/history?hash=2&hours=all")
    assert [of_index[name][-1] for name in names[1:]] == [1, 1, 0, 0, 4, 0]
    assert of_index["behind"] == 4
    assert sum(of_index["done"]) + sum(of_index["failed"]) == 0


async def test_a_run_that_is_applied_again_is_processed_when_its_newest_job_is(client: Client) -> None:
    await client.prepare()
    await ended(client, (await client.apply())["id"], "DONE", 10, 0)
    assert (await client.get("/experiments/demo/overview/history"))["behind"] == 0
    await client.apply()
    assert (await client.get("/experiments/demo/overview/history"))["behind"] == 1
    assert (await client.get("/experiments/demo/overview"))["processed"] == 0


async def test_history_of_an_experiment_without_anything_is_there_and_empty(client: Client) -> None:
    await client.prepare(runs=0, hashes=())
    found = await client.get("/experiments/demo/overview/history?hours=all")
    assert (found["runs"], found["waiting"], found["behind"], found["trend"]) == ([0], [0], 0, "steady")


async def test_times_are_spread_over_the_good_jobs_of_each_hash(client: Client) -> None:
    await client.prepare(runs=5, hashes=("calib", "index", "never"))
    for run, seconds in enumerate((10, 20, 30, 40, 50), 1):
        await ended(client, (await client.apply(run, "calib"))["id"], "DONE", 10 * run, seconds)
    await ended(client, (await client.apply(1, "index"))["id"], "EXIT", 90, 500)
    (found,) = await client.get("/experiments/demo/overview/times")
    assert (found["id"], found["name"]) == (1, "calib")
    assert found["run"] == {"n": 5, "low5": 12, "q1": 20, "median": 30, "q3": 40, "high95": 48}
    assert found["wait"]["n"] == 5 and 0 <= found["wait"]["median"] < 5
    assert await client.get("/experiments/demo/overview/times?hash=2") == []


async def test_a_counter_stands_beside_the_runs_of_the_current_jobs(client: Client) -> None:
    await client.prepare(runs=3)
    for run, values in ((1, (3, 12)), (2, ("7 %",)), (3, ("many",))):
        for value in values:
            job = (await client.apply(run))["id"]
            await ended(client, job, "DONE", 10 * run, 1)
            await reported(client, job, "Hits", value)
    found = await client.get("/experiments/demo/overview/counter?hash=1")
    assert (found["name"], found["counter"], found["counters"], found["percent"]) == (
        "example",
        "Hits",
        ["Hits"],
        False,
    )
    items = [(item["run"], item["value"], item["text"], item["status"]) for item in found["items"]]
    assert items == [(1, 12, "12", "DONE"), (2, 7, "7 %", "DONE"), (3, None, "many", "DONE")]
    assert (await client.get("/experiments/demo/overview/counter?hash=1&counter=none"))["items"] == []


async def test_each_picture_has_its_numbers_as_a_file(client: Client) -> None:
    await client.prepare()
    job = (await client.apply())["id"]
    await ended(client, job, "DONE", 10, 60)
    await reported(client, job, "=Hits", "=1+2")
    texts = {}
    for path in (".csv", "/history.csv?hours=12", "/times.csv", "/counter.csv?hash=1&counter=%3DHits"):
        answer = await client.call("GET", f"/experiments/demo/overview{path}")
        assert answer.headers["Content-Disposition"].endswith('.csv"'), path
        texts[path.partition("?")[0]] = answer.body.decode().splitlines()
    assert texts[".csv"][0].startswith("Hash,DONE,Missing") and texts[".csv"][1].startswith("example,1,0,")
    assert texts["/history.csv"][0] == "At (UTC),Waiting,Running,Done,Failed,Runs,Processed"
    assert texts["/history.csv"][-1].endswith(",0,0,1,0,1,1")
    assert texts["/times.csv"][1].endswith(",60,60,60,60,60")
    assert texts["/counter.csv"][1] == f"1,example,,'=1+2,DONE,{job}"
    assert texts["/counter.csv"][0].split(",")[2] == "'=Hits"


async def test_what_is_asked_for_wrongly_is_said(client: Client) -> None:
    await client.prepare()
    path = "/experiments/demo/overview"
    wrong = {"history?hours=0": "hours", "history?hours=1.5": "hours", "counter": "hash", "counter?hash=x": "hash"}
    for query, field in wrong.items():
        answer = await client.call("GET", f"{path}/{query}")
        assert (answer.status, answer.error) == (422, ("invalid", field)), query
    for query in ("history?hash=9", "times?hash=9", "counter?hash=9"):
        assert (await client.call("GET", f"{path}/{query}")).status == 404
    assert (await client.call("GET", "/experiments/none/overview/history")).status == 404
