"""The AsyncAPI document, and what really goes over the wire held against it."""

import asyncio
import json
import re
from typing import Any, get_args

import pytest
from quart.testing.connections import WebsocketDisconnectError, WebsocketResponseError

from realtime.protocol.live import Close, FeedMessage, LogMessage
from realtime.protocol.questions import LogAnswer
from realtime.web.asyncapi import document as document_of
from tests.client import Client, SayingAgent
from tests.documents import held_against, resolved

jsonschema = pytest.importorskip("jsonschema")

WEBSOCKETS = {"site": FeedMessage, "experiment": FeedMessage, "job_log": LogMessage}


@pytest.fixture
async def document(client: Client) -> dict[str, Any]:
    """As it is served."""
    found: dict[str, Any] = await client.get("/asyncapi.json")
    return found


def references(part: Any) -> list[dict[str, str]]:
    """All references below a part of the document."""
    if isinstance(part, list):
        return [reference for item in part for reference in references(item)]
    if not isinstance(part, dict):
        return []
    here = [{"$ref": part["$ref"]}] if isinstance(part.get("$ref"), str) else []
    return here + references(list(part.values()))


def test_a_message_that_does_not_fit_is_found() -> None:
    described = json.loads(json.dumps(document_of("http://localhost:8420", "main")))
    delta = {"type": "delta", "epoch": "a", "from": 1, "to": 2, "put": [], "drop": [["job/1", 2]]}
    assert held_against(described, "experiment", json.dumps(delta)) == delta
    for wrong in (
        {"drop": [["job/1", "2"]]},
        {"drop": [["job/1", 2, 3]]},
        {"put": [{"kind": "job", "key": "job/1"}]},
        {"from": "1"},
        {"type": "delat"},
        {"more": 1},
    ):
        with pytest.raises((jsonschema.ValidationError, KeyError, AssertionError)):
            held_against(described, "experiment", json.dumps(delta | wrong))


async def test_the_document_has_the_shape_of_asyncapi_3(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version", "description"} <= set(document["info"])
    found = references(document)
    assert found and all(resolved(document, reference) for reference in found)
    for server in document["servers"].values():
        assert {"host", "protocol"} <= set(server)
    assert document["servers"]["manager"]["host"] == "localhost"
    for channel in document["channels"].values():
        assert set(re.findall(r"{(\w+)}", channel["address"])) == set(channel.get("parameters", {}))
        assert channel["messages"] and channel["servers"]
    sending = {operation["channel"]["$ref"] for operation in document["operations"].values()}
    assert sending == {f"#/channels/{name}" for name in document["channels"]}
    for operation in document["operations"].values():
        assert operation["action"] == "send", "clients have nothing to say"
        here = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(f"{here}/messages/") for message in operation["messages"])
    assert not re.search("prefixItems|propertyName", json.dumps(document)), "no word that draft 07 does not know"
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft7Validator.check_schema(schema)


async def test_every_websocket_is_described_with_all_its_messages(client: Client, document: dict[str, Any]) -> None:
    rules = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in client.quart.app.url_map.iter_rules()
        if rule.websocket
    }
    described = {document["channels"][name]["address"]: name for name in WEBSOCKETS}
    assert set(described) == rules
    for name, messages in WEBSOCKETS.items():
        tags = {kind.__struct_config__.tag for kind in get_args(messages)}
        assert set(document["channels"][name]["messages"]) == tags
        assert document["channels"][name]["x-close-codes"] == {str(code.value): code.meaning for code in Close}


async def test_what_a_feed_says_is_as_described(client: Client, document: dict[str, Any]) -> None:
    agent = SayingAgent(client)
    await client.prepare(runs=2)
    await agent.lease()
    seen = {}

    async def read(opened: Any, channel: str) -> dict[str, Any]:
        message = held_against(document, channel, await asyncio.wait_for(opened.receive(), 5))
        seen[channel, message["type"]] = message
        return message

    async with (
        client.quart.websocket("/api/v1/live", headers=client.headers) as site,
        client.quart.websocket("/api/v1/experiments/demo/live?runs=1", headers=client.headers) as experiment,
    ):
        for opened, channel in ((site, "site"), (experiment, "experiment")):
            assert (await read(opened, channel))["type"] == "hello"
            assert (await read(opened, channel))["type"] == "snapshot"
        job = await client.apply()
        await agent.run_job(job["id"])
        await client.post(f"/jobs/{job['id']}/kill")
        await agent.lsf(job["id"], "EXIT", exit_code=130, reason="killed")
        await client.call("DELETE", f"/jobs/{job['id']}")
        while (await read(experiment, "experiment"))["drop"] == []:
            pass
        assert (await read(site, "site"))["put"]
        closing = asyncio.create_task(client.house.sockets.close(2))
        for opened, channel in ((site, "site"), (experiment, "experiment")):
            with pytest.raises(WebsocketDisconnectError) as ended:
                while True:
                    await read(opened, channel)
            assert ended.value.args[0] == Close.RESTART
        await closing
    assert {kind for _, kind in seen} == {"hello", "snapshot", "delta", "bye"}


