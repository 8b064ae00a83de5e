"""The rows that the run table shows of some runs, and what stands around it."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, func, select

from realtime.protocol.rows import DefinitionRow, JobRow, LocationRow, RunRow
from realtime.store import rows, schema
from realtime.store.changes import experiment_scope

_run = schema.run.c
_job = schema.job.c


def find_rows(
    conn: Connection, experiment: str, numbers: Sequence[int], room: int
) -> tuple[list[int], list[RunRow | JobRow]]:
    """Of the first of these runs, as far as they exist, as many as there is room for their jobs, but one at least:
    their numbers, and for each run its row and those of all its jobs, newest first."""
    taken = _fitting(conn, experiment, numbers, room)
    if not taken:
        return [], []
    found: dict[int, list[RunRow | JobRow]] = {
        row.number: [row]
        for row in rows.runs(conn, select(schema.run).where(_run.experiment == experiment, _run.number.in_(taken)))
    }
    jobs = select(schema.job).where(_job.experiment == experiment, _job.run.in_(taken))
    for row in rows.jobs(conn, jobs.order_by(_job.number.desc())):
        found[row.run].append(row)
    return taken, [row for number in taken for row in found[number]]


def _fitting(conn: Connection, experiment: str, numbers: Sequence[int], room: int) -> list[int]:
    counted = (
        select(_run.number, func.count(_job.run))
        .outerjoin(schema.job, and_(_job.experiment == _run.experiment, _job.run == _run.number))
        .where(_run.experiment == experiment, _run.number.in_(numbers))
        .group_by(_run.number)
    )
    jobs = {number: count for number, count in conn.execute(counted)}
    taken: list[int] = []
    for number in (number for number in numbers if number in jobs):
        room -= jobs[number]
        if taken and room < 0:
            break
        taken.append(number)
    return taken


def find_surroundings(conn: Connection, experiment: str) -> list[LocationRow | DefinitionRow]:
    """What every page of an experiment shows beside its runs: the locations that it uses, and its hashes."""
    definition = schema.definition
    hashes = select(definition).where(definition.c.experiment == experiment).order_by(definition.c.id)
    places = select(schema.location).order_by(schema.location.c.name)
    return [*rows.locations(conn, experiment_scope(experiment), places), *rows.definitions(conn, hashes)]
