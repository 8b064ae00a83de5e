"""The run table by the API, as a file, and as a page begins with it."""

import csv
import io
import json
import re
from typing import Any

import pytest

from tests.client import Client

TABLE = "/experiments/demo/table"


async def index(client: Client, query: str = "") -> list[list[int]]:
    """The runs of a view."""
    return list((await client.get(f"{TABLE}?{query}"))["runs"])


async def records(client: Client, query: str = "") -> list[list[str]]:
    """The file of a view."""
    answer = await client.call("GET", f"{TABLE}.csv?{query}")
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="demo-runs.csv"'
    return list(csv.reader(io.StringIO(answer.body.decode(), newline="")))


async def page(client: Client, query: str = "") -> dict[str, Any]:
    """What Batch control begins with."""
    answer = await client.call("GET", f"//experiments/demo?{query}")
    assert answer.status == 200
    found = re.search(r'<script[^>]*id="page"[^>]*>(.*?)</script>', answer.body.decode(), re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


async def report(client: Client, job: str, counters: dict[str, Any]) -> None:
    """A job reports."""
    posted = {"counters": [{"name": name, "value": value, "color": None} for name, value in counters.items()]}

    def put(tx: Any) -> None:
        tx.conn.exec_driver_sql("UPDATE job SET counters = ? WHERE id = ?", (json.dumps(posted["counters"]), job))

    await client.house.store.write(put)


async def test_the_index_counts_the_current_jobs_that_the_runs_tell_of(client: Client) -> None:
    await client.prepare(runs=3, hashes=("example", "other"))
    first = await client.apply("1-2")
    await client.apply(2, "other")
    await client.post(f"/jobs/{first['id']}/kill")
    again = await client.apply(1)
    found = await client.get(TABLE)
    assert found["runs"] == [[3, 0, 0, 0, 0], [2, 2, 0, 2, 0], [1, 1, 0, 1, 0]]
    runs = (await client.get("/experiments/demo/runs"))["items"]
    assert {run["number"]: sum(run["current"].values()) for run in runs} == {n: lines for n, lines, *_ in found["runs"]}
    assert (found["epoch"], found["seq"]) == (
        client.house.store.epoch,
        (await client.get("/experiments/demo/runs"))["seq"],
    )
    await client.post(f"/jobs/{again['id']}/kill")
    assert await index(client, "failed=1") == [[1, 1, 0, 0, 1]]


async def test_what_supersedes_a_job_is_kept_up_by_applying_resubmitting_and_deleting(client: Client) -> None:
    await client.prepare()
    old = await client.apply()
    await client.post(f"/jobs/{old['id']}/kill")
    assert await index(client, "failed=1") == [[1, 1, 0, 0, 1]]
    new = await client.post(f"/jobs/{old['id']}/resubmit")
    assert await index(client) == [[1, 1, 0, 1, 0]]
    assert await index(client, "failed=1") == []
    await client.post(f"/jobs/{new['id']}/kill")
    await client.call("DELETE", f"/jobs/{new['id']}")
    assert await index(client, "failed=1") == [[1, 1, 0, 0, 1]]
    (run,) = (await client.get("/experiments/demo/runs"))["items"]
    assert run["current"] == {"EXIT": 1}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("runs=3-1", "runs"),
        ("sort=hash", "sort"),
        ("text=" + "x" * 201, "text"),
        ("text=" + "+".join("abcdefghijklm"), "text"),
        ("failed=yes", "failed"),
        ("colour=red", "colour"),
    ],
)
async def test_a_wrong_filter_is_refused_by_its_name(client: Client, query: str, field: str) -> None:
    await client.prepare()
    for path in (TABLE, f"{TABLE}.csv"):
        refused = await client.call("GET", f"{path}?{query}")
        assert (refused.status, refused.error) == (422, ("invalid", field))


async def test_the_table_of_no_experiment_is_not_there(client: Client) -> None:
    for path in ("table", "table.csv", "table/names", "table/rows?runs=1"):
        refused = await client.call("GET", f"/experiments/nothing/{path}")
        assert (refused.status, refused.error) == (404, ("not_found", "experiment"))
        stranger = await client.quart.get(f"/api/v1/experiments/nothing/{path}", headers={"Host": "localhost"})
        assert stranger.status_code == 401


async def test_rows_come_with_earlier_jobs_for_as_many_runs_as_fit(client: Client, monkeypatch: Any) -> None:
    await client.prepare(runs=4)
    for _ in range(2):
        await client.apply("all")
    found = await client.get(f"{TABLE}/rows?runs=3,9,1-2,3")
    assert found["runs"] == [3, 1, 2]
    newest = (await client.get("/experiments/demo/runs"))["seq"]
    assert (found["epoch"], found["seq"]) == (client.house.store.epoch, newest)
    kinds = [(row["kind"], row.get("run", row["number"])) for row in found["items"]]
    assert kinds == [(kind, run) for run in (3, 1, 2) for kind in ("run", "job", "job")]
    monkeypatch.setattr("realtime.web.api_table.JOBS_AT_ONCE", 3)
    assert (await client.get(f"{TABLE}/rows?runs=3,9,1-2"))["runs"] == [3]
    assert (await client.get(f"{TABLE}/rows?runs=9"))["runs"] == []
    for runs in ("", "1-101", "2-1"):
        refused = await client.call("GET", f"{TABLE}/rows?runs={runs}")
        assert (refused.status, refused.error) == (422, ("invalid", "runs"))