async def test_a_reset_and_a_delta_by_http_are_as_described(client: Client, document: dict[str, Any]) -> None:
    await client.prepare()
    path = "/api/v1/experiments/demo/live?since=other:5"
    async with client.quart.websocket(path, headers=client.headers) as opened:
        await opened.receive()
        assert held_against(document, "experiment", await opened.receive())["reset"]
    answer = await client.get(f"/experiments/demo/changes?since={client.house.store.epoch}:1")
    assert held_against(document, "experiment", json.dumps(answer))["put"]


async def test_a_heartbeat_is_as_described(
    client: Client, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.prepare()
    hurry_heartbeats(monkeypatch)
    async with client.quart.websocket("/api/v1/live", headers=client.headers) as opened:
        while held_against(document, "site", await asyncio.wait_for(opened.receive(), 5))["type"] != "heartbeat":
            pass


def hurry_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """They come after a moment."""
    for place in ("feed", "broadcaster"):
        monkeypatch.setattr(f"realtime.feed.{place}.HEARTBEAT", 0.1)
    monkeypatch.setattr("realtime.feed.broadcaster.TICK", 0.05)


async def test_what_a_log_says_is_as_described(client: Client, document: dict[str, Any]) -> None:
    await client.prepare()
    agent = SayingAgent(client)
    await agent.lease()
    job = await client.apply()
    await agent.run_job(job["id"])
    await agent.lsf(job["id"], "DONE")
    agent.holding = ["check/1/1"]
    seen = []

    async def follow() -> None:
        async with client.quart.websocket(f"/api/v1/jobs/{job['id']}/log/live", headers=client.headers) as opened:
            while True:
                seen.append(held_against(document, "job_log", await opened.receive()))

    following = asyncio.create_task(follow())
    while not following.done():
        for question in (await agent.work(room=0)).questions:
            printed = any(message["type"] == "log" for message in seen)
            ended = any(message["type"] == "reset" for message in seen)
            log = LogAnswer(
                text="x", source="file" if printed else "bpeek", offset=0, next=1, size=1, path="/l", complete=ended
            )
            await agent.call("answers", question=question.id, log=log)
    with pytest.raises(WebsocketDisconnectError) as closed:
        await following
    assert closed.value.args[0] == Close.DONE
    assert [message["type"] for message in seen] == ["log", "reset", "log", "end"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/live", {"Authorization": ""}, 401),
        ("/live", {"Origin": "https://evil.example"}, 403),
        ("/experiments/none/live", {}, 404),
        ("/jobs/none/log/live", {}, 404),
        ("/live?runs=0", {}, 422),
        ("/live?runs=10001", {}, 422),
    ],
)
async def test_refusals_are_documented_and_have_the_one_error_shape(
    client: Client, document: dict[str, Any], path: str, headers: dict[str, str], status: int
) -> None:
    with pytest.raises(WebsocketResponseError) as refused:
        async with client.quart.websocket("/api/v1" + path, headers=client.headers | headers) as opened:
            await opened.receive()
    assert refused.value.response.status_code == status
    assert str(status) in document["channels"]["site"]["x-refusals"]
    assert set(json.loads(await refused.value.response.get_data())) == {"error"}


async def test_an_over_full_server_refuses_as_documented(
    client: Client, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.house.sockets, "_most", 0)
    with pytest.raises(WebsocketResponseError) as refused:
        async with client.quart.websocket("/api/v1/live", headers=client.headers) as opened:
            await opened.receive()
    answer = refused.value.response
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
    assert "Retry-After" in document["channels"]["site"]["x-refusals"]["503"]


async def test_the_limits_are_told(document: dict[str, Any]) -> None:
    about = document["info"]["description"]
    for limit in ("256 KiB", "64 KiB a message", "20 messages a\nsecond", "every 20 s", "15 s"):
        assert limit in about
    assert "{" not in about.replace("{experiment}", "").replace("`{", "")
