"""Connections to the database: one for the writer, a few for readers beside it."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool

READERS = 4
POOL_TIMEOUT = 30
BUSY_LIMIT = 5000
"""Milliseconds that a transaction waits for another process."""


def writing(url: str) -> Engine:
    """One connection, for a thread that writes. Its transactions take the database's write lock when they begin."""
    return _prepared(
        create_engine(
            make_url(url).set(drivername="sqlite"),
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT,
            connect_args={"check_same_thread": False},
            json_serializer=_json,
            json_deserializer=msgspec.json.decode,
        ),
        "BEGIN IMMEDIATE",
    )


def reading(url: str) -> AsyncEngine:
    """Some connections that read, each in a thread of its own."""
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=READERS,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT,
        json_deserializer=msgspec.json.decode,
    )
    _prepared(engine.sync_engine, "BEGIN")
    return engine


def _prepared(engine: Engine, begin: str) -> Engine:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_LIMIT}", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
