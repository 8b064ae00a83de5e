"""What a screen on the wall shows."""

from typing import Any

from tests.client import Client
from tests.web.test_shift import became


async def test_the_wall_shows_the_newest_runs_totals_and_failures(client: Client) -> None:
    await client.prepare(runs=3, hashes=("calib", "index", "unused"))
    await became(client, await client.apply(1, "calib"), 10, "RUN", "DONE")
    await became(client, await client.apply(2, "calib"), 20, "RUN", "EXIT", exit_code=2, queue="psanaq")
    await became(client, await client.apply(3, "calib"), 30, "RUN", "EXIT", exit_code=1)
    await became(client, await client.apply(3, "calib"), 40, "RUN")
    await became(client, await client.apply(3, "index"), 50, "RUN", "EXIT", exit_code=9)
    wall = await client.get("/experiments/demo/wall?runs=2")
    assert (wall["taken"], wall["processed"], wall["totals"]) == (3, 1, {"DONE": 1, "EXIT": 2, "RUN": 1})
    assert wall["hashes"] == [{"id": 1, "name": "calib"}, {"id": 2, "name": "index"}]
    assert [(run["number"], [told(job) for job in run["jobs"]]) for run in wall["runs"]] == [
        (3, [(1, "RUN", None), (2, "EXIT", 9)]),
        (2, [(1, "EXIT", 2)]),
    ]
    assert [(failure["run"], failure["hash"]) for failure in wall["failures"]] == [(3, "index"), (2, "calib")]
    assert wall["queues"] == ["psanaq"]


def told(job: dict[str, Any]) -> tuple[int, str, int | None]:
    assert job["killing"] is False
    return job["hash"], job["status"], job["exit_code"]


async def test_a_kill_that_is_asked_for_shows(client: Client) -> None:
    await client.prepare()
    job = await client.apply()
    await became(client, job, 10, "RUN")
    await client.post(f"/jobs/{job['id']}/kill")
    ((shown,),) = [run["jobs"] for run in (await client.get("/experiments/demo/wall"))["runs"]]
    assert (shown["status"], shown["killing"]) == ("RUN", True)


async def test_what_is_asked_for_is_bounded_and_must_exist(client: Client) -> None:
    await client.prepare()
    assert (await client.call("GET", "/experiments/demo/wall?runs=61")).status == 422
    assert (await client.call("GET", "/experiments/none/wall")).status == 404


async def test_the_page_carries_its_first_picture_and_no_rows_of_runs(client: Client) -> None:
    await client.prepare(runs=2)
    await client.apply()
    page = await client.call("GET", "//experiments/demo/wall")
    assert page.status == 200
    text = page.body.decode()
    assert '"wall":{"epoch":' in text and '"kind":"definition"' in text
    assert '"kind":"run"' not in text and '"kind":"job"' not in text
