"""What the agent of a location can do: hold the lease, take work, claim a submission, report what it saw."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from realtime.domain.address import report_url
from realtime.domain.errors import Conflict
from realtime.domain.job import AGENT_SILENT_AFTER, Job, LsfWord, advance, submitted
from realtime.domain.status import FROM_LSF, Status
from realtime.protocol.agent import (
    CheckPath,
    CheckSeen,
    Claimed,
    Followed,
    Kill,
    KillSeen,
    LeaseRequest,
    LsfSeen,
    Observation,
    SubmissionSeen,
    Submit,
)
from realtime.service.jobs import record
from realtime.service.rules import Rules
from realtime.store import definitions, jobs, locations
from realtime.store.jobs import StoredJob
from realtime.store.tx import Tx

SEEN_STEP = timedelta(seconds=15)
"""The visible times of a location move in steps of this, not with every request."""
CHECK_AGAIN = timedelta(minutes=5)
CHECK_ODD_AGAIN = timedelta(seconds=10)
AT_ONCE = 50


def lease(tx: Tx, rules: Rules, request: LeaseRequest) -> int:
    """The agent's new generation; Conflict while another agent that is heard of holds the location."""
    found = locations.ensure(tx, request.location)
    alive = found["heard_at"] is not None and tx.now - found["heard_at"] <= AGENT_SILENT_AFTER
    if alive and found["agent"] not in (None, request.agent):
        raise Conflict(f"the location {request.location} is served by another agent", code="lease_held")
    generation = int(found["generation"]) + 1
    locations.note(tx, request.location, {"agent": request.agent, "generation": generation, "heard_at": tx.now})
    locations.change(
        tx,
        request.location,
        {
            "agent_connected": True,
            "agent_seen_at": tx.now,
            "agent_version": request.version,
            "scheduler": request.scheduler,
            "scheduler_version": request.scheduler_version,
        },
    )
    return generation


def followed(tx: Tx, location: str) -> list[Followed]:
    """The live jobs that LSF has, for an agent that may have lost its spool."""
    return [Followed(job=job_id, lsf_ids=ids) for job_id, ids in jobs.in_lsf(tx.conn, location)]


def hear(tx: Tx, location: str, generation: int, answered_at: datetime | None) -> None:
    """The agent was heard of; Conflict when it does not hold the lease."""
    found = locations.find(tx.conn, location)
    if found is None or found["generation"] != generation:
        raise Conflict("ask for a lease: this generation is not the current one", code="no_lease")
    locations.note(tx, location, {"heard_at": tx.now})
    visible: dict[str, Any] = {}
    if not found["agent_connected"] or tx.now - (found["agent_seen_at"] or tx.now) >= SEEN_STEP:
        visible |= {"agent_connected": True, "agent_seen_at": tx.now}
    answered_before = found["scheduler_answered_at"]
    if answered_at and (answered_before is None or answered_at - answered_before >= SEEN_STEP):
        visible |= {"scheduler_answered_at": answered_at}
    if visible:
        locations.change(tx, location, visible)


def notice_silence(tx: Tx, rules: Rules) -> None:
    """Mark the locations whose agent has not been heard of for too long."""
    for found in locations.every(tx.conn):
        if found["agent_connected"] and tx.now - rules.heard_at(found) > AGENT_SILENT_AFTER:
            values = {"agent_connected": False, "agent_seen_at": found["heard_at"]}
            locations.change(tx, found["name"], values)


def hand_out(tx: Tx, rules: Rules, location: str, room: int, holding: Iterable[str]) -> tuple[list[Submit], list[Kill]]:
    """Submissions and kills that the agent does not have yet; what is handed out counts from now on for LSF_Slow."""
    held = {
        kind: [item.split("/")[1] for item in holding if item.startswith(kind + "/")] for kind in ("submit", "kill")
    }
    submits = []
    for stored in jobs.find_several(
        tx.conn, jobs.to_submit(tx.conn, location, max(0, min(room, AT_ONCE)), held["submit"])
    ):
        if stored.job.submission.handed_at is None:
            handed = replace(stored.job.submission, handed_at=tx.now)
            record(tx, rules, stored, replace(stored.job, submission=handed), "manager")
        submits.append(
            Submit(
                job=stored.job.id,
                executable=stored.executable,
                arguments=list(stored.job.submission.arguments),
                environment=_environment(rules, stored),
            )
        )
    kills = [
        Kill(job=stored.job.id, lsf_ids=[lsf_job.lsf_id for lsf_job in stored.job.lsf_jobs])
        for stored in jobs.find_several(tx.conn, jobs.to_kill(tx.conn, location, AT_ONCE, held["kill"]))
    ]
    return submits, kills


