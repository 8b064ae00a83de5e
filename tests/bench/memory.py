"""Memory of the server for each connection after traffic: ours, a raw TCP server, python-socketio with Redis."""

import json

from tests.bench.contenders import Contender, ours, own_redis, raw_tcp, socketio
from tests.bench.crowds import crowd
from tests.bench.processes import family, rss
from tests.bench.writer import Changes

FEW = 10
"""Connections that warm the server up."""
COUNTS = (1_000, 2_000)
SHOWN = 100
"""Runs in our snapshot."""
CHANGES = 200
PAUSE = 0.02
PEER_PAUSE = 0.2
"""Seconds between two changes; the others are given fewer, python-socketio would need minutes."""
PEER_CHANGES = 20


async def measure() -> None:
    """Print a line: resident memory with connections that have heard a snapshot and the changes, less that of the
    server before them, which has served a few."""
    line: dict[str, object] = {"bench": "memory a connection after traffic", "unit": "KB"}
    line |= {"changes": CHANGES, "peer_changes": PEER_CHANGES}
    rounds = len(COUNTS) + 1
    async with own_redis() as redis:
        async with ours(redis, rounds * CHANGES, SHOWN) as contender:
            line |= await _memory("", contender, CHANGES, PAUSE)
        line["target"] = 40
        async with raw_tcp() as limit:
            line |= await _memory("raw_tcp_", limit, PEER_CHANGES, PAUSE)
        async with socketio(redis) as peer:
            if peer:
                line |= await _memory("socketio_", peer, PEER_CHANGES, PEER_PAUSE)
    print(json.dumps(line), flush=True)


async def _memory(name: str, contender: Contender, count: int, pause: float) -> dict[str, float]:
    found: dict[str, float] = {}
    before = 0
    for place, connections in enumerate((FEW, *COUNTS)):
        changes = Changes(first=1 + place * count, count=count, each=1, pause=pause)
        async with crowd(contender, connections, "rows", count) as watching:
            await contender.publish(changes)
            noted = await watching.noted()
            assert min(noted.rows) == count, f"{contender.name}: {min(noted.rows)} of {count}"
            now = rss(family(contender.pid))
        if connections == FEW:
            before = now
        else:
            found[f"{name}at_{connections}"] = round((now - before) / 1024 / connections, 1)
    return found
