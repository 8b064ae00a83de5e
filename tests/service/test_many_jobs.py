"""Many jobs: relabelled some at a time, and a first paint that stays small."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realtime.domain.status import Status
from realtime.service import jobs as service
from realtime.settings import Settings
from realtime.store import locations, work
from realtime.store.tx import Tx
from tests.client import Client


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An application that does not relabel by itself."""
    monkeypatch.setattr("realtime.app.LABEL_EVERY", 3600)
    return settings


async def test_many_waiting_jobs_are_relabelled_in_portions_and_only_those_that_differ(
    client: Client, monkeypatch: Any
) -> None:
    await client.prepare(runs=12)
    monkeypatch.setattr(service, "RELABELLED_AT_ONCE", 5)
    await client.apply("all")
    rules = client.house.rules
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    away = type(rules)(slow_after=rules.slow_after, up_since=long_ago, public_url="", secret=b"")

    def relabel(tx: Tx) -> int:
        locations.note(tx, "default", {"heard_at": long_ago})
        service.relabel(tx, away)
        return len(work.waiting_otherwise_than(tx.conn, "default", Status.PERSISTED, 100))

    assert [await client.house.store.write(relabel) for _ in range(4)] == [7, 2, 0, 0]
    assert (await client.get("/experiments/demo/runs/1"))["jobs"] == {"Persisted": 1}
