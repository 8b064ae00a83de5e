"""Experiments and their runs in the store."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from realtime.store import schema
from realtime.store.changes import SITE, experiment_scope
from realtime.store.tx import Tx, new_scope

_experiment = schema.experiment.c
_run = schema.run.c


def exists(conn: Connection, name: str) -> bool:
    """Whether there is an experiment of that name."""
    return conn.execute(select(_experiment.name).where(_experiment.name == name)).first() is not None


def find(conn: Connection, name: str) -> dict[str, Any]:
    """The columns of an experiment, which must exist."""
    return dict(conn.execute(select(schema.experiment).where(_experiment.name == name)).mappings().one())


def create(tx: Tx, name: str, instrument: str, description: str) -> None:
    """A new experiment with its own scope."""
    values = {"name": name, "instrument": instrument, "description": description, "created_at": tx.now, "seq": 0}
    tx.conn.execute(insert(schema.experiment).values(values))
    new_scope(tx.conn, experiment_scope(name))
    tx.touch(SITE, f"experiment/{name}")


def change(tx: Tx, name: str, values: dict[str, Any]) -> None:
    """Set columns of an experiment."""
    if values:
        tx.conn.execute(update(schema.experiment).where(_experiment.name == name).values(values))
        tx.touch(SITE, f"experiment/{name}")


def next_job_numbers(tx: Tx, name: str, count: int) -> int:
    """Reserve `count` job numbers; the first of them."""
    taken = (
        update(schema.experiment)
        .where(_experiment.name == name)
        .values(jobs_made=_experiment.jobs_made + count)
        .returning(_experiment.jobs_made)
    )
    return int(tx.conn.execute(taken).scalar_one()) - count + 1


def last_run(conn: Connection, experiment: str) -> int:
    """The highest run number, 0 when there is none."""
    return conn.execute(select(func.max(_run.number)).where(_run.experiment == experiment)).scalar() or 0


def find_run(conn: Connection, experiment: str, number: int) -> dict[str, Any] | None:
    """A run's columns, None when there is no such run."""
    chosen = select(schema.run).where(_run.experiment == experiment, _run.number == number)
    found = conn.execute(chosen).mappings().first()
    return None if found is None else dict(found)


def runs_within(conn: Connection, experiment: str, ranges: Iterable[tuple[int, int]] | None) -> list[int]:
    """The numbers of existing runs within inclusive ranges (None: all), lowest first."""
    chosen = select(_run.number).where(_run.experiment == experiment).order_by(_run.number)
    if ranges is not None:
        chosen = chosen.where(or_(*(_run.number.between(first, last) for first, last in ranges)))
    return list(conn.execute(chosen).scalars())


def start_run(tx: Tx, experiment: str, number: int, started_at: datetime, params: dict[str, Any]) -> None:
    """A new run."""
    values = {"experiment": experiment, "number": number, "started_at": started_at, "params": params, "seq": 0}
    tx.conn.execute(insert(schema.run).values(values))
    touch_run(tx, experiment, number)
    tx.active(experiment)


def change_run(tx: Tx, experiment: str, number: int, values: dict[str, Any]) -> None:
    """Set columns of a run."""
    if values:
        tx.conn.execute(update(schema.run).where(_run.experiment == experiment, _run.number == number).values(values))
        touch_run(tx, experiment, number)
        tx.active(experiment)


def touch_run(tx: Tx, experiment: str, number: int) -> None:
    """The run, or its number of jobs by status, has changed."""
    tx.touch(experiment_scope(experiment), f"run/{number}")
