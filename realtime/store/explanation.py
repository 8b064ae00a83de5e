"""The ends of logs of jobs that failed, and the good job that one is compared with."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from realtime.domain.status import Status
from realtime.store import schema
from realtime.store.tx import Tx

_job = schema.job.c
_log_end = schema.log_end.c


@dataclass(frozen=True, kw_only=True)
class LogEnd:
    """The last lines of a log as it was at `as_of`; empty when it had none."""

    text: str
    error_line: str | None
    error_at: int | None
    as_of: datetime


def log_end(conn: Connection, job_id: str) -> LogEnd | None:
    """What is kept of the end of a job's log."""
    return log_ends(conn, [job_id]).get(job_id)


def log_ends(conn: Connection, job_ids: list[str]) -> dict[str, LogEnd]:
    """The same of several jobs, by their ids."""
    chosen = select(schema.log_end).where(_log_end.job.in_(job_ids))
    return {
        row["job"]: LogEnd(**{name: value for name, value in row.items() if name != "job"})
        for row in conn.execute(chosen).mappings()
    }


def keep_log_end(tx: Tx, job_id: str, end: LogEnd) -> None:
    """Keep it instead of what was kept, should the job still exist."""
    if tx.conn.execute(select(_job.id).where(_job.id == job_id)).first() is None:
        return
    values = {"text": end.text, "error_line": end.error_line, "error_at": end.error_at, "as_of": end.as_of}
    new = upsert(schema.log_end).values(job=job_id, **values)
    tx.conn.execute(new.on_conflict_do_update(index_elements=["job"], set_=values))


@dataclass(frozen=True, kw_only=True)
class GoodJob:
    """The job that one is compared with."""

    id: str
    run: int
    number: int
    ended_at: datetime | None


def last_good(conn: Connection, experiment: str, definition: int, before: datetime) -> GoodJob | None:
    """The newest job of a definition that is DONE, of those asked for before that moment."""
    chosen = (
        select(_job.id, _job.run, _job.number, _job.ended_at)
        .where(_job.experiment == experiment, _job.definition == definition, _job.requested_at < before)
        .where(_job.status == Status.DONE.value)
        .order_by(_job.requested_at.desc())
        .limit(1)
    )
    row = conn.execute(chosen).mappings().first()
    return None if row is None else GoodJob(**row)
