"""Where the rooms of one server process are joined: made, started, and ended in order."""

import asyncio
import getpass
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from realtime.bus import Bus, RedisServer, make_bus
from realtime.domain.errors import BatchboardError
from realtime.feed import Feed, publish
from realtime.service.agents import notice_silence
from realtime.service.jobs import relabel
from realtime.service.rules import Rules
from realtime.settings import Settings, SettingsError
from realtime.store import history
from realtime.store.served import note_serving
from realtime.store.store import Store
from realtime.store.tx import Tx
from realtime.tokens import tokens
from realtime.web.context import House
from realtime.web.processes import Processes
from realtime.web.questions import Questions
from realtime.web.sockets import Sockets
from realtime.web.static import build

logger = logging.getLogger(__name__)

LABEL_EVERY = 0.5
FORGET_EVERY = 3600.0
ANSWERS_KEPT = timedelta(days=1)
DELETED_KEPT = timedelta(days=7)


@asynccontextmanager
async def open_bus(settings: Settings, carrier: str) -> AsyncIterator[Bus]:
    """The bus over the Redis of the settings, which is `carrier` in words, or without one the bus of a single process;
    started, and ended after."""
    bus = make_bus(RedisServer(settings.redis_url, carrier) if settings.redis_url else None, settings.instance)
    try:
        await bus.start()
        yield bus
    finally:
        await bus.close()


@asynccontextmanager
async def open_house(settings: Settings, bus: Bus, carrier: str, process: str = "1") -> AsyncIterator[House]:
    """The rooms behind the edge over a bus, started, with what runs in the background; ended in reverse order.
    `process`: the name of this process among those of the installation."""
    token, agent_token = await asyncio.to_thread(tokens, settings)
    store = Store(
        settings.database_url, lambda commit: publish(bus, store.epoch, commit), settings.data_dir / "store.mark"
    )
    try:
        try:
            await store.open()
        except BatchboardError as error:
            raise SettingsError(f"BATCHBOARD_DATABASE_URL: {settings.database_url}: {error.message}") from error
        feed = Feed(store, bus)
        sockets = Sockets(settings.max_websockets)
        house = House(
            settings=settings,
            token=token,
            agent_token=agent_token,
            user=_user(),
            store=store,
            bus=bus,
            bus_server=carrier,
            feed=feed,
            rules=Rules(
                slow_after=timedelta(seconds=settings.submit_slow_after),
                up_since=datetime.now(UTC),
                public_url=settings.public_url,
                secret=store.secret,
                restored_at=store.restored_at,
            ),
            questions=Questions(bus),
            sockets=sockets,
            processes=Processes(process, bus, feed, sockets),
            static_url=f"/static/{await asyncio.to_thread(build)}",
        )
        house.questions.start()
        try:
            async with asyncio.TaskGroup() as group:
                background = [
                    group.create_task(store.run(), name="store writer"),
                    group.create_task(store.keep_mark(), name="store mark"),
                    group.create_task(house.feed.run(), name="feed"),
                    group.create_task(house.sockets.keep(), name="websockets"),
                    group.create_task(house.processes.run(), name="processes"),
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


async def keep_labels(house: House) -> None:
    """Bring up to date what depends on the clock: since when somebody serves, agents that fell silent, statuses before
    LSF. Until cancelled."""

    def label(tx: Tx) -> Rules:
        rules = replace(house.rules, up_since=note_serving(tx))
        notice_silence(tx, rules)
        relabel(tx, rules)
        return rules

    while True:
        try:
            house.rules = await house.store.write(label)
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
