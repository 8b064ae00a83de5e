"""Row changes delivered a second to 1,000 subscribers: ours, python-socketio with Redis, raw TCP with one a frame.

Every change of one measurement is to another row, so that none is taken over by a newer state of its row (intermediate
states may be left out): what is counted are rows that arrived.
"""

import json
from dataclasses import dataclass

from tests.bench.contenders import Contender, ours, own_redis, raw_tcp, row, socketio
from tests.bench.crowds import crowd
from tests.bench.processes import cpu, family
from tests.bench.writer import Changes

SUBSCRIBERS = 1_000
COMMITS_A_SECOND = 20
SECONDS = 4
RATES = (1_000, 2_000, 4_000)
"""Changes a second tried, one after the other, until they arrive late."""
LATE_S = 1.0
RAW_CHANGES = 400
PEER_CHANGES = 60
BUSY = 90
"""Percent of a core from which the receiving program may be what limits."""


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """Row changes delivered a second, changes made a second, and how late the last one came after its commit; CPU in
    percent of a core, without what the kernel counts as nobody's (much of the network is)."""

    a_second: float
    made_a_second: float
    behind_s: float
    server_cpu: float
    receivers_cpu: float


async def measure() -> None:
    """Print a line for each rate tried, and one for the highest that was delivered in time beside the peers."""
    async with own_redis() as redis:
        found = await _ours(redis)
        async with raw_tcp() as limit:
            raw = await _delivered(limit, Changes(first=1, count=RAW_CHANGES, each=1, pause=0.0))
        async with socketio(redis) as peer:
            flat_out = Changes(first=1, count=PEER_CHANGES, each=1, pause=0.0)
            beside = await _delivered(peer, flat_out) if peer else None
    line: dict[str, object] = {
        "bench": "row changes delivered a second",
        "subscribers": SUBSCRIBERS,
        "bytes": len(row(1)),
        "delivered_a_second": round(found.a_second),
        "target_a_second": 400_000,
        "behind_s": round(found.behind_s, 2),
        "raw_tcp_a_second": round(raw.a_second),
        "ratio_to_raw_tcp": round(found.a_second / raw.a_second, 1),
        "target_to_raw_tcp": 4,
        "limited_by_the_receivers": found.receivers_cpu > BUSY,
    }
    if beside:
        line["socketio_a_second"] = round(beside.a_second)
        line["ratio_to_socketio"] = round(found.a_second / beside.a_second, 1)
        line["target_to_socketio"] = 30
    print(json.dumps(line), flush=True)


async def _ours(redis: str) -> Delivered:
    """At the highest rate at which changes were not late; at the first one when they always were."""
    best: Delivered | None = None
    async with ours(redis, max(RATES) * SECONDS) as contender:
        for rate in RATES:
            count = COMMITS_A_SECOND * SECONDS
            changes = Changes(first=1, count=count, each=rate // COMMITS_A_SECOND, pause=1 / COMMITS_A_SECOND)
            found = await _delivered(contender, changes)
            line = {
                "bench": "row changes, one rate",
                "subscribers": SUBSCRIBERS,
                "asked_a_second": rate,
                "made_a_second": round(found.made_a_second),
                "delivered_a_second": round(found.a_second),
                "behind_s": round(found.behind_s, 2),
                "server_cpu_percent": round(found.server_cpu),
                "receivers_cpu_percent": round(found.receivers_cpu),
            }
            print(json.dumps(line), flush=True)
            best = found if best is None or found.behind_s <= LATE_S else best
            if found.behind_s > LATE_S:
                break
    assert best
    return best


async def _delivered(contender: Contender, changes: Changes) -> Delivered:
    """Every change must have reached everybody."""
    rows = changes.count * changes.each
    pids = family(contender.pid)
    async with crowd(contender, SUBSCRIBERS, "rows", rows) as watching:
        before = cpu(pids)
        done = await contender.publish(changes)
        noted = await watching.noted()
        spent = cpu(pids) - before
    assert noted.rows == [rows] * SUBSCRIBERS, f"{contender.name}: {min(noted.rows)} to {max(noted.rows)} of {rows}"
    seconds = noted.last - done[0]
    return Delivered(
        a_second=rows * SUBSCRIBERS / seconds,
        made_a_second=rows / (done[-1] - done[0] + changes.pause),
        behind_s=noted.last - done[-1],
        server_cpu=spent / seconds * 100,
        receivers_cpu=noted.cpu / (noted.last - noted.first) * 100,
    )
