"""Environments of submit scripts: those of a group's jobs are mostly the same, so that each is kept once."""

import hashlib
from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.dialects.sqlite import insert as upsert

from realtime.store import schema
from realtime.store.tx import Tx

_environment = schema.environment.c
_submission = schema.submission.c


def keep(tx: Tx, variables: Mapping[str, str | None]) -> str:
    """Keep these unless they are kept already; the key of them."""
    key = key_of(variables)
    new = upsert(schema.environment).values(sha256=key, variables=_ordered(variables))
    tx.conn.execute(new.on_conflict_do_nothing(index_elements=["sha256"]))
    return key


def key_of(variables: Mapping[str, str | None]) -> str:
    """The same for the same variables, whatever their order."""
    return hashlib.sha256(msgspec.json.encode(_ordered(variables))).hexdigest()


def _ordered(variables: Mapping[str, str | None]) -> dict[str, str | None]:
    return dict(sorted(variables.items()))


def find(conn: Connection, key: str | None) -> dict[str, str | None]:
    """The variables kept under a key; empty for none."""
    chosen = select(_environment.variables).where(_environment.sha256 == key)
    return dict(conn.execute(chosen).scalar() or {})


def forget_unused(tx: Tx) -> None:
    """Drop those that no job's script has found."""
    used = exists().where(_submission.environment == _environment.sha256)
    tx.conn.execute(delete(schema.environment).where(~used))
