"""How long numbers usually stand still: kept with each change of a report, learnt when jobs end well."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realtime.domain.report import parse
from realtime.protocol.observations import LsfSeen, Observation, SubmissionSeen
from realtime.service.observations import observe
from realtime.service.reports import Received, accept_reports, read_report
from realtime.store import reports
from realtime.store.reports import StoredReport
from realtime.store.tx import Tx
from tests.client import Client

BEGIN = datetime.now(UTC).replace(microsecond=0)


async def posted(client: Client, job: str, after: float, body: str) -> StoredReport:
    """The report once this was posted so many seconds after the beginning."""

    def change(tx: Tx) -> StoredReport | None:
        tx.now = BEGIN + timedelta(seconds=after)
        accept_reports(tx, [Received(job=job, body=body, post=parse(body.encode()))])
        return reports.find(tx.conn, job)

    stored = await client.house.store.write(change)
    assert stored is not None
    return stored


def hits(value: Any) -> str:
    return f'{{"counters": {{"Hits": {value}}}}}'


async def test_a_counters_time_is_when_its_value_or_colour_last_changed(client: Client) -> None:
    await client.prepare()
    job = (await client.apply())["id"]
    at: list[float] = []
    for after, value in ((0, "1"), (10, "1"), (20, "true"), (30, "true"), (40, '[true, "red"]'), (50, '[true, "red"]')):
        (counter,) = (await posted(client, job, after, hits(value))).counters
        assert counter.at is not None
        at.append((counter.at - BEGIN).total_seconds())
    assert at == [0, 0, 20, 20, 40, 40]
    replaced = await posted(client, job, 60, '[{"key": "New", "value": 1}, {"key": "Hits", "value": 1}]')
    replaced = await posted(client, job, 70, '[{"key": "New", "value": 2}, {"key": "Hits", "value": 1}]')
    assert [(c.name, c.at) for c in replaced.counters] == [
        ("New", BEGIN + timedelta(seconds=70)),
        ("Hits", BEGIN + timedelta(seconds=60)),
    ]
    row = await client.get(f"/jobs/{job}")
    assert [counter["at"] for counter in row["counters"]] == [
        f"{BEGIN + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}" for seconds in (70, 60)
    ]
    told = await client.house.store.read(lambda conn: read_report(conn, job))
    assert told["counters"] == {"New": [2, None], "Hits": [1, None]}, "the form that the first clients know"


async def test_the_longest_still_is_between_changes_and_not_between_posts(client: Client) -> None:
    await client.prepare()
    job = (await client.apply())["id"]
    moved = [
        await posted(client, job, after, hits(value)) for after, value in ((0, 1), (5, 2), (6, 2), (30, 2), (40, 3))
    ]
    assert [(stored.counters_at, stored.longest_quiet) for stored in moved] == [
        (BEGIN, None),
        *[(BEGIN + timedelta(seconds=5), 5.0)] * 3,
        (BEGIN + timedelta(seconds=40), 35.0),
    ]


class Life:
    """Jobs of one hash that report and end."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.n = 0
        self.run = 1

    async def ends(self, status: str, changes: list[float], end: float) -> None:
        """A job whose numbers change at these seconds and that ends then."""
        job = (await self.client.apply(self.run))["id"]
        for value, after in enumerate(changes):
            await posted(self.client, job, after, hits(value))
        self.n += 10
        lsf_id, at = str(1000 + self.n), BEGIN
        ended_at = BEGIN + timedelta(seconds=end)
        seen: list[Observation] = [
            SubmissionSeen(n=self.n, at=at, job=job, lsf_ids=[lsf_id], began_at=at),
            LsfSeen(n=self.n + 1, at=at, job=job, lsf_id=lsf_id, status="RUN"),
            LsfSeen(n=self.n + 2, at=ended_at, job=job, lsf_id=lsf_id, status=status),
        ]
        rules = self.client.house.rules
        assert await self.client.house.store.write(lambda tx: observe(tx, rules, "default", 1, seen)) == []

    async def quiet_after(self) -> float | None:
        row = await self.client.get("/experiments/demo/definitions/1")
        found: float | None = row["quiet_after"]
        return found


@pytest.fixture
async def life(client: Client) -> Life:
    await client.prepare()
    return Life(client)


async def test_three_good_jobs_that_report_teach_what_is_unusual(life: Life) -> None:
    for longest in (40, 90, 50):
        assert await life.quiet_after() is None
        await life.ends("DONE", [0, 5, 5 + longest], 10 + longest)
    assert await life.quiet_after() == 180
    await life.ends("DONE", [0, 5, 10], 310)
    assert await life.quiet_after() == 600, "from the last change to the end counts, too"


async def test_a_hash_is_never_called_quiet_within_a_minute(life: Life) -> None:
    for _ in range(3):
        await life.ends("DONE", [0, 1, 2], 3)
    assert await life.quiet_after() == 60


async def test_failed_jobs_and_those_that_hardly_report_teach_nothing(life: Life) -> None:
    for _ in range(3):
        await life.ends("EXIT", [0, 5, 400], 500)
        await life.ends("DONE", [0, 400], 500)
        await life.ends("DONE", [], 500)
    assert await life.quiet_after() is None


async def test_only_the_newest_twenty_teach_and_the_row_is_no_news_when_nothing_was_learnt(life: Life) -> None:
    await life.ends("DONE", [0, 5, 400], 410)
    await life.client.post("/experiments/demo/runs", {})
    life.run = 2
    for _ in range(19):
        await life.ends("DONE", [0, 50, 60], 70)
    assert await life.quiet_after() == 790
    seq = (await life.client.get("/experiments/demo/definitions/1"))["seq"]
    await life.ends("DONE", [0, 50, 60], 70)
    assert await life.quiet_after() == 100
    newer = (await life.client.get("/experiments/demo/definitions/1"))["seq"]
    await life.ends("DONE", [0, 50, 60], 70)
    assert seq < newer == (await life.client.get("/experiments/demo/definitions/1"))["seq"]
