"""5,000 subscribers on 2 processes: each ends with the rows of the store, and its position never had a hole."""

import json
import statistics
from functools import cache, partial

import msgspec

from realtime.settings import read
from realtime.store import rows
from realtime.store.changes import experiment_scope
from realtime.store.store import Store
from tests.bench.contenders import Contender, ours, own_redis
from tests.bench.crowd import Noted
from tests.bench.crowds import crowd
from tests.bench.processes import family, sockets
from tests.bench.writer import EXPERIMENT, NUMBERS_FROM, Changes

SUBSCRIBERS = 5_000
PROCESSES = 2
CHANGES = Changes(first=1, count=40, each=6, pause=0.4)
RUNS = CHANGES.count * CHANGES.each
LAST = f'"n":{NUMBERS_FROM + RUNS}'
MANY_SOCKETS = 50
"""A process with more open sockets has subscribers."""


class Message(msgspec.Struct, frozen=True):
    """Any message of the feed."""

    type: str
    epoch: str = ""
    seq: int = 0
    from_: int = msgspec.field(name="from", default=0)
    to: int = 0
    rows: list[msgspec.Raw] = []
    put: list[msgspec.Raw] = []
    drop: list[tuple[str, int]] = []


class Head(msgspec.Struct, frozen=True):
    """What is looked at in a row."""

    key: str


async def measure() -> None:
    """Print a line."""
    async with own_redis() as redis, ours(redis, RUNS, shown=RUNS, processes=PROCESSES) as contender:
        async with crowd(contender, SUBSCRIBERS, "frames", 1, LAST) as watching:
            shares = sorted(sockets(pid) for pid in family(contender.pid))
            done = await contender.publish(CHANGES)
            noted = await watching.noted()
        stored = await _stored(contender)
    arrivals = _arrivals(noted, done)
    line = {
        "bench": "subscribers on several processes",
        "subscribers": SUBSCRIBERS,
        "processes": PROCESSES,
        "connected_s": round(watching.connected_s, 2),
        "connections_by_process": [share for share in shares if share > MANY_SOCKETS],
        "row_changes": RUNS,
        "row_changes_delivered": RUNS * SUBSCRIBERS,
        "ended_by_the_server": noted.lost,
        "with_the_rows_of_the_store": _correct(noted, stored),
        "target_with_the_rows_of_the_store": SUBSCRIBERS,
        "median_ms": round(statistics.median(arrivals), 2),
        "p99_ms": round(arrivals[int(len(arrivals) * 0.99)], 2),
        "longest_ms": round(arrivals[-1], 2),
    }
    print(json.dumps(line), flush=True)


async def _stored(contender: Contender) -> dict[str, bytes]:
    """The rows as the store has them."""
    store = Store(read(contender.environ).database_url, lambda commit: None)
    try:
        query = partial(rows.snapshot, scope=experiment_scope(EXPERIMENT), newest_runs=RUNS)
        _, entries = await store.read(query)
    finally:
        await store.close()
    return {entry.key: entry.raw for entry in entries if entry.raw is not None}


def _correct(noted: Noted, stored: dict[str, bytes]) -> int:
    """Subscribers that ended with these rows and whose positions joined."""
    decode = msgspec.json.Decoder(Message).decode
    messages = [decode(frame) for frame in noted.frames]

    @cache
    def ends_well(heard: tuple[int, ...]) -> bool:
        return _view([messages[place] for place in heard]) == stored

    return sum(ends_well(tuple(place for place, _ in heard)) for heard in noted.heard)


def _view(heard: list[Message]) -> dict[str, bytes] | None:
    """What a client holds in the end, None when a message did not join where it stood."""
    view: dict[str, bytes] = {}
    position = 0
    key = msgspec.json.Decoder(Head).decode
    for message in heard:
        if message.type == "delta" and message.from_ != position:
            return None
        if message.type in ("snapshot", "heartbeat"):
            position = max(position, message.seq)
        if message.type == "delta":
            position = message.to
        view |= {key(raw).key: bytes(raw) for raw in [*message.rows, *message.put]}
        for dropped, _ in message.drop:
            view.pop(dropped, None)
    return view


def _arrivals(noted: Noted, done: list[float]) -> list[float]:
    """Ms from each commit to each arrival of its last row, shortest first."""
    last = {f'"n":{NUMBERS_FROM + numbers[-1]}}}': at for numbers, at in zip(CHANGES.commits(), done, strict=True)}
    told = [[at for text, at in last.items() if text in frame] for frame in noted.frames]
    return sorted((came - at) * 1000 for heard in noted.heard for place, came in heard for at in told[place])
