"""Jobs' numbers over time, and what the times of good jobs were."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert as upsert

from realtime.domain.series import Series, from_stored, stored
from realtime.domain.status import Status
from realtime.store import schema
from realtime.store.tx import Tx

_series = schema.series.c
_job = schema.job.c

_OF_JOBS = select(_series.job, _series.samples).where(_series.job.in_(bindparam("ids", expanding=True)))
_NEW = upsert(schema.series).values(job=bindparam("job"), samples=bindparam("samples"))
_KEEP = _NEW.on_conflict_do_update(index_elements=["job"], set_={"samples": _NEW.excluded.samples})


def of_jobs(conn: Connection, ids: Iterable[str]) -> dict[str, Series]:
    """The series of those of these jobs that have one."""
    return {job: from_stored(samples) for job, samples in conn.execute(_OF_JOBS, {"ids": list(ids)})}


def save(tx: Tx, series: Mapping[str, Series]) -> None:
    """Keep these, by their jobs, which exist."""
    if series:
        tx.conn.execute(_KEEP, [{"job": job, "samples": stored(kept)} for job, kept in series.items()])


def good_times(
    conn: Connection, experiment: str, definition: int, apart_from: str, limit: int
) -> list[tuple[float | None, float | None]]:
    """(seconds waiting in LSF, seconds running) of DONE jobs of a definition, on the newest runs; None: not known.

    Without the job `apart_from`.
    """
    chosen = (
        select(_job.submitted_at, _job.started_at, _job.ended_at)
        .where(_job.experiment == experiment, _job.definition == definition, _job.status == Status.DONE.value)
        .where(_job.id != apart_from)
        .order_by(_job.run.desc())
        .limit(limit)
    )
    return [
        (
            (began - submitted).total_seconds() if submitted and began else None,
            (ended - began).total_seconds() if began and ended else None,
        )
        for submitted, began, ended in conn.execute(chosen)
    ]
