"""Where the rooms of the manager are joined: made, started, served, and ended in order."""

import asyncio
import gc
import getpass
import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from realtime import __version__
from realtime.bus import Bus, describe, find, make_bus
from realtime.domain.errors import BatchboardError
from realtime.feed import Feed, publish
from realtime.service.agents import notice_silence
from realtime.service.jobs import relabel
from realtime.service.rules import Rules
from realtime.settings import Settings, SettingsError
from realtime.store import history
from realtime.store.store import Store
from realtime.store.tx import Tx
from realtime.web.compression import decline
from realtime.web.context import House
from realtime.web.edge import application
from realtime.web.questions import Questions
from realtime.web.sockets import Sockets
from realtime.web.static import build

logger = logging.getLogger(__name__)

LABEL_EVERY = 0.5
FORGET_EVERY = 3600.0
ANSWERS_KEPT = timedelta(days=1)
DELETED_KEPT = timedelta(days=7)
GOODBYE = 1.0
"""Seconds that open websockets get to say goodbye."""
SEND_BUFFER = 64 * 1024
"""Bytes of a connection's kernel buffer: what a slow client holds back is stale."""
BACKLOG = 2048


@asynccontextmanager
async def open_bus(settings: Settings) -> AsyncIterator[tuple[Bus, str]]:
    """The bus and what carries it, started; ended after."""
    redis = await find(settings)
    bus = make_bus(redis, settings.instance)
    try:
        await bus.start()
        yield bus, describe(redis)
    finally:
        await bus.close()
        if redis:
            await redis.close()


@asynccontextmanager
async def open_house(settings: Settings, bus: Bus, carrier: str) -> AsyncIterator[House]:
    """The rooms behind the edge over a bus, started, with what runs in the background; ended in reverse order."""
    token, agent_token = await asyncio.to_thread(_tokens, settings)
    store = Store(
        settings.database_url, lambda commit: publish(bus, store.epoch, commit), settings.data_dir / "store.mark"
    )
    try:
        try:
            await store.open()
        except BatchboardError as error:
            raise SettingsError(f"BATCHBOARD_DATABASE_URL: {settings.database_url}: {error.message}") from error
        house = House(
            settings=settings,
            token=token,
            agent_token=agent_token,
            user=_user(),
            store=store,
            bus=bus,
            bus_server=carrier,
            feed=Feed(store, bus),
            rules=Rules(
                slow_after=timedelta(seconds=settings.submit_slow_after),
                up_since=datetime.now(UTC),
                public_url=settings.public_url,
                secret=store.secret,
                restored_at=store.restored_at,
            ),
            questions=Questions(bus),
            sockets=Sockets(),
            static_url=f"/static/{await asyncio.to_thread(build)}",
        )
        house.questions.start()
        try:
            async with asyncio.TaskGroup() as group:
                background = [
                    group.create_task(store.run(), name="store writer"),
                    group.create_task(store.keep_mark(), name="store mark"),
                    group.create_task(house.feed.run(), name="feed"),
                    group.create_task(keep_labels(house), name="labels"),
                    group.create_task(forget_old(house), name="forget"),
                ]
                yield house
                for task in background:
                    task.cancel()
        finally:
            house.questions.close()
    finally:
        await store.close()


def _user() -> str:
    """Whose name stands at what people do: with one login token, the account that the manager runs under."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _tokens(settings: Settings) -> tuple[str, str]:
    """Login token and agent's token; made in the data directory when not given."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return (
            settings.token or _kept_secret(settings.data_dir / "token"),
            settings.agent_token or _kept_secret(settings.data_dir / "agent.token"),
        )
    except OSError as error:
        raise SettingsError(f"BATCHBOARD_DATA_DIR: {settings.data_dir} cannot be used: {error.strerror}") from error


def _kept_secret(path: Path) -> str:
    try:
        kept = path.read_text().strip()
    except FileNotFoundError:
        kept = ""
    if not kept:
        kept = secrets.token_urlsafe(24)
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(kept + "\n")
    return kept


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; raises SettingsError when the address is taken."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_without_cancellations)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with _listen(settings) as listening:
        async with open_bus(settings) as (bus, carrier), open_house(settings, bus, carrier) as house:
            app = application(house)
            app.before_serving(partial(_announce, house))
            # A full collection walks every connection's objects and would delay a fan-out by some 100 ms.
            gc.freeze()
            gc.set_threshold(50_000, 20, 100)
            await hypercorn_serve(app, _server(listening), shutdown_trigger=lambda: _leave(house, stop))


def _without_cancellations(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # asyncio's streams report connections that Hypercorn cancels at shutdown as if they had failed.
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"BATCHBOARD_PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}; "
            "is another one running there? choose another port"
        ) from error
    listening.listen(BACKLOG)
    return listening


def _server(listening: socket.socket) -> Config:
    decline()
    config = Config()
    config.bind = [f"fd://{listening.detach()}"]  # Hypercorn owns and closes it from here on
    config.backlog = BACKLOG
    config.alpn_protocols = ["http/1.1"]
    config.websocket_ping_interval = 20
    config.websocket_max_message_size = 64 * 1024
    config.graceful_timeout = GOODBYE
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn")
    return config


def _announce(house: House) -> None:
    settings = house.settings
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    own = f"http://{host}:{settings.port}"
    print(f"Batchboard {__version__} serves, news by {house.bus_server}; open {own}/?token={house.token}", flush=True)
    if settings.public_url != own:
        print(f"Jobs report to {settings.public_url}", flush=True)


async def _leave(house: House, stop: asyncio.Event) -> None:
    # Hypercorn waits for ever for open websockets on Python 3.12 and later: they end before it shuts down.
    await stop.wait()
    await house.sockets.close(GOODBYE)


async def keep_labels(house: House) -> None:
    """Bring up to date what depends on the clock: agents that fell silent, statuses before LSF. Until cancelled."""

    def label(tx: Tx) -> None:
        notice_silence(tx, house.rules)
        relabel(tx, house.rules)

    while True:
        try:
            await house.store.write(label)
        except BatchboardError as error:
            logger.warning("statuses cannot be brought up to date, trying again: %s", error)
        await asyncio.sleep(LABEL_EVERY)


async def forget_old(house: House) -> None:
    """Forget old answers and tombstones every hour. Until cancelled."""
    while True:
        try:
            await house.store.write(lambda tx: history.forget(tx, tx.now - ANSWERS_KEPT, tx.now - DELETED_KEPT))
        except BatchboardError as error:
            logger.warning("old answers cannot be forgotten now: %s", error)
        await asyncio.sleep(FORGET_EVERY)
