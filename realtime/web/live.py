"""The websockets: `hello`, then a snapshot or what is missing since the client's position, then every change."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

from quart import Blueprint, websocket

from realtime.domain.errors import Invalid
from realtime.feed import Feed, Log, snapshot_parts
from realtime.protocol.live import HEARTBEAT, Heartbeat, Hello
from realtime.protocol.wire import encode
from realtime.service.rules import known_experiment
from realtime.store.changes import SITE, experiment_scope
from realtime.web.auth import check_login, check_place
from realtime.web.context import house
from realtime.web.sockets import GOING_AWAY

live = Blueprint("live", __name__, url_prefix="/api/v1")

RUNS = 100
RUNS_LIMIT = 10_000
SEND_TIMEOUT = 30.0
"""Seconds after which a socket that takes nothing is closed."""
MESSAGES_A_SECOND = 20
SLOW, BAD_MESSAGE, TOO_MANY = 4008, 4400, 4429

Send = Callable[[bytes], Awaitable[None]]


@live.websocket("/live")
async def site_live() -> None:
    """Experiments with their live counts, and all locations."""
    await _serve(SITE)


@live.websocket("/experiments/<experiment>/live")
async def experiment_live(experiment: str) -> None:
    """An experiment's runs, definitions, jobs and locations."""
    here = house()
    check_place(websocket, here)
    check_login(websocket, here)
    await here.store.read(lambda conn: known_experiment(conn, experiment))
    await _serve(experiment_scope(experiment))


async def _serve(scope: str) -> None:
    here = house()
    check_place(websocket, here)
    check_login(websocket, here)
    newest_runs, since = _asked_runs(), websocket.args.get("since")
    await websocket.accept()
    session = object()
    here.sockets.enter(session)
    try:
        await _run_session(scope, newest_runs, since)
    finally:
        here.sockets.leave(session)


def _asked_runs() -> int:
    asked = websocket.args.get("runs", str(RUNS))
    if not asked.isdecimal() or not 1 <= int(asked) <= RUNS_LIMIT:
        raise Invalid(f"expected a number from 1 to {RUNS_LIMIT}", field="runs")
    return int(asked)


async def _run_session(scope: str, newest_runs: int, since: str | None) -> None:
    """Send and receive until one of them ends or the server leaves; what is left over is cancelled."""
    here = house()
    parts = {
        asyncio.create_task(_follow(here.feed, scope, newest_runs, since), name=f"live {scope}"),
        asyncio.create_task(_listen(), name=f"live {scope} receive"),
        asyncio.create_task(here.sockets.leaving.wait(), name="live leaving"),
    }
    try:
        done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        code = GOING_AWAY
        for part in done:
            ended = part.result()
            code = ended if isinstance(ended, int) and not isinstance(ended, bool) else code
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            if code == GOING_AWAY:
                await websocket.send(here.sockets.goodbye().decode())
            await websocket.close(code)


async def _listen() -> int:
    """Clients have nothing to say; whoever talks too much or too long is ended. Returns the close code."""
    loop = asyncio.get_running_loop()
    second, count = loop.time(), 0
    while True:
        await websocket.receive()
        if loop.time() - second >= 1:
            second, count = loop.time(), 0
        count += 1
        if count > MESSAGES_A_SECOND:
            return TOO_MANY


async def _follow(feed: Feed, scope: str, newest_runs: int, since: str | None) -> int:
    """Send everything in order for ever; returns the close code when the client takes nothing."""
    try:
        async with feed.watch(scope) as log:
            await _send(encode(Hello(epoch=log.epoch, seq=log.seq)))
            position = await _resumed(feed, log, scope, since)
            if position is None:
                seq, entries = await feed.snapshot(scope, newest_runs)
                for part in snapshot_parts(log.epoch, seq, entries, reset=since is not None):
                    await _send(part)
                position = seq
            while True:
                position = await _send_newer(feed, log, scope, position)
                try:
                    await asyncio.wait_for(log.beyond(position), HEARTBEAT)
                except TimeoutError:
                    await _send(encode(Heartbeat(seq=position, time=datetime.now(UTC))))
    except TimeoutError:
        return SLOW


async def _resumed(feed: Feed, log: Log, scope: str, since: str | None) -> int | None:
    """The position to go on from, or None when a snapshot is needed."""
    if since is None:
        return None
    epoch, _, seq = since.partition(":")
    if epoch != log.epoch or not seq.isdecimal() or len(seq) > 18:
        return None
    position = int(seq)
    if log.since(position) is not None or await feed.read_since(scope, position) is not None:
        return position
    return None


async def _send_newer(feed: Feed, log: Log, scope: str, position: int) -> int:
    """Send what is newer than `position`; the new position."""
    end = log.seq
    messages = log.since(position)
    if messages is None:
        end, messages = await feed.read_through(scope, position)
    for message in messages:
        await _send(message)
    return end


async def _send(message: bytes) -> None:
    async with asyncio.timeout(SEND_TIMEOUT):
        await websocket.send(message.decode())
