"""What a real server says to the package `websockets`, held against the document that it serves."""

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.documents import held_against
from tests.interop.test_websockets import BEARER, address
from tests.pages.manager import Manager


def test_every_message_is_as_the_document_says(manager: Manager) -> None:
    document = manager.call("GET", "/asyncapi.json")
    heard = []
    with connect(address(manager) + "?since=elsewhere:7", additional_headers=BEARER, proxy=None) as socket:

        def hear() -> None:
            heard.append(held_against(document, "experiment", socket.recv(timeout=10)))

        while not heard or not heard[-1].get("last"):
            hear()
        (job,) = manager.call("POST", "/experiments/xpp1/jobs", {"definition": "one", "runs": 1})["jobs"]
        manager.call("POST", f"/jobs/{job['id']}/kill")
        manager.call("DELETE", f"/jobs/{job['id']}")
        while not heard[-1].get("drop"):
            hear()
        manager.stop()
        with pytest.raises(ConnectionClosed):
            while True:
                hear()
    assert {message["type"] for message in heard} == {"hello", "snapshot", "delta", "bye"}
    assert heard[1]["reset"]
