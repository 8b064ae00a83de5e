"""Jobs: kill, delete; and keep the statuses that depend on the clock. (Asking for jobs: `applying`.)"""

from dataclasses import replace
from datetime import datetime

from realtime.domain.assessment import Clock, assess
from realtime.domain.errors import Conflict, NotFound
from realtime.domain.job import Job
from realtime.domain.status import Status
from realtime.service.deeds import note_job, one_job
from realtime.service.quiet import learn_quiet
from realtime.service.rules import Rules
from realtime.store import jobs, locations, work
from realtime.store.jobs import StoredJob
from realtime.store.tx import Tx

RELABELLED_AT_ONCE = 200
OUT_OF_CONTACT = (Status.UNKWN, Status.ZOMBI)


def kill(tx: Tx, rules: Rules, wanted: str, by: str, force: bool = False) -> None:
    """Kill a live job: at once while no agent can have claimed it, else by the agent when LSF has it.

    `force` makes LSF forget it without waiting for its host: Conflict unless LSF has lost contact with that host and
    has taken a plain kill before.
    """
    stored = known_job(tx, wanted)
    if not stored.status.live:
        raise Conflict(f"the job has ended already: {stored.status}", code="not_live")
    if force and stored.status not in OUT_OF_CONTACT:
        raise Conflict(
            f"LSF has not lost contact with the job's host ({stored.status}): a plain kill will do", code="in_contact"
        )
    if force and stored.job.kill_answered_at is None:
        raise Conflict("kill it first; when LSF cannot, it can be made to forget the job", code="not_killed")
    location = locations.find(tx.conn, stored.location)
    killed = to_kill(tx, stored, rules.restored(location), by, force)
    record_at(tx, rules.clock(tx.now, location), stored, killed, by)
    note_job(tx, stored, by, "kill", one_job("made LSF forget" if force else "killed", stored))


def to_kill(tx: Tx, stored: StoredJob, restored_at: datetime | None, by: str, force: bool = False) -> Job:
    """A live job's facts from when it is to be killed: cancelled at once, or its agent is told. `restored_at`: when
    an older copy of the store was put in its place, before which the store may have forgotten a claim."""
    forgotten = restored_at is not None and stored.job.requested_at < restored_at
    if stored.job.submission.claimed_at is None and not stored.job.lsf_jobs and not forgotten:
        return replace(stored.job, cancelled_at=tx.now)
    tx.work_for(stored.location)
    return replace(
        stored.job,
        kill_requested_at=tx.now,
        kill_requested_by=by,
        kill_answered_at=None,
        kill_error=None,
        kill_force=force,
    )


def delete(tx: Tx, wanted: str, by: str) -> None:
    """Remove a job that has ended."""
    stored = known_job(tx, wanted)
    if stored.status.live:
        raise Conflict(f"the job is live ({stored.status}): kill it first", code="live")
    jobs.remove(tx, stored)
    note_job(tx, stored, by, "delete", one_job("deleted", stored, f" ({stored.status})"))


def known_job(tx: Tx, wanted: str) -> StoredJob:
    """The job; raises NotFound."""
    stored = jobs.find(tx.conn, wanted)
    if stored is None:
        raise NotFound(f"there is no job {wanted[:40]!r}", field="id")
    return stored


def record(tx: Tx, rules: Rules, stored: StoredJob, job: Job, by: str, remark: str | None = None) -> None:
    """Write a job's new facts, with the status that follows from them, when anything has changed; `remark` goes into
    its history."""
    record_at(tx, rules.clock(tx.now, locations.find(tx.conn, stored.location)), stored, job, by, remark)


def record_at(tx: Tx, clock: Clock, stored: StoredJob, job: Job, by: str, remark: str | None = None) -> StoredJob:
    """As `record`, for several jobs of one location; the job as it is stored now."""
    assessment = assess(job, clock)
    shown = stored.status, stored.detail
    if remark or job != stored.job or (assessment.status, assessment.detail) != shown:
        jobs.save(tx, stored, job, assessment, by, remark)
    if assessment.status is Status.DONE and stored.status is not Status.DONE:
        learn_quiet(tx, stored)
    return replace(stored, job=job, status=assessment.status, detail=assessment.detail)


def relabel(tx: Tx, rules: Rules) -> None:
    """Bring the statuses that depend on the clock (Request Sent, Persisted, LSF_Slow) up to date, some at a time."""
    for location in locations.every(tx.conn):
        name = location["name"]
        clock = rules.clock(tx.now, location)
        kept = Status.PERSISTED if clock.agent_silent else Status.REQUEST_SENT
        stale = work.waiting_otherwise_than(tx.conn, name, kept, RELABELLED_AT_ONCE)
        stale += work.handed_out(tx.conn, name, RELABELLED_AT_ONCE)
        for stored in jobs.find_several(tx.conn, stale):
            record_at(tx, clock, stored, stored.job, "manager")
