"""What scripts and persons say of a job's LSF job and log: claims, which count once the agent has verified them."""

from dataclasses import replace
from datetime import datetime

from realtime.domain.errors import Conflict
from realtime.domain.job import Claim, Job, submitted
from realtime.domain.names import lsf_number
from realtime.protocol.observations import PostSeen
from realtime.service.deeds import note_job, one_job
from realtime.service.jobs import known_job, record
from realtime.service.rules import Rules
from realtime.store import Connection, work
from realtime.store.jobs import StoredJob
from realtime.store.tx import Tx


def adopt(tx: Tx, rules: Rules, wanted: str, lsf_id: str, by: str) -> None:
    """A person says which LSF job is this job's; the agent verifies it, and the history tells what became of it."""
    lsf_number(lsf_id)
    stored = known_job(tx, wanted)
    if not stored.status.live:
        raise Conflict(f"the job has ended already: {stored.status}", code="not_live")
    if stored.job.lsf_jobs:
        raise Conflict(f"the job has an LSF ID: {stored.job.lsf_jobs[0].lsf_id}", code="has_lsf_id")
    if stored.job.submission.claimed_at is None:
        raise Conflict("its script has not been run yet", code="not_submitted")
    if reason := taken(tx.conn, stored.location, lsf_id, stored.job.id, stored.job.requested_at):
        raise Conflict(reason, field="lsf_id", code="lsf_id_taken")
    claim = Claim(lsf_id=lsf_id, log_file=stored.job.claim.log_file, by=by)
    tx.work_for(stored.location)
    record(tx, rules, stored, replace(stored.job, claim=claim), by, f"LSF {lsf_id} named by {by}, to be verified")
    note_job(tx, stored, by, "adopt", one_job(f"named LSF {lsf_id} as the job of", stored))


def taken(conn: Connection, location: str, lsf_id: str, job_id: str, requested_at: datetime) -> str | None:
    """Why that LSF job cannot be this job's: another job has it; None when none does."""
    other = work.holder(conn, location, lsf_id, job_id, requested_at)
    return f"LSF {lsf_id} belongs to job {other[1]} of {other[0]}" if other else None


def with_verdict(tx: Tx, stored: StoredJob, seen: PostSeen, order: tuple[int, int]) -> tuple[Job, list[str]]:
    """The job with what the agent verified of its claim, and what is to be said of it in its history.

    Only what is still claimed is decided: a newer claim waits for its own verification.
    """
    job = stored.job
    remarks = []
    if seen.lsf_id is not None and seen.lsf_id == job.claim.lsf_id:
        by = job.claim.by or "the script"
        problem = seen.lsf_problem or _not_free(tx, stored, seen.lsf_id)
        if problem:
            remarks.append(f"LSF {seen.lsf_id}, named by {by}, refused: {problem}")
        else:
            remarks.append(f"LSF {seen.lsf_id}, named by {by} and verified")
            new = replace(submitted(seen.lsf_id, order, seen.at), follow_due_at=tx.now, named=True)
            # Its script was run, though a restored store may not know it.
            claimed_at = job.submission.claimed_at or seen.at
            job = replace(job, lsf_jobs=(new,), submission=replace(job.submission, claimed_at=claimed_at))
        job = replace(job, claim=replace(job.claim, lsf_id=None))
    if seen.log_file is not None and seen.log_file == job.claim.log_file:
        if seen.log_problem:
            remarks.append(f"log file {seen.log_file} refused: {seen.log_problem}")
        else:
            job = replace(job, log_file=seen.log_file)
        job = replace(job, claim=replace(job.claim, log_file=None))
    if job.claim.lsf_id is None and job.claim.log_file is None:
        job = replace(job, claim=Claim())
    return job, remarks


def _not_free(tx: Tx, stored: StoredJob, lsf_id: str) -> str | None:
    if stored.job.lsf_jobs:
        return f"the job has LSF {stored.job.lsf_jobs[0].lsf_id}"
    return taken(tx.conn, stored.location, lsf_id, stored.job.id, stored.job.requested_at)
