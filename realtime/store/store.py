"""The store: one writer with group commit, readers beside it, made and migrated when opened."""

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, event, func, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from realtime.domain.errors import BatchboardError, Unavailable
from realtime.store import schema
from realtime.store.changes import SITE, Commit
from realtime.store.mark import Mark, is_older, read_mark, write_mark
from realtime.store.migrate import migrate
from realtime.store.tx import Tx, new_scope

logger = logging.getLogger(__name__)

T = TypeVar("T")
MARK_EVERY = 5.0
BATCH_LIMIT = 200
READERS = 4


class Store:
    """All SQL goes through `write` and `read`; both take a plain function that runs inside one transaction."""

    def __init__(self, url: str, on_commit: Callable[[Commit], None], mark: Path | None = None) -> None:
        """`mark`: the file that tells an older copy of this store from the store itself."""
        self._url = url
        self._on_commit = on_commit
        self._mark = mark
        self._marked: Mark | None = None
        self._queue: asyncio.Queue[_Write[Any]] = asyncio.Queue()
        self._running = False
        self._writer = _engine(url, begin="BEGIN IMMEDIATE", connections=1)
        self._reader = _engine(url, begin="BEGIN", connections=READERS)
        self.epoch = ""
        self.secret = b""
        self.restored_at: datetime | None = None

    async def open(self) -> None:
        """Make or migrate the database (raises Unavailable when that fails); writes wait until `run` is running.

        An older copy than the mark knows gets a new epoch, and `restored_at` from now on.
        """
        try:
            await asyncio.to_thread(migrate, Path(str(make_url(self._url).database)))
            remembered = await asyncio.to_thread(read_mark, self._mark) if self._mark else None
            async with self._writer.begin() as conn:
                identity = await conn.run_sync(_identity, remembered)
            self.epoch, self.secret, self.restored_at = identity
            await self.remember()
        except (OSError, DBAPIError, sqlite3.Error) as error:
            raise _unavailable(error) from error
        self._running = True

    async def close(self) -> None:
        """Refuse what is queued and close every connection. `run` has ended before."""
        self._running = False
        try:
            await self.remember()
        except (OSError, DBAPIError, sqlite3.Error) as error:
            logger.warning("the mark of the store could not be written: %s", error)
        while not self._queue.empty():
            _settle(self._queue.get_nowait().result, error=Unavailable("the server is stopping"))
        await self._writer.dispose()
        await self._reader.dispose()

    async def write(self, change: Callable[[Tx], T]) -> T:
        """Run `change` in a write transaction and return its result after the commit.

        Concurrent calls share a commit; `change` may run again when another one of its batch fails, so it must have
        no effects but those on the transaction. What it raises is raised here, and nothing of it is stored.
        """
        write: _Write[T] = _Write(change, asyncio.get_running_loop().create_future())
        if not self._running:
            raise Unavailable("the store is closed")
        self._queue.put_nowait(write)
        return await write.result

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in a read transaction: it sees one state of the whole store."""
        try:
            async with self._reader.connect() as conn, conn.begin():
                return await conn.run_sync(query)
        except (DBAPIError, sqlite3.Error) as error:
            raise _unavailable(error) from error

    async def keep_mark(self) -> None:
        """Write the mark every few seconds. Until cancelled."""
        while True:
            await asyncio.sleep(MARK_EVERY)
            try:
                await self.remember()
            except (OSError, DBAPIError, sqlite3.Error) as error:
                logger.warning("the mark of the store cannot be written, trying again: %s", error)

    async def remember(self) -> None:
        """Write the mark when the store has moved since; raises OSError or an error of the database."""
        if self._mark is None or not self.epoch:
            return
        async with self._reader.connect() as conn, conn.begin():
            mark = Mark(self.epoch, await conn.run_sync(_total))
        if mark != self._marked:
            await asyncio.to_thread(write_mark, self._mark, mark)
            self._marked = mark

    async def run(self) -> None:
        """The writer. Cancelled, it finishes the batch under way: its writers wait for their answers."""
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

    async def _commit(self, batch: list["_Write[Any]"]) -> None:
        while batch:
            outcome = _Outcome()
            try:
                async with self._writer.connect() as conn:
                    transaction = await conn.begin()
                    await conn.run_sync(_run_batch, batch, outcome)
                    if outcome.failed is None:
                        await transaction.commit()
                    else:
                        await transaction.rollback()
            except (DBAPIError, sqlite3.Error) as error:
                for write in batch:
                    _settle(write.result, error=_unavailable(error))
                return
            if outcome.failed is None:
                assert outcome.commit is not None
                self._on_commit(outcome.commit)
                for write, value in zip(batch, outcome.values, strict=True):
                    _settle(write.result, value=value)
                return
            # One of them was refused and everything rolled back: answer that one, run the others again.
            position, refusal = outcome.failed
            _settle(batch.pop(position).result, error=refusal)


class _Write(Generic[T]):
    def __init__(self, change: Callable[[Tx], T], result: asyncio.Future[T]) -> None:
        self.change = change
        self.result = result


class _Outcome:
    def __init__(self) -> None:
        self.values: list[Any] = []
        self.failed: tuple[int, Exception] | None = None
        self.commit: Commit | None = None


def _run_batch(conn: Connection, batch: list[_Write[Any]], outcome: _Outcome) -> None:
    tx = Tx(conn, datetime.now(UTC))
    for position, write in enumerate(batch):
        try:
            outcome.values.append(write.change(tx))
        except (DBAPIError, sqlite3.Error):
            raise
        except Exception as error:  # whatever a change raises belongs to whoever asked for it
            outcome.failed = position, error
            return
    outcome.commit = tx.finish()


def _settle(result: asyncio.Future[Any], *, value: Any = None, error: Exception | None = None) -> None:
    if result.done():
        return  # whoever asked has gone
    if error is None:
        result.set_result(value)
    else:
        result.set_exception(error)


def _unavailable(error: Exception) -> BatchboardError:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return Unavailable(f"the store cannot be used now: {cause}", code="store")


def _engine(url: str, *, begin: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        url, poolclass=AsyncAdaptedQueuePool, pool_size=connections, max_overflow=0, pool_timeout=30
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _identity(conn: Connection, remembered: Mark | None) -> tuple[str, bytes, datetime | None]:
    """Epoch and secret of this store, made with it, and when it was restored; an older copy is given a new epoch."""
    found = {name: value for name, value in conn.execute(select(schema.meta.c.name, schema.meta.c.value))}
    made = not found
    if made:
        found = {"epoch": secrets.token_hex(8).encode(), "secret": secrets.token_bytes(32)}
        conn.execute(schema.meta.insert(), [{"name": name, "value": value} for name, value in found.items()])
    new_scope(conn, SITE)
    if not made and is_older(Mark(found["epoch"].decode(), _total(conn)), remembered):
        logger.warning("this store is an older copy of itself: requests made before now are held until LSF is asked")
        restored = {"epoch": secrets.token_hex(8).encode(), "restored_at": datetime.now(UTC).isoformat().encode()}
        for name, value in restored.items():
            conn.execute(schema.meta.delete().where(schema.meta.c.name == name))
            conn.execute(schema.meta.insert().values(name=name, value=value))
        found |= restored
    at = found.get("restored_at")
    return found["epoch"].decode(), found["secret"], datetime.fromisoformat(at.decode()) if at else None


def _total(conn: Connection) -> int:
    return int(conn.execute(select(func.coalesce(func.sum(schema.scope.c.seq), 0))).scalar_one())
