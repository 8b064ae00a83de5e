"""A job's report: what its scripts post to the secret address."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from realtime.domain import report, series
from realtime.domain.errors import NotFound
from realtime.domain.status import Status
from realtime.service.claims import taken
from realtime.store import Connection, reports
from realtime.store import series as series_store
from realtime.store.reports import KeptPost, StoredReport
from realtime.store.tx import Tx

WAITING = (Status.PEND, Status.WAIT, Status.PSUSP)
LOOK_AGAIN = timedelta(seconds=10)
"""Between two early looks at one job."""
SKIPS_KEPT = 20
"""Of a post that is kept."""
NO_NUMBERS_FOR = timedelta(seconds=5)
"""A job none of whose counters is a number is not looked through for some time."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """A post as it came: understood, or `refused` for a reason, which is kept so that its author can find out why."""

    job: str
    body: str
    post: report.Post | None = None
    refused: str = ""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What became of a post: how many of its items were taken, and which were not and why."""

    accepted: int
    skipped: tuple[report.Skip, ...]


def accept_reports(tx: Tx, received: list[Received]) -> list[Accepted | NotFound]:
    """Merge posts into the stored reports, in order; NotFound for those of jobs that are not there."""
    before = reports.find_several(tx.conn, {one.job for one in received})
    now = dict(before)
    answers: list[Accepted | NotFound] = []
    kept = []
    for one in received:
        if one.job not in now:
            answers.append(_not_found())
            continue
        if one.post is None:
            answer = Accepted(accepted=0, skipped=(report.Skip(key="", reason=one.refused),))
        else:
            now[one.job], answer = _merged(tx, now[one.job], one.post)
        answers.append(answer)
        skipped = [{"key": skip.key, "reason": skip.reason} for skip in _kept(answer.skipped)]
        kept.append(KeptPost(job=one.job, body=one.body, accepted=answer.accepted, skipped=skipped))
    _sample(tx, before, now)
    reports.save(tx, [(stored, now[job]) for job, stored in before.items()])
    reports.keep_posts(tx, before, kept)
    return answers


def _kept(skipped: tuple[report.Skip, ...]) -> tuple[report.Skip, ...]:
    """The first ones, and how many more there were: a post may hold thousands."""
    more = len(skipped) - SKIPS_KEPT
    return skipped if more <= 0 else (*skipped[:SKIPS_KEPT], report.Skip(key="", reason=f"and {more} more"))


def _merged(tx: Tx, stored: StoredReport, post: report.Post) -> tuple[StoredReport, Accepted]:
    merged = report.merge(stored.counters, post, tx.now)
    claims, refused = _claims(tx.conn, stored, post)
    look = _early_look(tx.now, stored)
    if claims or look:
        tx.work_for(stored.location)
    accepted = merged.accepted + sum(claim is not None for claim in (post.lsf_id, post.log_file)) - len(refused)
    answer = Accepted(accepted=accepted, skipped=(*merged.skipped, *refused))
    moved = _moved(tx.now, stored) if merged.counters != stored.counters else {}
    return replace(stored, counters=merged.counters, **moved, **claims, **look), answer


def _sample(tx: Tx, before: dict[str, StoredReport], now: dict[str, StoredReport]) -> None:
    """Keep the numbers that have changed where it is time to, and note when it is again. Most posts come earlier."""
    due = [
        job
        for job, stored in before.items()
        if stored.counters != now[job].counters and (stored.sample_due_at is None or stored.sample_due_at <= tx.now)
    ]
    if not due:
        return
    known = series_store.of_jobs(tx.conn, due)
    taken = {}
    for job in due:
        sampled = series.sampled(known.get(job), now[job].counters, tx.now)
        if sampled is not None and sampled != known.get(job):
            taken[job] = sampled
        again = tx.now + NO_NUMBERS_FOR if sampled is None else sampled.due_at
        now[job] = replace(now[job], sample_due_at=again)
    series_store.save(tx, taken)


def _moved(now: datetime, stored: StoredReport) -> dict[str, Any]:
    """When its numbers last changed, and how long they stood still at the most."""
    if stored.counters_at is None:
        return {"counters_at": now}
    still = (now - stored.counters_at).total_seconds()
    return {"counters_at": now, "longest_quiet": max(stored.longest_quiet or 0.0, still)}


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


def read_report(conn: Connection, job_id: str) -> dict[str, Any]:
    """The stored JSON of a job in the form that the first clients know; raises NotFound."""
    stored = reports.find(conn, job_id)
    if stored is None:
        raise _not_found()
    return {
        "job_database_id": stored.job,
        "lsf_id": stored.lsf_id,
        "status": stored.status,
        "experiment": stored.experiment,
        "run": stored.run,
        "hash": stored.definition_name,
        "counters": {counter.name: [counter.value, counter.color] for counter in stored.counters},
    }


def _not_found() -> NotFound:
    return NotFound("there is no such report address")
