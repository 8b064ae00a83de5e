"""A store with an experiment, a feed over a bus, and followers of it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from realtime.bus import InProcessBus
from realtime.feed import Feed, Wire, publish
from realtime.service.experiments import create_experiment, start_run
from realtime.store.changes import Commit, experiment_scope
from realtime.store.store import Store
from realtime.store.tx import Tx

SCOPE = experiment_scope("e")


class Room:
    """A store and a feed, as one process has them. `told` can be switched off: commits then reach nobody by the bus.
    `others` hear of a commit a little later than this one."""

    def __init__(self, path: Path) -> None:
        self.bus = InProcessBus()
        self.told = True
        self.others: list[Room] = []
        self.commits: list[Commit] = []
        self.store = Store(f"sqlite+aiosqlite:///{path}", self._on_commit)
        self.feed = Feed(self.store, self.bus)
        self.following: set[asyncio.Task[int]] = set()

    def _on_commit(self, commit: Commit) -> None:
        self.commits.append(commit)
        if self.told:
            self.tell(commit)
            for other in self.others:
                asyncio.get_running_loop().call_later(0.003, other.tell, commit)

    def tell(self, commit: Commit) -> None:
        """What reaches this process over the bus."""
        publish(self.bus, self.store.epoch, commit)

    async def start_run(self, count: int = 1, **params: str) -> int:
        """Commit so many runs in one transaction; the position after it."""

        def change(tx: Tx) -> None:
            for _ in range(count):
                start_run(tx, "e", None, None, params, "ana")

        await self.store.write(change)
        return next(change.end for change in self.commits[-1].changes if change.scope == SCOPE)

    def follow(self, wire: Wire, since: str | None = None, runs: int = 100, scope: str = SCOPE) -> asyncio.Task[int]:
        """A connection that follows the experiment."""
        task = asyncio.create_task(self.feed.follow(wire, scope, runs, since))
        self.following.add(task)
        return task


@asynccontextmanager
async def opened(room: Room) -> AsyncIterator[Room]:
    """A room whose store and feed are running."""
    await room.bus.start()
    await room.store.open()
    running = [asyncio.create_task(room.store.run()), asyncio.create_task(room.feed.run())]
    yield room
    for task in (*room.following, *running):
        task.cancel()
    await asyncio.gather(*room.following, *running, return_exceptions=True)
    await room.store.close()
    await room.bus.close()


@pytest.fixture
def database(tmp_path: Path, empty_database: Path) -> Path:
    """An empty store."""
    return Path(shutil.copyfile(empty_database, tmp_path / "feed.db"))


@pytest.fixture
async def room(database: Path) -> AsyncIterator[Room]:
    """A room with an experiment `e`."""
    async with opened(Room(database)) as room:
        await room.store.write(lambda tx: create_experiment(tx, "e", "XPP", "", "ana"))
        yield room
