"""Every list carries the position that it was read at, so that page and socket join without a hole."""

from functools import partial
from typing import Any

import pytest

from realtime.store.changes import SITE, experiment_scope
from realtime.store.rows import position
from tests.client import Client, SayingAgent


async def list_routes(client: Client) -> dict[str, dict[str, Any]]:
    """path -> schema of every answer that is a page of a list."""
    api = await client.get("/openapi.json")
    found = {}
    for path, calls in api["paths"].items():
        content = calls.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        name = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
        schema = api["components"]["schemas"].get(name, {})
        if {"items", "next"} <= schema.get("properties", {}).keys():
            found[path.removeprefix("/api/v1")] = schema
    return found


async def test_every_list_carries_the_position_it_was_read_at(client: Client) -> None:
    await client.prepare(runs=2)
    agent = SayingAgent(client)
    await agent.lease()
    job = await client.apply()
    await agent.run_job(job["id"])
    paths = await list_routes(client)
    assert {"/experiments", "/experiments/{experiment}/jobs", "/jobs/{id}/transitions", "/jobs/{id}/reports"} <= set(
        paths
    )
    here = experiment_scope("demo")
    seq = {scope: await client.house.store.read(partial(position, scope=scope)) for scope in (SITE, here)}
    for path, schema in paths.items():
        assert {"items", "next", "epoch", "seq"} <= set(schema["required"]), path
        known = path.replace("{experiment}", "demo").replace("definitions/{id}", "definitions/1")
        page = await client.get(known.replace("{id}", job["id"]))
        where = seq[SITE if path == "/experiments" else here]
        assert where is not None and (page["epoch"], page["seq"]) == (client.house.store.epoch, where[0]), path


async def test_rows_of_a_page_are_never_newer_than_its_position(client: Client) -> None:
    await client.prepare(runs=3)
    for path in ("/experiments", "/experiments/demo/runs", "/experiments/demo/definitions"):
        page = await client.get(path)
        assert page["items"] and max(row["seq"] for row in page["items"]) <= page["seq"]


async def test_changes_go_on_from_a_page_until_nothing_is_new(client: Client) -> None:
    await client.prepare(runs=1)
    page = await client.get("/experiments/demo/runs")
    job = await client.apply()
    await client.call("PATCH", "/experiments/demo/runs/1", {"params": {"a": 1}})
    delta = await client.get(f"/experiments/demo/changes?since={page['epoch']}:{page['seq']}")
    assert (delta["type"], delta["from"], delta["epoch"]) == ("delta", page["seq"], page["epoch"])
    rows = {row["key"]: row for row in delta["put"]}
    assert rows["run/1"]["params"] == {"a": 1} and f"job/{job['id']}" in rows
    await client.post(f"/jobs/{job['id']}/kill")
    await client.call("DELETE", f"/jobs/{job['id']}")
    gone = await client.get(f"/experiments/demo/changes?since={delta['epoch']}:{delta['to']}")
    assert [key for key, _ in gone["drop"]] == [f"job/{job['id']}"]
    nothing = await client.get(f"/experiments/demo/changes?since={gone['epoch']}:{gone['to']}")
    assert (nothing["put"], nothing["drop"], nothing["to"]) == ([], [], gone["to"])


@pytest.mark.parametrize(
    ("since", "status"),
    [("{epoch}:999999", 410), ("other:1", 410), ("1", 422), ("{epoch}:", 422), ("{epoch}:-1", 422), ("", 422)],
)
async def test_a_position_that_cannot_be_served_is_refused_with_the_reason(
    client: Client, since: str, status: int
) -> None:
    await client.prepare()
    since = since.replace("{epoch}", client.house.store.epoch)
    answer = await client.call("GET", f"/experiments/demo/changes?since={since}")
    assert (answer.status, answer.error[1]) == (status, "since")


async def test_every_transition_comes_once_and_in_order_also_of_a_job_that_lives_a_moment(client: Client) -> None:
    await client.prepare()
    agent = SayingAgent(client)
    await agent.lease()
    since, seen = 0, []
    for _ in range(3):
        job = await client.apply()
        await agent.run_job(job["id"])
        await agent.lsf(job["id"], "RUN")
        await agent.lsf(job["id"], "DONE")
        while True:
            page = await client.get(f"/experiments/demo/transitions?since={since}&limit=2")
            seen += page["items"]
            since = page["seq"] if page["next"] is None else int(page["next"])
            if page["next"] is None:
                break
    assert [item["to"] for item in seen] == ["Request Sent", "PEND", "RUN", "DONE"] * 3
    numbers = [item["seq"] for item in seen]
    assert numbers == sorted(set(numbers))
    assert (await client.call("GET", "/experiments/demo/transitions?since=-1")).error == ("invalid", "since")
