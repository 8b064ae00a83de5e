"""Jobs' reports in the store, and the posts that made them. Written for every post of every job: few statements."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from realtime.domain.report import Counter
from realtime.store import schema
from realtime.store.changes import experiment_scope
from realtime.store.tx import Tx

_job = schema.job.c
_post = schema.post.c

POSTS_KEPT = 200
SWEEP_EVERY = 50
"""Posts between two removals of old ones; until then some more than POSTS_KEPT lie there unseen."""


@dataclass(frozen=True, kw_only=True)
class StoredReport:
    """What a post is merged into, and what the address answers."""

    job: str
    experiment: str
    run: int
    definition_name: str
    status: str
    lsf_id: str | None
    location: str
    requested_at: datetime
    posted_lsf_id: str | None
    posted_log_file: str | None
    posted_by: str | None
    verified_log_file: str | None
    look_wanted_at: datetime | None
    counters: tuple[Counter, ...]


_PLAIN = tuple(field.name for field in fields(StoredReport) if field.name not in ("job", "counters"))


def find(conn: Connection, job_id: str) -> StoredReport | None:
    """The report of a job; None when there is no such job."""
    chosen = select(_job.counters, *(_job[name] for name in _PLAIN)).where(_job.id == job_id)
    row = conn.execute(chosen).mappings().first()
    if row is None:
        return None
    counters = tuple(Counter(**counter) for counter in row["counters"])
    return StoredReport(job=job_id, counters=counters, **{name: row[name] for name in _PLAIN})


def change(tx: Tx, report: StoredReport, counters: tuple[Counter, ...], hidden: dict[str, Any]) -> None:
    """A new report of the job; `hidden`: columns that nobody sees."""
    values = dict(hidden)
    if counters != report.counters:
        values["counters"] = [{"name": c.name, "value": c.value, "color": c.color} for c in counters]
        tx.touch(experiment_scope(report.experiment), f"job/{report.job}")
    if values:
        tx.conn.execute(update(schema.job).where(_job.id == report.job).values(values))


def keep_post(tx: Tx, job_id: str, body: str, accepted: int, skipped: list[dict[str, str]]) -> None:
    """Keep a post received, and the last POSTS_KEPT in all."""
    newest = select(func.coalesce(func.max(_post.n), 0) + 1).where(_post.job == job_id).scalar_subquery()
    values = {"job": job_id, "n": newest, "at": tx.now, "body": body, "accepted": accepted, "skipped": skipped}
    n = tx.conn.execute(insert(schema.post).values(values).returning(_post.n)).scalar_one()
    if n % SWEEP_EVERY == 0:
        tx.conn.execute(delete(schema.post).where(_post.job == job_id, _post.n <= n - POSTS_KEPT))


def posts(conn: Connection, job_id: str) -> list[dict[str, Any]]:
    """The last posts received, newest first."""
    chosen = select(schema.post).where(_post.job == job_id).order_by(_post.n.desc()).limit(POSTS_KEPT)
    return [dict(row) for row in conn.execute(chosen).mappings()]
