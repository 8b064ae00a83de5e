"""The one writer: changes that come at the same time share a transaction and its commit.

A write transaction is dozens of short statements, and handing each to another thread costs more than most of them
take. So whole transactions run in a thread of the writer's own, over a plain connection.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from realtime.domain.errors import BatchboardError, Unavailable
from realtime.store.changes import Commit
from realtime.store.turn import Turn
from realtime.store.tx import Tx

T = TypeVar("T")
Item = TypeVar("Item")
BATCH_LIMIT = 200


def unavailable(error: Exception) -> BatchboardError:
    """What is told of an error of the database."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return Unavailable(f"the store cannot be used now: {cause}", code="store")


class Writer:
    """Runs changes in the order they came, some at a time, while `run` is running."""

    def __init__(self, engine: Engine, turn: Turn, on_commit: Callable[[Commit], None]) -> None:
        """`engine` gives one connection; its thread is started with the first transaction."""
        self._engine = engine
        self._turn = turn
        self._on_commit = on_commit
        self._thread = ThreadPoolExecutor(1, "store writer")
        self._queue: asyncio.Queue[_Write[Any, Any]] = asyncio.Queue()
        self.running = False

    async def first(self, change: Callable[[Connection], T]) -> T:
        """Run `change` in a transaction by itself, before `run` is running. Raises errors of the database, or of the
        turn."""

        def transaction() -> T:
            with self._turn.taken(), self._engine.begin() as conn:
                return change(conn)

        return await asyncio.get_running_loop().run_in_executor(self._thread, transaction)

    async def write(self, change: Callable[[Tx], T]) -> T:
        """As `Store.write`."""
        return await self._written(_Write(lambda tx, _: [change(tx)], None, alone=True))

    async def write_each(self, change: "Callable[[Tx, list[Item]], Sequence[T | BatchboardError]]", item: Item) -> T:
        """As `Store.write_each`."""
        return await self._written(_Write(change, item))

    async def _written(self, write: "_Write[Any, T]") -> T:
        if not self.running:
            raise Unavailable("the store is closed")
        self._queue.put_nowait(write)
        return await write.result

    async def run(self) -> None:
        """Write until cancelled, and then finish the batch under way: those who wait for it get their answers."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH_LIMIT and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            committing = asyncio.create_task(self._commit(batch), name="store commit")
            try:
                await asyncio.shield(committing)
            except asyncio.CancelledError:
                await committing
                raise

    async def close(self) -> None:
        """Refuse what is queued and close the connection. `run` has ended before."""
        self.running = False
        while not self._queue.empty():
            _settle(self._queue.get_nowait(), Unavailable("the server is stopping"))
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()

    async def _commit(self, batch: "list[_Write[Any, Any]]") -> None:
        loop = asyncio.get_running_loop()
        while batch:
            try:
                outcome = await loop.run_in_executor(self._thread, self._transaction, batch)
            except (DBAPIError, sqlite3.Error, OSError, BatchboardError) as error:
                for write in batch:
                    _settle(write, error if isinstance(error, BatchboardError) else unavailable(error))
                return
            if outcome.commit is not None:
                self._on_commit(outcome.commit)
                for write, value in zip(batch, outcome.values, strict=True):
                    _settle(write, value)
                return
            # Some were refused and everything was rolled back: one is answered, several are tried one by one.
            for write in outcome.failed:
                if len(outcome.failed) == 1:
                    batch.remove(write)
                    _settle(write, outcome.error)
                write.alone = True

    def _transaction(self, batch: "list[_Write[Any, Any]]") -> "_Outcome":
        """All of the batch in one transaction, or nothing of it; in the writer's thread."""
        outcome = _Outcome()
        with ExitStack() as stack:
            stack.enter_context(self._turn.taken())
            conn = stack.enter_context(self._engine.connect())
            transaction = stack.enter_context(conn.begin())
            tx = Tx(conn, datetime.now(UTC))
            for together in _groups(batch):
                try:
                    outcome.values += together[0].change(tx, [write.item for write in together])
                except (DBAPIError, sqlite3.Error):
                    raise
                except Exception as error:  # whatever a change raises belongs to whoever asked for it
                    transaction.rollback()
                    outcome.failed, outcome.error = together, error
                    return outcome
            commit = tx.finish()
            transaction.commit()
            outcome.commit = commit
        return outcome


class _Write(Generic[Item, T]):
    def __init__(
        self, change: "Callable[[Tx, list[Item]], Sequence[T | BatchboardError]]", item: Item, *, alone: bool = False
    ) -> None:
        self.change = change
        self.item = item
        self.alone = alone
        self.result: asyncio.Future[T] = asyncio.get_running_loop().create_future()


class _Outcome:
    """What became of a batch: `commit` and a value for each, or who `failed` and why."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.commit: Commit | None = None
        self.failed: list[_Write[Any, Any]] = []
        self.error: Exception | None = None


def _groups(batch: list[_Write[Any, Any]]) -> Iterator[list[_Write[Any, Any]]]:
    """Neighbours that want the same change go through it together."""
    for _, together in groupby(batch, lambda write: (write.change, write if write.alone else None)):
        yield list(together)


def _settle(write: _Write[Any, Any], value: Any) -> None:
    if write.result.done():
        return  # whoever asked has gone
    if isinstance(value, Exception):
        write.result.set_exception(value)
    else:
        write.result.set_result(value)
