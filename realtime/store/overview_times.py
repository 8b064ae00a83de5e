"""How long the last good jobs of each hash took."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Float, Text, cast, func, select

from realtime.domain.status import Status
from realtime.store import schema
from realtime.store.times import seconds

_job = schema.job.c
_definition = schema.definition.c

LAST = 500
"""Good jobs of each hash."""


@dataclass(frozen=True, kw_only=True)
class TimesOfHash:
    """Seconds of each job, as `12.5,3.0`: to be taken apart where nobody waits."""

    id: int
    name: str
    waits: str
    lengths: str


def find(conn: Connection, experiment: str, definition: int | None) -> list[TimesOfHash]:
    """Every definition that has jobs DONE, or that one, by id."""
    known = select(_definition.id, _definition.name).where(_definition.experiment == experiment)
    if definition is not None:
        known = known.where(_definition.id == definition)
    found = []
    for id, name in conn.execute(known.order_by(_definition.id)).all():
        waits, lengths = _times(conn, experiment, id)
        if waits is not None:
            found.append(TimesOfHash(id=id, name=name, waits=waits, lengths=lengths or ""))
    return found


def _times(conn: Connection, experiment: str, definition: int) -> tuple[str | None, str | None]:
    last = (
        select(_job.requested_at, _job.started_at, _job.ended_at)
        .where(_job.experiment == experiment, _job.definition == definition, _job.status == Status.DONE.value)
        .where(_job.started_at.is_not(None), _job.ended_at.is_not(None))
        .order_by(_job.requested_at.desc())
        .limit(LAST)
        .subquery()
    )
    asked, started, ended = (
        seconds(conn, column) for column in (last.c.requested_at, last.c.started_at, last.c.ended_at)
    )
    row = conn.execute(select(_joined(started - asked), _joined(ended - started))).one()
    return row[0], row[1]


def _joined(value: ColumnElement[float]) -> ColumnElement[str]:
    return func.aggregate_strings(cast(func.round(cast(value * 1000, Float)) / 1000, Text), ",")
