"""A job's report: what its scripts post to the secret address."""

from typing import Any

from realtime.domain import report
from realtime.domain.errors import NotFound
from realtime.store import Connection, jobs
from realtime.store.tx import Tx

POSTS_KEPT = 200
POST_KEPT_CHARACTERS = 4000


def accept_report(tx: Tx, job_id: str, post: report.Post, body: str) -> tuple[int, list[report.Skip]]:
    """Merge a post into the stored report: (number accepted, what was skipped and why)."""
    stored = jobs.find(tx.conn, job_id)
    if stored is None:
        raise NotFound("there is no such report address")
    merged = report.merge(stored.counters, post)
    accepted, skipped = merged.accepted, list(merged.skipped)
    posted_lsf_id = stored.posted_lsf_id
    if post.lsf_id and stored.job.lsf_jobs:
        skipped.append(report.Skip(key="lsf_id", reason=f"the LSF ID is known: {stored.job.lsf_jobs[0].lsf_id}"))
    elif post.lsf_id:
        posted_lsf_id = post.lsf_id
        accepted += 1
    if merged.counters != stored.counters or posted_lsf_id != stored.posted_lsf_id:
        jobs.set_report(tx, stored, merged.counters, posted_lsf_id)
    kept = [{"key": skip.key, "reason": skip.reason} for skip in skipped]
    jobs.keep_post(tx, job_id, body[:POST_KEPT_CHARACTERS], accepted, kept, POSTS_KEPT)
    return accepted, skipped


def refuse_report(tx: Tx, job_id: str, body: str, reason: str) -> None:
    """Keep a post that changed nothing, so that its author can find out why."""
    if jobs.find(tx.conn, job_id) is not None:
        jobs.keep_post(tx, job_id, body[:POST_KEPT_CHARACTERS], 0, [{"key": "", "reason": reason}], POSTS_KEPT)


def read_report(conn: Connection, job_id: str) -> dict[str, Any]:
    """The stored JSON of a job in the form that the first clients know."""
    stored = jobs.find(conn, job_id)
    if stored is None:
        raise NotFound("there is no such report address")
    return {
        "job_database_id": stored.job.id,
        "lsf_id": stored.job.lsf_jobs[0].lsf_id if stored.job.lsf_jobs else None,
        "status": stored.status.value,
        "experiment": stored.experiment,
        "run": stored.run,
        "hash": stored.definition_name,
        "counters": {counter.name: [counter.value, counter.color] for counter in stored.counters},
    }
