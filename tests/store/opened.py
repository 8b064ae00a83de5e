"""A store that is open for a test, and the commits it told of."""

import asyncio
from pathlib import Path

from realtime.service.experiments import create_experiment, start_run
from realtime.store.changes import Commit
from realtime.store.store import Store


class Opened:
    """A store and the commits it told of."""

    def __init__(self, path: Path, mark: Path | None = None) -> None:
        self.commits: list[Commit] = []
        self.store = Store(f"sqlite+aiosqlite:///{path}", self.commits.append, mark)

    async def __aenter__(self) -> "Opened":
        await self.store.open()
        self.writer = asyncio.create_task(self.store.run())
        return self

    async def __aexit__(self, *args: object) -> None:
        self.writer.cancel()
        await asyncio.gather(self.writer, return_exceptions=True)
        await self.store.close()

    async def make(self) -> None:
        """An experiment."""
        await self.store.write(lambda tx: create_experiment(tx, "demo", "", "", "ana"))

    async def run(self) -> int:
        """A run of it."""
        return await self.store.write(lambda tx: start_run(tx, "demo", None, None, {}, "ana"))
