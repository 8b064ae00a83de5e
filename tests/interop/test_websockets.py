"""The Python package `websockets` as anybody would use it, and nothing of ours."""

import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.client_library.served import KINDS, rows_of_store
from tests.pages.manager import TOKEN, Manager

BEARER = {"Authorization": f"Bearer {TOKEN}"}


def address(manager: Manager, path: str = "/experiments/xpp1/live") -> str:
    return f"{manager.url.replace('http', 'ws', 1)}/api/v1{path}"


class Known:
    """What a newcomer would write after reading of the protocol."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}
        self.epoch, self.seq = "", -1

    def hear(self, socket: ClientConnection) -> Any:
        message = json.loads(socket.recv(timeout=10))
        match message["type"]:
            case "snapshot":
                if message["part"] == 1:
                    self.rows = {}
                self.rows |= {row["key"]: row for row in message["rows"]}
                if message["last"]:
                    self.epoch, self.seq = message["epoch"], message["seq"]
            case "delta":
                assert (message["epoch"], message["from"]) == (self.epoch, self.seq)
                for row in message["put"]:
                    assert self.seq < row["seq"] <= message["to"]
                    self.rows[row["key"]] = row
                for key, _ in message["drop"]:
                    self.rows.pop(key, None)
                self.seq = message["to"]
        return message

    def reach(self, socket: ClientConnection, manager: Manager) -> None:
        """Hear until the rows are those of the store."""
        while {key: row for key, row in self.rows.items() if row["kind"] in KINDS.values()} != rows_of_store(manager):
            self.hear(socket)


def test_hello_snapshot_deltas_and_a_resume(manager: Manager) -> None:
    known = Known()
    with connect(address(manager), additional_headers=BEARER, proxy=None) as socket:
        hello = known.hear(socket)
        assert (hello["type"], hello["protocol"]) == ("hello", "batchboard.v1")
        known.reach(socket, manager)
        manager.call("POST", "/experiments/xpp1/runs", {})
        known.reach(socket, manager)
        socket.ping().wait(10)
    manager.call("POST", "/experiments/xpp1/jobs", {"definition": "one", "runs": 1})
    since = f"?since={known.epoch}:{known.seq}"
    with connect(address(manager) + since, additional_headers=BEARER, proxy=None) as socket:
        assert known.hear(socket)["type"] == "hello"
        assert known.hear(socket)["type"] == "delta"
        known.reach(socket, manager)


def test_with_compression_offered(manager: Manager) -> None:
    with connect(address(manager), additional_headers=BEARER, proxy=None, compression="deflate") as socket:
        Known().reach(socket, manager)


def test_the_subprotocol_is_agreed_to_when_it_is_offered(manager: Manager) -> None:
    for offered, agreed in (
        (["batchboard.v1"], "batchboard.v1"),
        (["mqtt", "batchboard.v1"], "batchboard.v1"),
        ([], None),
    ):
        with connect(
            address(manager),
            additional_headers=BEARER,
            proxy=None,
            subprotocols=[Subprotocol(name) for name in offered],
        ) as socket:
            assert socket.subprotocol == agreed
            Known().reach(socket, manager)


def test_a_goodbye_and_a_close_that_says_why(manager: Manager) -> None:
    known = Known()
    with connect(address(manager), additional_headers=BEARER, proxy=None) as socket:
        known.reach(socket, manager)
        manager.stop()
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                last = known.hear(socket)
        assert (last["type"], last["code"]) == ("bye", 1012)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1012
    manager.start()
    since = f"?since={known.epoch}:{known.seq}"
    with connect(address(manager) + since, additional_headers=BEARER, proxy=None) as socket:
        assert known.hear(socket)["epoch"] == known.epoch
        manager.call("POST", "/experiments/xpp1/runs", {})
        assert known.hear(socket)["type"] == "delta"
        known.reach(socket, manager)


def test_refusals_come_before_the_upgrade(manager: Manager) -> None:
    feed = "/experiments/xpp1/live"
    for path, headers, status in (
        (feed, {}, 401),
        (feed, {"Authorization": "Bearer no"}, 401),
        ("/experiments/nowhere/live", BEARER, 404),
        (feed, BEARER | {"Origin": "http://evil.example"}, 403),
        (f"{feed}?runs=0", BEARER, 422),
    ):
        with pytest.raises(InvalidStatus) as refused:
            connect(address(manager, path), additional_headers=headers, proxy=None)
        assert refused.value.response.status_code == status
        assert json.loads(refused.value.response.body or b"")["error"]["message"]