async def test_names_come_in_the_order_of_their_first_or_most_use(client: Client) -> None:
    await client.prepare(runs=0)
    runs = [({"x": 1}, ["dark"]), ({"b": 1, "a b": 2}, ["bad", "dark"]), ({"x": 3, 'odd".name': 4}, [])]
    for params, tags in runs:
        run = await client.post("/experiments/demo/runs", {"params": params})
        answer = await client.call("PATCH", f"/experiments/demo/runs/{run['number']}", {"tags": tags})
        assert answer.status == 200
    first, second = [await client.apply(run) for run in (1, 2)]
    await report(client, first["id"], {"Hits": 1})
    await report(client, second["id"], {"Hits": 1, "Ärger": 2, "B": 3})
    assert await client.get(f"{TABLE}/names") == {
        "params": ["x", "a b", "b", 'odd".name'],
        "counters": ["Hits", "B", "Ärger"],
        "tags": ["dark", "bad"],
        "users": [client.house.user],
    }


async def test_the_file_has_a_record_for_each_line_and_each_run_without_one(client: Client) -> None:
    await client.prepare(runs=0, hashes=("example", "second, part"))
    for n in (1, 2):
        body = {"params": {"a,b%": 9.5, "n": n}, "started_at": f"2026-03-01T12:00:0{n}Z"}
        await client.post("/experiments/demo/runs", body)
    ended = {"ended_at": "2026-03-01T12:01:01.5Z"}
    assert (await client.call("PATCH", "/experiments/demo/runs/1", ended)).status == 200
    job = await client.apply(1)
    await client.apply(1, "second, part")
    await report(client, job["id"], {"Hit, rate": "12.4 %"})
    columns = "columns=started,length,param:a%252Cb%2525,length,counter:Hit%252C rate"
    assert await records(client, columns) == [
        ["Run", "Hash", "Status", "Run started (UTC)", "Run length (s)", "a,b%", "Length (s)", "Hit, rate"],
        ["2", "", "", "2026-03-01T12:00:02Z", "", "9.5", "", ""],
        ["1", "example", "Request Sent", "2026-03-01T12:00:01Z", "60", "9.5", "", "12.4 %"],
        ["1", "second, part", "Request Sent", "2026-03-01T12:00:01Z", "60", "9.5", "", ""],
    ]
    assert [row[:2] for row in await records(client, "hash=example")][1:] == [["1", "example"]]
    assert [row[:2] for row in await records(client, "text=12.4")][1:] == []
    by_counter = await records(client, "sort=-counter:Hit, rate&columns=counter:Hit%252C rate")
    assert [row[:2] for row in by_counter][1:] == [["1", "example"], ["1", "second, part"], ["2", ""]]
    refused = await client.call("GET", f"{TABLE}.csv?columns=started,colour")
    assert (refused.status, refused.error) == (422, ("invalid", "columns"))


async def test_nothing_in_the_file_is_taken_for_a_formula(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("realtime.web.csv.LINES_AT_ONCE", 1)
    await client.prepare(runs=0)
    values = ["=1+1", "+cmd|x", "-2+3", "@SUM(A1)", "\tx", "\rx", "-2.5", "+3e4", 'a"b', "plain"]
    for value in values:
        await client.post("/experiments/demo/runs", {"params": {"=p": value}})
    found = [row[3] for row in await records(client, "columns=param:=p&sort=run")]
    assert found == ["'=p", "'=1+1", "'+cmd|x", "'-2+3", "'@SUM(A1)", "'\tx", "'\rx", "-2.5", "+3e4", 'a"b', "plain"]


async def test_a_page_begins_with_the_first_screen_of_the_view_that_its_address_has(
    client: Client, monkeypatch: Any
) -> None:
    await client.prepare(runs=5, hashes=("example", "other"))
    await client.apply("all")
    await client.apply("2-5", "other")
    monkeypatch.setattr("realtime.web.table.FIRST_LINES", 4)
    begun = await page(client)
    assert [number for number, *_ in begun["table"]["runs"]] == [5, 4, 3, 2, 1]
    kinds = [row["kind"] for row in begun["rows"]]
    assert kinds == ["location", "definition", "definition", "run", "job", "job", "run", "job", "job"]
    assert begun["table"]["seq"] == begun["seq"] == max(row["seq"] for row in begun["rows"])
    assert begun["live"].endswith("/live?runs=1") and begun["filter_problems"] == {}
    monkeypatch.setattr("realtime.web.table.FIRST_LINES", 1)
    one = await page(client, "hash=other&sort=run&mode=grid")
    assert one["table"]["runs"] == [[number, 1, 0, 1, 0] for number in (2, 3, 4, 5)]
    assert [row["number"] for row in one["rows"] if row["kind"] == "run"] == [2]
    assert len([row for row in one["rows"] if row["kind"] == "job"]) == 2, "all jobs of its runs are there"


async def test_what_a_page_cannot_understand_of_its_address_is_no_condition_and_is_named(client: Client) -> None:
    await client.prepare(runs=3)
    begun = await page(client, "runs=3-1&sort=colour&failed=yes&status=&text=2")
    assert [number for number, *_ in begun["table"]["runs"]] == [2]
    assert begun["filter_problems"].keys() == {"runs", "sort"}


async def test_a_page_of_an_empty_experiment_has_no_runs(client: Client) -> None:
    await client.prepare(runs=0, hashes=())
    begun = await page(client)
    assert (begun["rows"], begun["table"]["runs"]) == ([], [])
