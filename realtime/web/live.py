"""The feeds: `hello`, then a snapshot or what is missing since the client's position, then every change."""

import asyncio
from datetime import UTC, datetime

from quart import Blueprint, websocket

from realtime.domain.errors import Invalid
from realtime.feed import Feed, Log, snapshot_parts
from realtime.protocol.live import HEARTBEAT, Heartbeat, Hello
from realtime.protocol.wire import encode
from realtime.service.rules import known_experiment
from realtime.store.changes import SITE, experiment_scope
from realtime.web import session
from realtime.web.context import house

live = Blueprint("live", __name__, url_prefix="/api/v1")

RUNS = 100
RUNS_LIMIT = 10_000


@live.websocket("/live")
async def site_live() -> None:
    """Experiments with their live counts, and all locations."""
    session.admit()
    await session.run(_follow(house().feed, SITE, _asked_runs(), websocket.args.get("since")))


@live.websocket("/experiments/<experiment>/live")
async def experiment_live(experiment: str) -> None:
    """An experiment's runs, definitions, jobs and locations."""
    session.admit()
    await house().store.read(lambda conn: known_experiment(conn, experiment))
    scope = experiment_scope(experiment)
    await session.run(_follow(house().feed, scope, _asked_runs(), websocket.args.get("since")))


def _asked_runs() -> int:
    asked = websocket.args.get("runs", str(RUNS))
    if not asked.isdecimal() or not 1 <= int(asked) <= RUNS_LIMIT:
        raise Invalid(f"expected a number from 1 to {RUNS_LIMIT}", field="runs")
    return int(asked)


async def _follow(feed: Feed, scope: str, newest_runs: int, since: str | None) -> int:
    """Send everything in order, for ever."""
    async with feed.watch(scope) as log:
        await session.send(encode(Hello(epoch=log.epoch, seq=log.seq)))
        position = await _resumed(feed, log, scope, since)
        if position is None:
            position, entries = await feed.snapshot(scope, newest_runs)
            for part in snapshot_parts(log.epoch, position, entries, reset=since is not None):
                await session.send(part)
        while True:
            position = await _send_newer(feed, log, scope, position)
            try:
                await asyncio.wait_for(log.beyond(position), HEARTBEAT)
            except TimeoutError:
                await session.send(encode(Heartbeat(seq=position, time=datetime.now(UTC))))


async def _resumed(feed: Feed, log: Log, scope: str, since: str | None) -> int | None:
    """The position to go on from, or None when a snapshot is needed."""
    epoch, _, seq = (since or "").partition(":")
    if epoch != log.epoch or not seq.isdecimal() or len(seq) > 18:
        return None
    position = int(seq)
    if log.since(position) is not None or await feed.read_since(scope, position) is not None:
        return position
    return None


async def _send_newer(feed: Feed, log: Log, scope: str, position: int) -> int:
    """Send what is newer than `position`; the new position."""
    end, messages = log.seq, log.since(position)
    if messages is None:
        end, messages = await feed.read_through(scope, position)
    for message in messages:
        await session.send(message)
    return end
