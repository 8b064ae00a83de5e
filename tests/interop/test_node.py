"""The npm package `ws`, over a restart of the server."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.client_library.served import KINDS, rows_of_store
from tests.pages.manager import TOKEN, Manager


@pytest.fixture
def following(manager: Manager, node_folder: Path) -> Iterator["subprocess.Popen[str]"]:
    url = f"{manager.url.replace('http', 'ws', 1)}/api/v1/experiments/xpp1/live"
    with subprocess.Popen(
        ["node", "follow.mjs", url, TOKEN], cwd=node_folder, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.terminate()


def heard(following: "subprocess.Popen[str]") -> Any:
    assert following.stdout is not None
    line = following.stdout.readline()
    assert line, "the client has ended"
    return json.loads(line)


def reach(following: "subprocess.Popen[str]", manager: Manager) -> list[str]:
    """Types of the messages until the client's rows are those of the store."""
    types = []
    while True:
        said = heard(following)
        types.append(said.get("heard", said.get("closed")))
        rows = said.get("rows", {})
        if {key: row for key, row in rows.items() if row["kind"] in KINDS.values()} == rows_of_store(manager):
            return types


def test_snapshot_deltas_goodbye_and_resume(manager: Manager, following: "subprocess.Popen[str]") -> None:
    assert reach(following, manager)[:2] == ["hello", "snapshot"]
    manager.call("POST", "/experiments/xpp1/runs", {})
    assert set(reach(following, manager)) == {"delta"}
    manager.stop()
    assert [heard(following).get("heard"), heard(following).get("closed")] == ["bye", 1012]
    manager.start()
    manager.call("POST", "/experiments/xpp1/jobs", {"definition": "one", "runs": "all"})
    assert set(reach(following, manager)) <= {1006, "hello", "delta"}
