"""Trying a hash through real processes: manager, batch client, and a scheduler that must not be asked for anything."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.installation import Installation, installed, until


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path) as installation:
        installation.start()
        yield installation


@pytest.mark.timeout(60)
def test_a_try_submits_nothing_and_applying_then_does_what_it_said(running: Installation) -> None:
    running.prepare(example=str(running.scripts / "submit.sh"))
    until(lambda: _connected(running), "the agent is there", 30)
    tried = running.post("/experiments/demo/definitions/1/try")
    assert [check["ok"] for check in tried["checks"]] == [True] * 6, tried
    assert tried["arguments"] == [str(running.scripts / "submit.sh"), "demo", "1", "one", "two"]
    (call,) = tried["bsub"]
    assert call["arguments"][-4:] == ["demo", "1", "one", "two"]
    assert running.submissions() == [] and running.get("/experiments/demo/jobs")["items"] == []
    (job,) = running.apply("example")
    running.until_status(job, "RUN")
    assert len(running.submissions()) == 1


def _connected(running: Installation) -> bool:
    locations = httpx.get(f"{running.url}/readyz", trust_env=False).json()["locations"]
    return any(location["agent_connected"] for location in locations)
