"""Hashes: all their versions, copies from another experiment, and edits that do not run into each other."""

from datetime import UTC, datetime
from typing import Any

from realtime.protocol.observations import CheckSeen
from realtime.protocol.rows import Check
from tests.client import Client, SayingAgent

COPY = "/experiments/new/definitions/copy"


async def prepared(client: Client) -> None:
    await client.prepare("old", hashes=())
    await client.post("/experiments", {"name": "new"})
    for name, executable, parameters in (
        ("calib", "/exp/old/calib.sh", "-o /exp/old/out"),
        ("index", "/exp/old/index.sh", "5"),
        ("draft", None, ""),
    ):
        body = {"name": name, "executable": executable, "parameters": parameters}
        await client.post("/experiments/old/definitions", body)


async def test_every_version_of_a_hash_is_kept_with_who_made_it(client: Client) -> None:
    await client.prepare()
    path = "/experiments/demo/definitions/1"
    await client.call("PATCH", path, {"parameters": "c"})
    await client.call("PATCH", path, {"name": "calib", "executable": "/opt/other.sh"})
    await client.call("PATCH", path, {"name": "calib"})
    found = (await client.get(f"{path}/versions"))["items"]
    assert [[one[name] for name in ("version", "name", "executable", "parameters")] for one in found] == [
        [3, "calib", "/opt/other.sh", "c"],
        [2, "example", "/opt/submit.sh", "c"],
        [1, "example", "/opt/submit.sh", "a b"],
    ]
    assert {one["by"] for one in found} == {client.house.user} and found[0]["at"] >= found[2]["at"]
    assert (await client.call("GET", "/experiments/demo/definitions/9/versions")).status == 404
    assert (await client.call("GET", "/experiments/none/definitions/1/versions")).status == 404


async def test_a_copy_is_what_its_preview_showed(client: Client) -> None:
    await prepared(client)
    body = {"from": "old", "definitions": [2, 1, 3], "replace": [{"find": "/exp/old", "with": "/exp/new"}]}
    seen = await client.call("POST", COPY, body | {"preview": True})
    assert seen.status == 200 and (await client.get("/experiments/new/definitions"))["items"] == []
    done = await client.call("POST", COPY, body)
    assert done.status == 201
    assert [one | {"made": None} for one in done.body["items"]] == seen.body["items"]
    assert [(one["id"], one["executable"], one["parameters"]) for one in done.body["items"]] == [
        (2, "/exp/new/index.sh", "5"),
        (1, "/exp/new/calib.sh", "-o /exp/new/out"),
        (3, None, ""),
    ]
    rows = {row["id"]: row for row in (await client.get("/experiments/new/definitions"))["items"]}
    assert [rows[one["made"]]["name"] for one in done.body["items"]] == ["index", "calib", "draft"]
    deed = (await client.get("/experiments/new/activity"))["items"][0]
    assert (deed["action"], deed["text"]) == ("hash", "copied 3 hashes from old: index, calib, draft")


async def test_what_cannot_be_copied_is_left_out_with_its_reason_and_the_others_are_made(client: Client) -> None:
    await prepared(client)
    await client.post("/experiments/new/definitions", {"name": "index"})
    replaced = [{"find": "/exp/old/calib", "with": "calib"}]
    answer = await client.post(COPY, {"from": "old", "definitions": [1, 2, 3, 3], "replace": replaced})
    assert [(one["made"] is not None, one["problem"]) for one in answer["items"]] == [
        (False, "expected an absolute path, beginning with /"),
        (False, "there is a hash 'index' already"),
        (True, None),
    ]
    again = await client.post(COPY, {"from": "old", "definitions": [1, 2, 3]})
    assert [one["made"] is not None for one in again["items"]] == [True, False, False]


async def test_an_archived_hash_and_its_successor_of_the_same_name_are_not_both_copied(client: Client) -> None:
    await prepared(client)
    await client.apply(1, "calib", "old")
    await client.call("DELETE", "/experiments/old/definitions/1")
    body = {"name": "calib", "executable": "/exp/old/calib2.sh"}
    successor = (await client.post("/experiments/old/definitions", body))["id"]
    answer = await client.post(COPY, {"from": "old", "definitions": [successor, 1], "preview": True})
    assert [one["problem"] for one in answer["items"]] == [None, "another one of these is named 'calib', too"]


async def test_replacing_cannot_make_texts_grow_without_end(client: Client) -> None:
    await prepared(client)
    grow = {"find": "o", "with": "o" * 4096}
    answer = await client.post(COPY, {"from": "old", "definitions": [1], "replace": [grow] * 20})
    assert answer["items"][0]["problem"] == "the path would be longer than 4096 characters"


async def test_a_copy_of_what_is_not_there_makes_nothing(client: Client) -> None:
    await prepared(client)
    wrong: list[tuple[Any, int, str]] = [
        ({"from": "old", "definitions": [1, 99]}, 422, "definitions"),
        ({"from": "none", "definitions": [1]}, 404, "experiment"),
        ({"from": "old", "definitions": []}, 422, "definitions"),
        ({"from": "old", "definitions": [1], "replace": [{"find": "", "with": "x"}]}, 422, "replace[0].find"),
    ]
    for body, status, field in wrong:
        answer = await client.call("POST", COPY, body)
        assert (answer.status, answer.error[1]) == (status, field)
    assert (await client.get("/experiments/new/definitions"))["items"] == []


async def test_an_edit_is_refused_after_another_edit_and_not_after_news_of_its_path(client: Client) -> None:
    await client.prepare()
    path = "/experiments/demo/definitions/1"
    seq = (await client.get(path))["seq"]
    agent = SayingAgent(client)
    await agent.lease()
    (asked,) = (await agent.work()).check
    found = Check(ok=True, problem=None, at=datetime.now(UTC))
    await agent.say(CheckSeen(**agent.next(), definition=asked.definition, version=asked.version, check=found))
    assert (await client.get(path))["seq"] > seq
    edited = await client.call("PATCH", path, {"parameters": "mine", "seq": seq})
    assert edited.status == 200
    late = await client.call("PATCH", path, {"parameters": "theirs", "seq": seq})
    assert (late.status, late.error[0]) == (409, "changed_meanwhile")
    assert (await client.call("PATCH", path, {"parameters": "x", "seq": edited.body["seq"]})).status == 200
