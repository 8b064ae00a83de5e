"""The activity: every action of a person or a program is noted once, in words."""

from typing import Any

from tests.client import Client, SayingAgent


async def told(client: Client) -> list[tuple[str, str]]:
    """(action, text), oldest first."""
    page = await client.get("/experiments/demo/activity?since=0&limit=500")
    return [(deed["action"], deed["text"]) for deed in page["items"]]


async def test_what_is_done_with_hashes_and_jobs_is_told_in_words(client: Client) -> None:
    await client.prepare(runs=12, hashes=("calib",))
    agent = SayingAgent(client)
    await agent.lease()
    answer = await client.post("/experiments/demo/jobs", {"definition": "calib", "runs": "1-3,5"})
    first, second, *_ = (job["id"] for job in answer["jobs"])
    await client.apply(7, "calib")
    await agent.work()
    assert (await agent.claim(second)).granted
    await client.post(f"/jobs/{second}/adopt", {"lsf_id": "731885"})
    await client.post(f"/jobs/{first}/kill")
    await client.post(f"/jobs/{first}/resubmit")
    await client.call("DELETE", f"/jobs/{first}")
    await client.call("PATCH", "/experiments/demo/definitions/1", {"parameters": "c", "name": "calib2"})
    await client.call("PATCH", "/experiments/demo/definitions/1", {"parameters": "c"})
    await client.post("/experiments/demo/jobs/kill", {"runs": "1-12"})
    await client.call("DELETE", "/experiments/demo/definitions/1")
    assert (await told(client))[13:] == [
        ("hash", 'made hash calib: "/opt/submit.sh a b"'),
        ("apply", "applied calib to 4 runs: 1-3, 5"),
        ("apply", "applied calib to run 7"),
        ("adopt", "named LSF 731885 as the job of calib on run 2"),
        ("kill", "killed calib on run 1"),
        ("resubmit", "resubmitted calib on run 1"),
        ("delete", "deleted calib on run 1 (EXIT)"),
        ("hash", 'changed hash calib: name "calib" → "calib2"; parameters "a b" → "c"'),
        ("kill", "killed 5 jobs of calib on 5 runs: 1-3, 5, 7"),
        ("hash", "archived hash calib2"),
    ]


async def test_what_is_done_with_runs_and_the_experiment_is_told_and_what_changes_nothing_is_not(
    client: Client,
) -> None:
    await client.prepare(runs=1, hashes=())
    run = "/experiments/demo/runs/1"
    for change in (
        {"comment": "no beam\nuntil noon"},
        {"comment": "no beam\nuntil noon"},
        {"tags": ["dark", "bad beam"]},
        {"tags": ["bad beam"], "params": {"energy": 9.5}},
        {"comment": ""},
        {"ended_at": "2026-11-22T12:00:00Z"},
        {"ended_at": None},
    ):
        assert (await client.call("PATCH", run, change)).status == 200
    for instrument in ("XPP", "XPP"):
        await client.call("PATCH", "/experiments/demo", {"instrument": instrument})
    assert await told(client) == [
        ("experiment", "made the experiment demo"),
        ("run", "started run 1"),
        ("comment", 'commented run 1: "no beam until noon"'),
        ("tags", "tagged run 1: dark, bad beam"),
        ("tags", "took tags from run 1: dark"),
        ("comment", "removed the comment of run 1"),
        ("run", "ended run 1"),
        ("run", "reopened run 1"),
        ("experiment", 'changed the experiment: instrument: nothing → "XPP"'),
    ]


async def test_an_entry_says_who_when_and_where_to_look(client: Client) -> None:
    await client.prepare(runs=2)
    job = await client.apply(2)
    await client.apply("all")
    several, one, *_ = (await client.get("/experiments/demo/activity"))["items"]
    assert (one["by"], one["run"], one["job"], one["definition"]) == (client.house.user, 2, job["id"], 1)
    assert (several["run"], several["job"], several["definition"]) == (None, None, 1)
    assert one["seq"] < several["seq"] and one["at"].endswith("Z")


async def test_activity_is_read_backwards_from_the_end_and_forwards_from_a_position(client: Client) -> None:
    await client.prepare(runs=7, hashes=())
    newest = await client.get("/experiments/demo/activity?limit=5")
    assert [deed["run"] for deed in newest["items"]] == [7, 6, 5, 4, 3]
    older = await client.get(f"/experiments/demo/activity?limit=5&before={newest['next']}")
    assert [deed["run"] for deed in older["items"]] == [2, 1, None]
    assert older["next"] is None
    await client.post("/experiments/demo/runs", {})
    later = await client.get(f"/experiments/demo/activity?since={newest['seq']}")
    assert [deed["run"] for deed in later["items"]] == [8]
    part = await client.get("/experiments/demo/activity?since=0&limit=5")
    assert [deed["run"] for deed in part["items"]] == [None, 1, 2, 3, 4]
    rest = await client.get(f"/experiments/demo/activity?since={part['next']}&limit=500")
    assert [deed["run"] for deed in rest["items"]] == [5, 6, 7, 8]


async def test_only_one_way_of_reading_activity_at_a_time(client: Client) -> None:
    await client.prepare()
    for query, field in (("before=1&since=1", "before"), ("since=-1", "since"), ("limit=501", "limit")):
        answer = await client.call("GET", f"/experiments/demo/activity?{query}")
        assert (answer.status, answer.error[1]) == (422, field)
    assert (await client.call("GET", "/experiments/none/activity")).status == 404


async def test_a_change_that_shows_in_the_activity_alone_moves_the_feed(client: Client) -> None:
    await client.prepare()
    path = "/api/v1/experiments/demo/live"
    async with client.quart.websocket(path, headers=client.headers) as socket:

        async def message(kind: str) -> Any:
            while True:
                found = await socket.receive_json()
                if found["type"] == kind:
                    return found

        at = (await message("snapshot"))["seq"]
        await client.call("PATCH", "/experiments/demo", {"description": "shift 3"})
        moved = await message("delta")
        assert (moved["from"], moved["to"], moved["put"], moved["drop"]) == (at, at + 1, [], [])
