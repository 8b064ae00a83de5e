"""A job's report: what its scripts post to the secret address."""

from datetime import datetime, timedelta
from typing import Any

from realtime.domain import report
from realtime.domain.errors import NotFound
from realtime.domain.status import Status
from realtime.service.claims import taken
from realtime.store import Connection, reports
from realtime.store.reports import StoredReport
from realtime.store.tx import Tx

POST_KEPT_CHARACTERS = 4000
WAITING = (Status.PEND, Status.WAIT, Status.PSUSP)
LOOK_AGAIN = timedelta(seconds=10)
"""Between two early looks at one job."""


def accept_report(tx: Tx, job_id: str, post: report.Post, body: str) -> tuple[int, list[report.Skip]]:
    """Merge a post into the stored report: (number accepted, what was skipped and why)."""
    stored = known_report(tx.conn, job_id)
    merged = report.merge(stored.counters, post)
    claims, refused = _claims(tx.conn, stored, post)
    look = _early_look(tx.now, stored)
    if claims or look:
        tx.work_for(stored.location)
    reports.change(tx, stored, merged.counters, claims | look)
    skipped = [*merged.skipped, *refused]
    accepted = merged.accepted + sum(claim is not None for claim in (post.lsf_id, post.log_file)) - len(refused)
    kept = [{"key": skip.key, "reason": skip.reason} for skip in skipped]
    reports.keep_post(tx, job_id, body[:POST_KEPT_CHARACTERS], accepted, kept)
    return accepted, skipped


def _claims(conn: Connection, stored: StoredReport, post: report.Post) -> tuple[dict[str, Any], list[report.Skip]]:
    """What is to be verified from now on, and what need not be."""
    claims: dict[str, Any] = {}
    skipped = []
    if post.lsf_id is not None:
        if reason := _not_needed(conn, stored, post.lsf_id):
            skipped.append(report.Skip(key="lsf_id", reason=reason))
        elif post.lsf_id != stored.posted_lsf_id:
            claims |= {"posted_lsf_id": post.lsf_id, "posted_by": None}
    if post.log_file is not None and post.log_file not in (stored.posted_log_file, stored.verified_log_file):
        claims["posted_log_file"] = post.log_file
    return claims, skipped


def _not_needed(conn: Connection, stored: StoredReport, lsf_id: str) -> str | None:
    if stored.lsf_id:
        return f"the LSF ID is known: {stored.lsf_id}"
    if stored.posted_lsf_id and stored.posted_by:
        return f"{stored.posted_by} has named LSF {stored.posted_lsf_id}, which is being verified"
    return taken(conn, stored.location, lsf_id, stored.job, stored.requested_at)


def _early_look(now: datetime, stored: StoredReport) -> dict[str, Any]:
    """A job that reports does not wait any more, whatever LSF said of it last."""
    lately = stored.look_wanted_at is not None and now - stored.look_wanted_at < LOOK_AGAIN
    if stored.status not in WAITING or lately:
        return {}
    return {"look_due": True, "look_wanted_at": now}


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
