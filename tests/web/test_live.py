"""The websockets of the application: snapshot, deltas, resume, refusals, limits."""

import asyncio
import json
from typing import Any

import pytest
from quart.testing.connections import WebsocketDisconnectError, WebsocketResponseError

from realtime.protocol.live import Delta
from realtime.service.experiments import start_run
from tests.client import Client


class Socket:
    """An open websocket that keeps a view by the rules of the protocol."""

    def __init__(self, quart: Any) -> None:
        self.quart = quart
        self.rows: dict[str, Any] = {}
        self.epoch, self.seq = "", 0

    async def next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.quart.receive(), 5))
        match message["type"]:
            case "hello":
                self.epoch = message["epoch"]
            case "snapshot":
                self.rows = {} if message.get("reset") else self.rows
                self.rows |= {row["key"]: row for row in message["rows"]}
                self.seq = message["seq"]
            case "delta":
                assert message["from"] == self.seq
                self.rows |= {row["key"]: row for row in message["put"]}
                for key, _ in message["drop"]:
                    del self.rows[key]
                self.seq = message["to"]
        return message

    async def until(self, key: str, **fields: Any) -> dict[str, Any]:
        """Read on until a row has these values."""
        while not all(self.rows.get(key, {}).get(name) == value for name, value in fields.items()):
            await self.next()
        row: dict[str, Any] = self.rows[key]
        return row


def open_socket(client: Client, path: str = "/api/v1/experiments/demo/live", **headers: str) -> Any:
    return client.quart.websocket(path, headers=client.headers | headers)


async def test_a_socket_says_hello_gives_the_view_and_then_every_change(client: Client) -> None:
    await client.prepare(runs=2)
    async with open_socket(client) as opened:
        socket = Socket(opened)
        hello = await socket.next()
        assert (hello["type"], hello["protocol"], hello["heartbeat"]) == ("hello", "batchboard.v1", 15)
        snapshot = await socket.next()
        assert (snapshot["type"], snapshot["last"], snapshot["seq"]) == ("snapshot", True, hello["seq"])
        assert set(socket.rows) == {"run/1", "run/2", "definition/1", "location/default"}
        job = await client.apply(2)
        row = await socket.until(f"job/{job['id']}", status="Request Sent")
        assert row == await client.get(f"/jobs/{job['id']}")
        await socket.until("run/2", jobs={"Request Sent": 1})
        await client.post(f"/jobs/{job['id']}/kill")
        await socket.until(f"job/{job['id']}", status="EXIT")
        await client.call("DELETE", f"/jobs/{job['id']}")
        while f"job/{job['id']}" in socket.rows:
            await socket.next()


async def test_the_site_shows_experiments_and_locations(client: Client) -> None:
    async with open_socket(client, "/api/v1/live") as opened:
        socket = Socket(opened)
        await client.prepare()
        await socket.until("experiment/demo", runs=1, last_run=1)
        await client.apply()
        await socket.until("experiment/demo", jobs_live=1)
        assert "location/default" in socket.rows


async def test_a_client_resumes_where_it_stood(client: Client) -> None:
    await client.prepare()
    async with open_socket(client) as opened:
        first = Socket(opened)
        await first.next()
        await first.next()
    job = await client.apply()
    async with open_socket(client, f"/api/v1/experiments/demo/live?since={first.epoch}:{first.seq}") as opened:
        again = Socket(opened)
        again.rows, again.seq = first.rows, first.seq
        await again.next()
        message = await again.next()
        assert message["type"] == "delta"
        assert f"job/{job['id']}" in again.rows


@pytest.mark.parametrize("since", ["other:1", "{epoch}:999999", "{epoch}:x", "nonsense"])
async def test_a_position_that_cannot_be_served_is_answered_with_a_reset(client: Client, since: str) -> None:
    await client.prepare()
    since = since.replace("{epoch}", client.house.store.epoch)
    async with open_socket(client, f"/api/v1/experiments/demo/live?since={since}") as opened:
        socket = Socket(opened)
        assert (await socket.next())["type"] == "hello"
        message = await socket.next()
        assert (message["type"], message["reset"], message["part"]) == ("snapshot", True, 1)


async def test_a_position_within_an_unheard_past_is_served_from_the_store(client: Client) -> None:
    await client.prepare(runs=5)
    epoch = client.house.store.epoch
    async with open_socket(client, f"/api/v1/experiments/demo/live?since={epoch}:0") as opened:
        socket = Socket(opened)
        await socket.next()
        assert (await socket.next())["type"] == "delta"
        assert {f"run/{n}" for n in range(1, 6)} <= set(socket.rows)
    answer = await client.get(f"/experiments/demo/changes?since={epoch}:0")
    assert {row["key"] for row in answer["put"]} == set(socket.rows)
    assert (
        set(answer) == {"type", "epoch", "from", "to", "put", "drop"} == set(Delta.__struct_encode_fields__) | {"type"}
    )
    nothing = await client.get(f"/experiments/demo/changes?since={epoch}:{answer['to']}")
    assert (nothing["put"], nothing["to"]) == ([], answer["to"])
    assert (await client.call("GET", "/experiments/demo/changes?since=other:1")).error == ("gone", "since")


async def test_news_that_never_came_over_the_bus_are_found_in_the_store(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.prepare()
    async with open_socket(client) as opened:
        socket = Socket(opened)
        await socket.next()
        await socket.next()
        with monkeypatch.context() as deaf:
            deaf.setattr(client.house.bus, "publish", lambda topic, message: None)
            await client.house.store.write(lambda tx: start_run(tx, "demo", None, None, {}, "ana"))
        await asyncio.wait_for(socket.until("run/2", number=2), 4)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/v1/live", {"Authorization": ""}, 401),
        ("/api/v1/live", {"Authorization": "Bearer wrong"}, 401),
        ("/api/v1/live", {"Origin": "https://evil.example"}, 403),
        ("/api/v1/live", {"Host": "evil.example"}, 403),
        ("/api/v1/experiments/none/live", {}, 404),
        ("/api/v1/live?runs=x", {}, 422),
    ],
)
async def test_refusals_come_before_the_upgrade(
    client: Client, path: str, headers: dict[str, str], status: int
) -> None:
    with pytest.raises(WebsocketResponseError) as refused:
        async with open_socket(client, path, **headers) as opened:
            await opened.receive()
    assert refused.value.response.status_code == status


async def test_where_there_is_no_room_the_answer_says_when_to_come_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.house.sockets, "_most", 1)
    async with open_socket(client, "/api/v1/live") as opened:
        await opened.receive()
        with pytest.raises(WebsocketResponseError) as refused:
            async with open_socket(client, "/api/v1/live") as second:
                await second.receive()
    answer = refused.value.response
    assert (answer.status_code, 2 <= int(answer.headers["Retry-After"]) <= 8) == (503, True)
    assert client.house.sockets.stats().refused == 1


async def test_a_stopping_server_says_goodbye(client: Client) -> None:
    async with open_socket(client, "/api/v1/live") as opened:
        await opened.receive()
        await opened.receive()
        closing = asyncio.create_task(client.house.sockets.close(2))
        bye = json.loads(await asyncio.wait_for(opened.receive(), 5))
        assert (bye["type"], bye["code"]) == ("bye", 1012)
        with pytest.raises(WebsocketDisconnectError) as ended:
            await opened.receive()
        assert ended.value.args[0] == 1012
        await closing
