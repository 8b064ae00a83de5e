"""A second process of the same installation that changes runs at a steady rate.

`python -m tests.bench.writer` with the server's environment; Changes as JSON on standard input, the monotonic seconds
of each commit as JSON on standard output.
"""

import asyncio
import os
import sys
import time
from functools import partial

import msgspec
import uvloop
from sqlalchemy import bindparam, update

from realtime.bus import RedisServer, make_bus
from realtime.feed import publish
from realtime.settings import read
from realtime.store import experiments, schema
from realtime.store.changes import Commit
from realtime.store.store import Store
from realtime.store.tx import Tx

EXPERIMENT = "bench"
MAKE_AT_ONCE = 500
NUMBERS_FROM = 1_000_000


class Changes(msgspec.Struct, frozen=True):
    """`count` commits, one every `pause` seconds, each of `each` runs that no other commit changes: the first one is
    run `first`. The parameter `n` of run i becomes NUMBERS_FROM + i. `make`: runs 1 to `make` are made before."""

    first: int
    count: int
    each: int
    pause: float
    make: int = 0

    def commits(self) -> list[range]:
        """The runs of each commit."""
        end = self.first + self.count * self.each
        return [range(number, number + self.each) for number in range(self.first, end, self.each)]


async def write(changes: Changes) -> list[float]:
    """When each commit was done."""
    settings = read(os.environ)
    assert settings.redis_url
    bus = make_bus(RedisServer(settings.redis_url, "bench"), settings.instance)
    done: list[float] = []

    def committed(commit: Commit) -> None:
        done.append(time.monotonic())
        publish(bus, store.epoch, commit)

    store = Store(settings.database_url, committed)
    await bus.start()
    await store.open()
    writing = asyncio.create_task(store.run())
    for first in range(1, changes.make + 1, MAKE_AT_ONCE):
        await store.write(partial(_make, numbers=range(first, min(first + MAKE_AT_ONCE, changes.make + 1))))
    done.clear()
    began = time.monotonic()
    for place, numbers in enumerate(changes.commits()):
        await asyncio.sleep(began + place * changes.pause - time.monotonic())
        await store.write(partial(_change, numbers=numbers))
    await bus.close()
    writing.cancel()
    await asyncio.wait([writing])
    await store.close()
    return done


def _make(tx: Tx, numbers: range) -> None:
    for number in numbers:
        experiments.start_run(tx, EXPERIMENT, number, tx.now, {})


def _change(tx: Tx, numbers: range) -> None:
    # As the service does it, in one statement: this program is not what is measured.
    run = schema.run.c
    tx.conn.execute(
        update(schema.run)
        .where(run.experiment == EXPERIMENT, run.number == bindparam("of"))
        .values(params=bindparam("to")),
        [{"of": number, "to": {"n": NUMBERS_FROM + number}} for number in numbers],
    )
    for number in numbers:
        experiments.touch_run(tx, EXPERIMENT, number)


if __name__ == "__main__":
    found = uvloop.run(write(msgspec.json.decode(sys.stdin.buffer.read(), type=Changes)))
    sys.stdout.buffer.write(msgspec.json.encode(found))
