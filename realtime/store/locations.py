"""Locations: which agent serves them, when it was heard of, and which experiments use them."""

from contextlib import suppress
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from realtime.protocol.agent import AgentState
from realtime.store import schema
from realtime.store.changes import SITE, experiment_scope
from realtime.store.tx import Tx

_location = schema.location.c
_use = schema.location_use.c


def find(conn: Connection, name: str) -> dict[str, Any] | None:
    """A location's columns."""
    found = conn.execute(select(schema.location).where(_location.name == name)).mappings().first()
    return None if found is None else dict(found)


def every(conn: Connection) -> list[dict[str, Any]]:
    """All locations."""
    return [dict(row) for row in conn.execute(select(schema.location)).mappings()]


def states(conn: Connection) -> dict[str, AgentState]:
    """What the agents of locations said last of themselves; one that speaks otherwise is left out."""
    chosen = select(_location.name, _location.state).where(_location.state.is_not(None)).order_by(_location.name)
    found: dict[str, AgentState] = {}
    for name, state in conn.execute(chosen):
        with suppress(msgspec.ValidationError):
            found[name] = msgspec.convert(state, AgentState)
    return found


def ensure(tx: Tx, name: str) -> dict[str, Any]:
    """The location, made when it is new."""
    found = find(tx.conn, name)
    if found is None:
        tx.conn.execute(insert(schema.location).values(name=name, agent_connected=False, seq=0))
        tx.touch(SITE, f"location/{name}")
        found = find(tx.conn, name)
    assert found is not None
    return found


def use(tx: Tx, experiment: str, name: str) -> None:
    """The experiment uses this location from now on, and sees what becomes of it."""
    ensure(tx, name)
    known = select(_use.seq).where(_use.experiment == experiment, _use.location == name)
    if tx.conn.execute(known).first() is None:
        tx.conn.execute(insert(schema.location_use).values(experiment=experiment, location=name, seq=0))
        tx.touch(experiment_scope(experiment), f"location/{name}")


def note(tx: Tx, name: str, values: dict[str, Any]) -> None:
    """Set columns that nobody sees (the agent's lease and when it was heard of)."""
    tx.conn.execute(update(schema.location).where(_location.name == name).values(values))


def change(tx: Tx, name: str, values: dict[str, Any]) -> None:
    """Set visible columns; news for the site and for every experiment that uses the location."""
    note(tx, name, values)
    tx.touch(SITE, f"location/{name}")
    for experiment in tx.conn.execute(select(_use.experiment).where(_use.location == name)).scalars():
        tx.touch(experiment_scope(experiment), f"location/{name}")
