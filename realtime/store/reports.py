"""Jobs' reports in the store, and the posts that made them. Written for every post of every job: few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from realtime.domain.report import Counter
from realtime.domain.status import Status
from realtime.store import schema
from realtime.store.changes import experiment_scope
from realtime.store.tx import Tx

_job = schema.job.c
_post = schema.post.c

POSTS_KEPT = 200
POST_KEPT_CHARACTERS = 4000
SWEEP_EVERY = 50
"""Posts between two removals of old ones; until then some more than POSTS_KEPT lie there unseen."""
CHANGES_THAT_TEACH = 3
"""Posts of a job, at least two of which have changed its numbers, from which one learns how long they stand still."""


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
    look_due: bool
    look_wanted_at: datetime | None
    counters_at: datetime | None
    longest_quiet: float | None
    sample_due_at: datetime | None
    """from when on its numbers are kept once more; None: they never were"""
    counters: tuple[Counter, ...]
    posts: int
    """How many posts have been received."""


@dataclass(frozen=True, kw_only=True)
class KeptPost:
    """A post received and what became of it; of its body POST_KEPT_CHARACTERS are kept."""

    job: str
    body: str
    accepted: int
    skipped: list[dict[str, str]]


_HIDDEN = ("posted_lsf_id", "posted_log_file", "posted_by", "look_due", "look_wanted_at")
_PLAIN = tuple(field.name for field in fields(StoredReport) if field.name not in ("job", "counters", "posts"))
_POSTS = func.coalesce(select(func.max(_post.n)).where(_post.job == _job.id).scalar_subquery(), 0)
_FOUND = select(_job.id, _job.counters, _POSTS.label("posts"), *(_job[name] for name in _PLAIN)).where(
    _job.id.in_(bindparam("ids", expanding=True))
)
_SET_COUNTERS = (
    update(schema.job)
    .where(_job.id == bindparam("job"))
    .values(
        counters=bindparam("new"),
        counters_at=bindparam("new_counters_at"),
        longest_quiet=bindparam("new_longest"),
        sample_due_at=bindparam("new_sample_due_at"),
    )
)
_SWEEP = delete(schema.post).where(_post.job == bindparam("of_job"), _post.n <= bindparam("until"))


def find(conn: Connection, job_id: str) -> StoredReport | None:
    """The report of a job; None when there is no such job."""
    return find_several(conn, [job_id]).get(job_id)


def find_several(conn: Connection, job_ids: Iterable[str]) -> dict[str, StoredReport]:
    """The reports of these jobs that exist, by their ids."""
    return {
        row["id"]: StoredReport(
            job=row["id"],
            counters=msgspec.convert(row["counters"], tuple[Counter, ...]),
            posts=row["posts"],
            **{name: row[name] for name in _PLAIN},
        )
        for row in conn.execute(_FOUND, {"ids": list(job_ids)}).mappings()
    }


def save(tx: Tx, changed: Sequence[tuple[StoredReport, StoredReport]]) -> None:
    """Write reports of different jobs: (as it was, as it is now). News only where somebody sees a difference."""
    counters = []
    for before, now in changed:
        if now.counters != before.counters:
            changed_at = {"new_counters_at": now.counters_at, "new_longest": now.longest_quiet}
            due_at = {"new_sample_due_at": now.sample_due_at}
            counters.append({"job": now.job, "new": now.counters, **changed_at, **due_at})
            tx.touch(experiment_scope(now.experiment), f"job/{now.job}")
        hidden = {name: getattr(now, name) for name in _HIDDEN if getattr(now, name) != getattr(before, name)}
        if hidden:
            tx.conn.execute(update(schema.job).where(_job.id == now.job).values(hidden))
    if counters:
        tx.conn.execute(_SET_COUNTERS, counters)


def keep_posts(tx: Tx, stored: Mapping[str, StoredReport], received: Sequence[KeptPost]) -> None:
    """Keep posts received for these reports, in order, and the last POSTS_KEPT of each job."""
    newest = {job: report.posts for job, report in stored.items()}
    rows = []
    sweeps = []
    for post in received:
        n = newest[post.job] = newest[post.job] + 1
        # One character more than is shown tells that it was cut.
        body = post.body[: POST_KEPT_CHARACTERS + 1]
        about = {"body": body, "accepted": post.accepted, "skipped": post.skipped}
        rows.append({"job": post.job, "n": n, "at": tx.now, **about})
        if n % SWEEP_EVERY == 0:
            sweeps.append({"of_job": post.job, "until": n - POSTS_KEPT})
    if rows:
        tx.conn.execute(insert(schema.post), rows)
    if sweeps:
        tx.conn.execute(_SWEEP, sweeps)


def teaches(conn: Connection, job_id: str) -> bool:
    """Whether a job's numbers have moved often enough to tell how long they usually stand still."""
    chosen = select(_job.id).where(_job.id == job_id, _job.longest_quiet.is_not(None), _POSTS >= CHANGES_THAT_TEACH)
    return conn.execute(chosen).first() is not None


def longest_stills(conn: Connection, experiment: str, definition: int, limit: int) -> list[float]:
    """For good jobs of a definition that teach, those of the newest runs: the most seconds that its numbers stood
    still, between two changes or from the last one to its end."""
    chosen = (
        select(_job.longest_quiet, _job.counters_at, _job.ended_at)
        .where(_job.experiment == experiment, _job.definition == definition, _job.status == Status.DONE.value)
        .where(_job.longest_quiet.is_not(None), _POSTS >= CHANGES_THAT_TEACH)
        .order_by(_job.run.desc())
        .limit(limit)
    )
    found = []
    for longest, changed_at, ended_at in conn.execute(chosen):
        last = (ended_at - changed_at).total_seconds() if ended_at and changed_at else 0.0
        found.append(max(longest, last))
    return found


def posts(conn: Connection, job_id: str) -> list[dict[str, Any]]:
    """The last posts received, newest first; `truncated`: the body was longer."""
    chosen = select(schema.post).where(_post.job == job_id).order_by(_post.n.desc()).limit(POSTS_KEPT)
    return [
        {
            **row,
            "body": row["body"][:POST_KEPT_CHARACTERS],
            "truncated": len(row["body"]) > POST_KEPT_CHARACTERS,
        }
        for row in conn.execute(chosen).mappings()
    ]
