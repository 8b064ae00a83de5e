"""An experiment in numbers, as it is now."""

from collections import defaultdict
from statistics import median

from sqlalchemy import Connection, func, select

from realtime.domain.status import LIVE, Status
from realtime.protocol.overview import HashOverview
from realtime.store import schema

_job = schema.job.c
_run = schema.run.c
_definition = schema.definition.c

LAST = 50
"""Good jobs that the medians are over."""
_LIVE = [status.value for status in sorted(LIVE)]
"""Said by the status, an index of the times of jobs answers alone."""


def runs(conn: Connection, experiment: str) -> tuple[int, int]:
    """(runs, those of them with a current job that is DONE)"""
    every = conn.execute(select(func.count()).where(_run.experiment == experiment)).scalar_one()
    done = select(func.count(_job.run.distinct())).where(
        _job.experiment == experiment, _job.status == Status.DONE.value, ~_job.superseded
    )
    return every, conn.execute(done).scalar_one()


def hashes(conn: Connection, experiment: str) -> list[HashOverview]:
    """Every definition of it, by id."""
    total = conn.execute(select(func.count()).where(_run.experiment == experiment)).scalar_one()
    current: dict[int, dict[str, int]] = defaultdict(dict)
    counted = (
        select(_job.definition, _job.status, func.count())
        .where(_job.experiment == experiment, _job.status.in_(_LIVE) | ~_job.superseded)
        .group_by(_job.definition, _job.status)
    )
    for definition, status, count in conn.execute(counted):
        current[definition][status] = count
    applied = {
        definition: count
        for definition, count in conn.execute(
            select(_job.definition, func.count(_job.run.distinct()))
            .where(_job.experiment == experiment)
            .group_by(_job.definition)
        )
    }
    known = select(_definition.id, _definition.name, _definition.archived_at)
    found = []
    for id, name, archived_at in conn.execute(
        known.where(_definition.experiment == experiment).order_by(_definition.id)
    ):
        wait, length = _medians(conn, experiment, id) if applied.get(id) else (None, None)
        found.append(
            HashOverview(
                id=id,
                name=name,
                archived=archived_at is not None,
                current=current.get(id, {}),
                missing=total - applied.get(id, 0),
                median_wait=wait,
                median_run=length,
            )
        )
    return found


def _medians(conn: Connection, experiment: str, definition: int) -> tuple[float | None, float | None]:
    """Of the good jobs on the newest runs: (from request to start, from start to end)."""
    chosen = (
        select(_job.requested_at, _job.started_at, _job.ended_at)
        .where(_job.experiment == experiment, _job.definition == definition, _job.status == Status.DONE.value)
        .where(_job.started_at.is_not(None), _job.ended_at.is_not(None))
        .order_by(_job.run.desc())
        .limit(LAST)
    )
    times = conn.execute(chosen).all()
    if not times:
        return None, None
    waits = [(started - requested).total_seconds() for requested, started, _ in times]
    lengths = [(ended - started).total_seconds() for _, started, ended in times]
    return round(median(waits), 1), round(median(lengths), 1)
