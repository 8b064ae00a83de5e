"""The store: one writer with group commit, readers beside it, made and migrated when opened."""

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, func, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from realtime.domain.errors import BatchboardError
from realtime.store import schema
from realtime.store.changes import SITE, Commit
from realtime.store.engines import reading, writing
from realtime.store.mark import Mark, is_older, read_mark, write_mark
from realtime.store.migrate import migrate
from realtime.store.turn import Turn
from realtime.store.tx import Tx, new_scope
from realtime.store.writer import Writer, unavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")
Item = TypeVar("Item")
MARK_EVERY = 5.0


class Moment:
    """A read transaction: it sees one state of the whole store."""

    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in it; its rows are dealt with in the thread of the loop."""
        return await self._conn.run_sync(query)


class Store:
    """All SQL goes through `write`, `write_each` and `read`: they take a plain function that runs in a transaction."""

    def __init__(self, url: str, on_commit: Callable[[Commit], None], mark: Path | None = None) -> None:
        """`mark`: the file that tells an older copy of this store from the store itself."""
        self._mark = mark
        self._marked: Mark | None = None
        self._path = Path(str(make_url(url).database))
        self._writer = Writer(writing(url), Turn(self._path.with_name(f"{self._path.name}.turn")), on_commit)
        self._reader = reading(url)
        self.epoch = ""
        self.secret = b""
        self.restored_at: datetime | None = None

    async def open(self) -> None:
        """Make or migrate the database (raises Unavailable when that fails); writes wait until `run` is running.

        An older copy than the mark knows gets a new epoch, and `restored_at` from now on.
        """
        try:
            await asyncio.to_thread(migrate, self._path)
            remembered = await asyncio.to_thread(read_mark, self._mark) if self._mark else None
            identity = await self._writer.first(partial(_identity, remembered=remembered))
            self.epoch, self.secret, self.restored_at = identity
            await self.remember()
        except (OSError, DBAPIError, sqlite3.Error) as error:
            raise unavailable(error) from error
        self._writer.running = True

    async def close(self) -> None:
        """Refuse what is queued and close every connection. `run` has ended before."""
        self._writer.running = False
        try:
            await self.remember()
        except (OSError, DBAPIError, sqlite3.Error) as error:
            logger.warning("the mark of the store could not be written: %s", error)
        await self._writer.close()
        await self._reader.dispose()

    async def write(self, change: Callable[[Tx], T]) -> T:
        """Run `change` in a write transaction, in another thread, and return its result after the commit.

        Concurrent calls share a commit; `change` may run again when another one of its batch fails, so it must have
        no effects but those on the transaction. What it raises is raised here, and nothing of it is stored.
        """
        return await self._writer.write(change)

    async def write_each(self, change: Callable[[Tx, list[Item]], Sequence[T | BatchboardError]], item: Item) -> T:
        """As `write` for many items of one sort: those that wait together go through `change` together, in order.

        It answers each item with a value or an error, which belongs to that item alone and for which it has changed
        nothing.
        """
        return await self._writer.write_each(change, item)

    async def run(self) -> None:
        """The writer. Cancelled, it finishes the batch under way: its writers wait for their answers."""
        await self._writer.run()

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in a read transaction: it sees one state of the whole store."""
        async with self.moment() as moment:
            return await moment.read(query)

    @asynccontextmanager
    async def moment(self) -> "AsyncIterator[Moment]":
        """One state of the whole store for several queries; what takes long between them can be awaited."""
        try:
            async with self._reader.connect() as conn, conn.begin():
                yield Moment(conn)
        except (DBAPIError, sqlite3.Error) as error:
            raise unavailable(error) from error

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
