"""Definitions (hashes) and their versions in the store."""

from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from realtime.store import locations, schema
from realtime.store.changes import experiment_scope
from realtime.store.tx import Tx

_definition = schema.definition.c
_versioned = ("name", "executable", "parameters", "location")


def find(conn: Connection, experiment: str, wanted: int | str) -> dict[str, Any] | None:
    """A definition by id, or by name among those not archived; its columns."""
    chosen = select(schema.definition).where(_definition.experiment == experiment)
    if isinstance(wanted, int):
        chosen = chosen.where(_definition.id == wanted)
    else:
        chosen = chosen.where(_definition.name == wanted, _definition.archived_at.is_(None))
    found = conn.execute(chosen).mappings().first()
    return None if found is None else dict(found)


def create(tx: Tx, experiment: str, values: dict[str, Any], by: str) -> int:
    """A new definition; its id."""
    full = {**values, "experiment": experiment, "created_by": by, "created_at": tx.now, "version": 1, "seq": 0}
    (new,) = tx.conn.execute(insert(schema.definition).values(full).returning(_definition.id)).one()
    _keep_version(tx, new, 1, values, by)
    locations.use(tx, experiment, values["location"])
    _touch(tx, experiment, new)
    tx.work_for(values["location"])
    return int(new)


def change(tx: Tx, found: dict[str, Any], values: dict[str, Any], by: str) -> None:
    """A new version of a definition; what the agent found no longer holds."""
    if all(found[name] == value for name, value in values.items()):
        return
    full = {name: values.get(name, found[name]) for name in _versioned}
    version = found["version"] + 1
    changed: dict[str, Any] = {**full, "version": version}
    if (full["executable"], full["location"]) != (found["executable"], found["location"]):
        changed |= {"check_ok": None, "check_problem": None, "check_at": None, "checked_at": None}
    tx.conn.execute(update(schema.definition).where(_definition.id == found["id"]).values(changed))
    _keep_version(tx, found["id"], version, full, by)
    locations.use(tx, found["experiment"], full["location"])
    _touch(tx, found["experiment"], found["id"])
    tx.work_for(full["location"])


def used(conn: Connection, definition: int) -> bool:
    """Whether a job was ever made from it (and is still kept)."""
    return (
        conn.execute(select(schema.job.c.id).where(schema.job.c.definition == definition).limit(1)).first() is not None
    )


def archive(tx: Tx, found: dict[str, Any]) -> None:
    """Out of the way, its jobs keep it."""
    if found["archived_at"] is None:
        tx.conn.execute(update(schema.definition).where(_definition.id == found["id"]).values(archived_at=tx.now))
        _touch(tx, found["experiment"], found["id"])


def remove(tx: Tx, found: dict[str, Any]) -> None:
    """Gone for good."""
    tx.conn.execute(delete(schema.definition).where(_definition.id == found["id"]))
    tx.drop(experiment_scope(found["experiment"]), f"definition/{found['id']}")


def to_check(conn: Connection, location: str, ok_before: Any, odd_before: Any, limit: int) -> list[dict[str, Any]]:
    """Definitions of a location whose path is to be looked at: never checked, or last before the given times."""
    due = or_(
        _definition.checked_at.is_(None),
        _definition.checked_at < ok_before,
        (_definition.check_ok.is_(False)) & (_definition.checked_at < odd_before),
    )
    chosen = (
        select(_definition.id, _definition.version, _definition.executable, _definition.created_by)
        .where(_definition.location == location, _definition.archived_at.is_(None), _definition.executable.is_not(None))
        .where(due)
        .order_by(func.coalesce(_definition.checked_at, 0))
        .limit(limit)
    )
    return [dict(row) for row in conn.execute(chosen).mappings()]


def record_check(tx: Tx, definition: int, version: int, ok: bool, problem: str | None) -> None:
    """What the agent found at the path of this version; news only when it differs from before."""
    chosen = select(schema.definition).where(_definition.id == definition, _definition.version == version)
    found = tx.conn.execute(chosen).mappings().first()
    if found is None:
        return
    values: dict[str, Any] = {"checked_at": tx.now}
    if found["check_at"] is None or (found["check_ok"], found["check_problem"]) != (ok, problem):
        values |= {"check_ok": ok, "check_problem": problem, "check_at": tx.now}
        _touch(tx, found["experiment"], definition)
    tx.conn.execute(update(schema.definition).where(_definition.id == definition).values(values))


def set_quiet_after(tx: Tx, definition: int, seconds: float) -> None:
    """What was learnt of its jobs; news only when it differs from before."""
    chosen = update(schema.definition).where(
        _definition.id == definition, _definition.quiet_after.is_distinct_from(seconds)
    )
    changed = tx.conn.execute(chosen.values(quiet_after=seconds).returning(_definition.experiment)).scalar()
    if changed is not None:
        _touch(tx, changed, definition)


def versions(conn: Connection, definition: int) -> list[dict[str, Any]]:
    """All versions of a definition, newest first: their columns."""
    chosen = select(schema.definition_version).where(schema.definition_version.c.definition == definition)
    newest_first = chosen.order_by(schema.definition_version.c.version.desc())
    return [dict(row) for row in conn.execute(newest_first).mappings()]


def _keep_version(tx: Tx, definition: int, version: int, values: dict[str, Any], by: str) -> None:
    kept = {name: values[name] for name in _versioned}
    tx.conn.execute(
        insert(schema.definition_version).values(definition=definition, version=version, at=tx.now, by=by, **kept)
    )


def _touch(tx: Tx, experiment: str, definition: int) -> None:
    tx.touch(experiment_scope(experiment), f"definition/{definition}")
