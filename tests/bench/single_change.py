"""One change to the last of 1,000 subscribers: ours, a raw TCP fan-out of the same row, python-socketio with Redis."""

import json
import statistics

from tests.bench.contenders import Contender, ours, own_redis, raw_tcp, row, socketio
from tests.bench.crowds import crowd
from tests.bench.writer import NUMBERS_FROM, Changes

SUBSCRIBERS = 1_000
CHANGES = 50
WARMING = 5
"""Changes at the beginning that do not count."""
PAUSE = 0.4
"""Seconds between two changes, so that each is measured alone."""


async def measure() -> None:
    """Print a line: from the commit of a row (from handing it over, for the others), in another process, to its
    arrival."""
    line: dict[str, object] = {
        "bench": "single change to the last subscriber",
        "subscribers": SUBSCRIBERS,
        "changes": CHANGES,
        "bytes": len(row(1)),
    }
    async with own_redis() as redis:
        async with ours(redis, CHANGES + WARMING + 1) as contender:
            found = await _arrivals(contender)
        async with raw_tcp() as limit:
            raw = await _arrivals(limit)
        async with socketio(redis) as peer:
            beside = await _arrivals(peer) if peer else None
    line |= _figures("", found) | _figures("raw_tcp_", raw)
    line["p99_over_raw_tcp"] = round(_p99(_all(found)) / _p99(_all(raw)), 2)
    line["last_p99_over_raw_tcp"] = round(_p99(_last(found)) / _p99(_last(raw)), 2)
    line["target_over_raw_tcp"] = 3
    if beside:
        line |= _figures("socketio_", beside)
        line["socketio_p99_over_ours"] = round(_p99(_all(beside)) / _p99(_all(found)), 2)
        line["socketio_last_p99_over_ours"] = round(_p99(_last(beside)) / _p99(_last(found)), 2)
        line["target_socketio_over_ours"] = 3
    print(json.dumps(line), flush=True)


async def _arrivals(contender: Contender) -> list[list[float]]:
    """For each change the ms until each arrival, earliest first."""
    changes = Changes(first=1, count=CHANGES + WARMING, each=1, pause=PAUSE)
    async with crowd(contender, SUBSCRIBERS, "times", changes.count) as watching:
        done = await contender.publish(changes)
        noted = await watching.noted()
    found = []
    for number, at in enumerate(done, 1):
        arrivals = noted.times.get(NUMBERS_FROM + number, [])
        assert len(arrivals) == SUBSCRIBERS, f"{contender.name}: change {number} reached {len(arrivals)}"
        found.append(sorted((arrival - at) * 1000 for arrival in arrivals))
    return found[WARMING:]


def _figures(name: str, arrivals: list[list[float]]) -> dict[str, float]:
    return {
        f"{name}median_ms": round(statistics.median(_all(arrivals)), 2),
        f"{name}p99_ms": round(_p99(_all(arrivals)), 2),
        f"{name}last_median_ms": round(statistics.median(_last(arrivals)), 2),
        f"{name}last_p99_ms": round(_p99(_last(arrivals)), 2),
    }


def _all(arrivals: list[list[float]]) -> list[float]:
    return [arrival for change in arrivals for arrival in change]


def _last(arrivals: list[list[float]]) -> list[float]:
    return [change[-1] for change in arrivals]


def _p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]
