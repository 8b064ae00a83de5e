"""A job's report: what its scripts post to the secret address."""

from typing import Any

from realtime.domain import report
from realtime.domain.errors import NotFound
from realtime.store import Connection, reports
from realtime.store.reports import StoredReport
from realtime.store.tx import Tx

POST_KEPT_CHARACTERS = 4000


def accept_report(tx: Tx, job_id: str, post: report.Post, body: str) -> tuple[int, list[report.Skip]]:
    """Merge a post into the stored report: (number accepted, what was skipped and why)."""
    stored = known_report(tx.conn, job_id)
    merged = report.merge(stored.counters, post)
    accepted, skipped = merged.accepted, list(merged.skipped)
    posted_lsf_id = stored.posted_lsf_id
    if post.lsf_id and stored.lsf_id:
        skipped.append(report.Skip(key="lsf_id", reason=f"the LSF ID is known: {stored.lsf_id}"))
    elif post.lsf_id:
        posted_lsf_id = post.lsf_id
        accepted += 1
    if (merged.counters, posted_lsf_id) != (stored.counters, stored.posted_lsf_id):
        reports.change(tx, stored, merged.counters, posted_lsf_id)
    kept = [{"key": skip.key, "reason": skip.reason} for skip in skipped]
    reports.keep_post(tx, job_id, body[:POST_KEPT_CHARACTERS], accepted, kept)
    return accepted, skipped


def refuse_report(tx: Tx, job_id: str, body: str, reason: str) -> None:
    """Keep a post that changed nothing, so that its author can find out why."""
    known_report(tx.conn, job_id)
    reports.keep_post(tx, job_id, body[:POST_KEPT_CHARACTERS], 0, [{"key": "", "reason": reason}])


def read_report(conn: Connection, job_id: str) -> dict[str, Any]:
    """The stored JSON of a job in the form that the first clients know."""
    stored = known_report(conn, job_id)
    return {
        "job_database_id": stored.job,
        "lsf_id": stored.lsf_id,
        "status": stored.status,
        "experiment": stored.experiment,
        "run": stored.run,
        "hash": stored.definition_name,
        "counters": {counter.name: [counter.value, counter.color] for counter in stored.counters},
    }


def known_report(conn: Connection, job_id: str) -> StoredReport:
    """The report; raises NotFound."""
    stored = reports.find(conn, job_id)
    if stored is None:
        raise NotFound("there is no such report address")
    return stored