def _environment(rules: Rules, stored: StoredJob) -> dict[str, str]:
    address = report_url(rules.public_url, rules.secret, stored.experiment, stored.job.id)
    return {
        "BATCH_UPDATE_URL": address,
        "JID_UPDATE_COUNTERS": address,
        "ARP_UPDATE_COUNTERS": address,
        "EXPERIMENT": stored.experiment,
        "RUN_NUM": str(stored.run),
        "BATCH_JOB_ID": stored.job.id,
        "ARP_JOB_ID": stored.job.id,
        "ARP_ROOT_JOB_ID": stored.job.id,
        "BATCH_HASH": stored.definition_name,
        "ARP_LOCATION": stored.location,
    }


def to_check(tx: Tx, location: str, holding: Iterable[str]) -> list[CheckPath]:
    """Definitions whose path is to be looked at."""
    held = set(holding)
    due = definitions.to_check(tx.conn, location, tx.now - CHECK_AGAIN, tx.now - CHECK_ODD_AGAIN, AT_ONCE)
    return [
        CheckPath(definition=found["id"], version=found["version"], executable=found["executable"])
        for found in due
        if f"check/{found['id']}/{found['version']}" not in held
    ]


def claim(tx: Tx, rules: Rules, location: str, job_id: str) -> Claimed:
    """May the agent run this submit script? Decided here, against a user who cancels. Safe to repeat."""
    stored = jobs.find(tx.conn, job_id)
    if stored is None or stored.location != location:
        return Claimed(granted=False, reason="there is no such job")
    if stored.job.cancelled_at is not None:
        return Claimed(granted=False, reason="cancelled")
    if stored.job.submission.claimed_at is None:
        submission = stored.job.submission
        claimed = replace(submission, handed_at=submission.handed_at or tx.now, claimed_at=tx.now)
        record(tx, rules, stored, replace(stored.job, submission=claimed), "agent")
    return Claimed(granted=True, reason=None)


def observe(tx: Tx, rules: Rules, location: str, generation: int, seen: list[Observation]) -> list[str]:
    """Take what the agent saw into account, in order; ids of jobs that are not known here."""
    unknown: list[str] = []
    for observation in seen:
        if isinstance(observation, CheckSeen):
            check = observation.check
            definitions.record_check(tx, observation.definition, observation.version, check.ok, check.problem)
            continue
        stored = jobs.find(tx.conn, observation.job)
        if stored is None or stored.location != location:
            unknown.append(observation.job)
            continue
        order = (generation, observation.n)
        match observation:
            case SubmissionSeen():
                job = _with_submission(stored.job, observation, order)
            case LsfSeen():
                job = _with_word(stored.job, observation, order)
            case KillSeen():
                job = _with_kill(stored.job, observation)
        record(tx, rules, stored, job, "agent")
    return unknown


def _with_submission(job: Job, seen: SubmissionSeen, order: tuple[int, int]) -> Job:
    if order <= job.submission.order:
        return job
    submission = replace(
        job.submission,
        order=order,
        handed_at=job.submission.handed_at or seen.at,
        claimed_at=job.submission.claimed_at or seen.at,
        **{name: getattr(seen, name) for name in _SEEN},
    )
    known = {lsf_job.lsf_id for lsf_job in job.lsf_jobs}
    new = tuple(submitted(lsf_id, order, seen.at) for lsf_id in seen.lsf_ids if lsf_id not in known)
    return replace(job, submission=submission, lsf_jobs=job.lsf_jobs + new)


_SEEN = (
    "began_at",
    "bsub_called_at",
    "ended_at",
    "exit_code",
    "timed_out",
    "problem",
    "stdout",
    "stderr",
    "sha256",
    "modified_at",
)


def _with_word(job: Job, seen: LsfSeen, order: tuple[int, int]) -> Job:
    if seen.status not in FROM_LSF | {Status.LOST}:
        return job
    word = LsfWord(
        lsf_id=seen.lsf_id,
        status=Status(seen.status),
        order=order,
        at=seen.at,
        exit_code=seen.exit_code,
        reason=seen.reason,
        queue=seen.queue,
        host=seen.host,
        log_file=seen.log_file,
    )
    return replace(
        job,
        lsf_jobs=tuple(advance(known, word) if known.lsf_id == seen.lsf_id else known for known in job.lsf_jobs),
    )


def _with_kill(job: Job, seen: KillSeen) -> Job:
    if job.kill_requested_at is None or job.kill_answered_at is not None:
        return job
    if seen.error:
        return replace(job, kill_requested_at=None, kill_error=seen.error)
    if not job.lsf_jobs and job.submission.ended_at is None:
        return replace(job, kill_answered_at=seen.at, cancelled_at=seen.at)  # a lost spool: nobody else will end it
    return replace(job, kill_answered_at=seen.at)
