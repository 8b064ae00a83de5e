"""A second process of the same installation that changes jobs' reports at a steady rate.

`python -m tests.bench.page_changes` with the server's environment; Reports as JSON on standard input. Prints the
changes made a second when it has ended.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from functools import partial

import msgspec
import uvloop
from sqlalchemy import bindparam, update

from realtime.bus import RedisServer, make_bus
from realtime.feed import publish
from realtime.settings import read
from realtime.store import schema
from realtime.store.changes import experiment_scope
from realtime.store.store import Store
from realtime.store.tx import Tx

PAUSE = 0.025
"""Seconds between two commits."""


class Reports(msgspec.Struct, frozen=True):
    """Jobs of an experiment that change in turn, `rate` of them a second, for so many seconds."""

    experiment: str
    jobs: list[str]
    rate: int
    seconds: float


async def report(reports: Reports) -> float:
    """Changes made a second."""
    settings = read(os.environ)
    assert settings.redis_url
    bus = make_bus(RedisServer(settings.redis_url, "bench"), settings.instance)
    store = Store(settings.database_url, lambda commit: publish(bus, store.epoch, commit))
    await bus.start()
    await store.open()
    writing = asyncio.create_task(store.run())
    each = max(1, round(reports.rate * PAUSE))
    began = time.monotonic()
    made = 0
    while (spent := time.monotonic() - began) < reports.seconds:
        chosen = [reports.jobs[(made + place) % len(reports.jobs)] for place in range(each)]
        await store.write(partial(_change, experiment=reports.experiment, jobs=sorted(set(chosen)), number=made))
        made += each
        await asyncio.sleep(max(0.0, made / reports.rate - spent))
    await bus.close()
    writing.cancel()
    await asyncio.wait([writing])
    await store.close()
    return made / (time.monotonic() - began)


def _change(tx: Tx, experiment: str, jobs: Sequence[str], number: int) -> None:
    job = schema.job.c
    counters = [
        {"name": "Last event", "value": number, "color": "green", "at": tx.now.isoformat()},
        {"name": "Hit rate", "value": f"{number % 1000 / 10} %", "color": None, "at": tx.now.isoformat()},
    ]
    statement = update(schema.job).where(job.id == bindparam("of")).values(counters=bindparam("to"))
    tx.conn.execute(statement, [{"of": one, "to": counters} for one in jobs])
    for one in jobs:
        tx.touch(experiment_scope(experiment), f"job/{one}")


if __name__ == "__main__":
    print(uvloop.run(report(msgspec.json.decode(sys.stdin.buffer.read(), type=Reports))))
