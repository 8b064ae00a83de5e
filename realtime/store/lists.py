"""Visible rows for those who ask by HTTP: lists, with one row more than asked (is there a next?), and single ones."""

from typing import TypeVar

from sqlalchemy import Connection, Select, func, or_, select

from realtime.protocol.rows import DefinitionRow, ExperimentRow, JobRow, LocationRow, RunRow
from realtime.store import rows, schema
from realtime.store.changes import SITE

T = TypeVar("T")

_experiment = schema.experiment.c
_run = schema.run.c
_definition = schema.definition.c
_job = schema.job.c


def experiments(conn: Connection, after: str, limit: int) -> list[ExperimentRow]:
    """Experiments by name, after a name."""
    chosen = select(schema.experiment).where(_experiment.name > after).order_by(_experiment.name)
    return rows.experiments(conn, chosen.limit(limit + 1))


def experiment(conn: Connection, name: str) -> ExperimentRow | None:
    """One experiment."""
    return _only(rows.experiments(conn, select(schema.experiment).where(_experiment.name == name)))


def runs(conn: Connection, of: str, before: int | None, limit: int) -> list[RunRow]:
    """Runs of an experiment, newest first, before a number."""
    chosen = select(schema.run).where(_run.experiment == of).order_by(_run.number.desc())
    if before is not None:
        chosen = chosen.where(_run.number < before)
    return rows.runs(conn, chosen.limit(limit + 1))


def run(conn: Connection, of: str, number: int) -> RunRow | None:
    """One run."""
    return _only(rows.runs(conn, select(schema.run).where(_run.experiment == of, _run.number == number)))


def definitions(conn: Connection, of: str, after: int, limit: int) -> list[DefinitionRow]:
    """Definitions of an experiment by id, archived ones included, after an id."""
    chosen = select(schema.definition).where(_definition.experiment == of, _definition.id > after)
    return rows.definitions(conn, chosen.order_by(_definition.id).limit(limit + 1))


def definition(conn: Connection, of: str, wanted: int) -> DefinitionRow | None:
    """One definition."""
    chosen = select(schema.definition).where(_definition.experiment == of, _definition.id == wanted)
    return _only(rows.definitions(conn, chosen))


def jobs(
    conn: Connection,
    of: str,
    number: int | None,
    runs: list[tuple[int, int]] | None,
    status: str | None,
    definition: str | None,
    before: int | None,
    limit: int,
) -> list[JobRow]:
    """Jobs of an experiment, newest first, before a number; the one of a number, those of some runs, of a status, of a
    definition (name or id)."""
    chosen: Select[tuple[object, ...]] = select(schema.job).where(_job.experiment == of).order_by(_job.number.desc())
    if number is not None:
        chosen = chosen.where(_job.number == number)
    if runs is not None:
        chosen = chosen.where(or_(*(_job.run.between(first, last) for first, last in runs)))
    if status is not None:
        chosen = chosen.where(_job.status == status)
    if definition is not None:
        by_name = _job.definition_name == definition
        by_id = definition.isdecimal() and len(definition) < 18
        chosen = chosen.where(or_(by_name, _job.definition == int(definition)) if by_id else by_name)
    if before is not None:
        chosen = chosen.where(_job.number < before)
    return rows.jobs(conn, chosen.limit(limit + 1))


def jobs_by_id(conn: Connection, ids: list[str]) -> list[JobRow]:
    """These jobs, as far as they exist, in the order they were made."""
    found: list[JobRow] = []
    for part in range(0, len(ids), rows.IN_LIMIT):
        chosen = select(schema.job).where(_job.id.in_(ids[part : part + rows.IN_LIMIT]))
        found += rows.jobs(conn, chosen.order_by(_job.number))
    return found


def live_jobs(conn: Connection) -> list[tuple[str, int]]:
    """How many live jobs there are in each status."""
    counted = select(_job.status, func.count()).where(_job.live).group_by(_job.status).order_by(_job.status)
    return [(status, count) for status, count in conn.execute(counted)]


def locations(conn: Connection) -> list[LocationRow]:
    """All locations, by name."""
    return rows.locations(conn, SITE, select(schema.location).order_by(schema.location.c.name))


def _only(found: list[T]) -> T | None:
    return found[0] if found else None
