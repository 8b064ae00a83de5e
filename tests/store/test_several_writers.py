"""Several processes over one store: their commits come one after the other, and whoever reads on misses nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

from realtime.protocol.agent import VERSION, LeaseRequest
from realtime.protocol.observations import LsfSeen, Observation, SubmissionSeen
from realtime.protocol.rows import Transition
from realtime.service import agents, applying
from realtime.service.definitions import create_definition
from realtime.service.observations import observe
from realtime.service.rules import Rules
from realtime.store import Connection, history
from realtime.store.changes import experiment_scope
from realtime.store.store import Store
from tests.store.opened import Opened

JOBS = 20
"""Of each writer."""
LIFE = ("PEND", "RUN", "DONE")
RULES = Rules(slow_after=timedelta(seconds=5), up_since=datetime.now(UTC), public_url="", secret=b"")


async def short_life(store: Store, place: int) -> str:
    """A job that has ended when its agent tells of it for the first time; its id."""
    made, _ = await store.write(
        lambda tx: applying.apply(tx, RULES, "demo", definition="h", runs=1, only="all", parameters=None, by="ana")
    )
    lsf_id, at = str(1000 + place), datetime.now(UTC)
    seen: list[Observation] = [SubmissionSeen(n=place * 10, at=at, job=made[0], lsf_ids=[lsf_id], began_at=at)]
    for n, status in enumerate(LIFE, 1):
        seen.append(LsfSeen(n=place * 10 + n, at=at, job=made[0], lsf_id=lsf_id, status=status))
    assert await store.write(lambda tx: observe(tx, RULES, "default", 1, seen)) == []
    return made[0]


def _page(conn: Connection, since: int) -> list[Transition]:
    return history.transitions_since(conn, "demo", since, 7)


async def test_every_transition_is_told_once_however_short_the_job_and_whoever_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "b.db"
    lease = LeaseRequest(
        protocol=VERSION, location="default", agent="a", version="1", scheduler=None, scheduler_version=None
    )
    values = {"name": "h", "executable": "/x", "parameters": "", "location": "default"}
    async with Opened(path) as first, Opened(path) as second:
        await first.make()
        await first.run()
        await first.store.write(lambda tx: create_definition(tx, "demo", values, "ana"))
        await first.store.write(lambda tx: agents.lease(tx, RULES, lease, first.store.epoch))
        lives = [short_life((first, second)[place % 2].store, place) for place in range(2 * JOBS)]
        living = asyncio.gather(*lives)
        told: list[tuple[str, int, str]] = []
        over = False
        while not over:
            over = living.done()
            while page := await first.store.read(partial(_page, since=told[-1][1] if told else 0)):
                told += [(transition.job, transition.seq, transition.to) for transition in page]
        ids = await living
    assert all(before < after for (_, before, _), (_, after, _) in pairwise(told))
    for job in ids:
        assert [to for of, _, to in told if of == job] == ["Request Sent", *LIFE]
    changes = [c for o in (first, second) for commit in o.commits for c in commit.changes]
    ours = sorted((c.start, c.end) for c in changes if c.scope == experiment_scope("demo"))
    assert all(before[1] == after[0] for before, after in pairwise(ours)), "the commits of both leave no hole"
