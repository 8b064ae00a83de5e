"""What the agent of a location saw, taken into account: submit scripts, LSF's words, kills, paths, verified claims."""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from realtime.domain.job import Job, LsfWord, advance, submitted
from realtime.domain.status import FROM_LSF, Status
from realtime.protocol.observations import CheckSeen, KillSeen, LsfSeen, Observation, PostSeen, SubmissionSeen
from realtime.service.claims import with_verdict
from realtime.service.jobs import record_at
from realtime.service.rules import Rules
from realtime.store import definitions, environments, jobs, locations
from realtime.store.tx import Tx


def observe(tx: Tx, rules: Rules, location: str, generation: int, seen: list[Observation]) -> list[str]:
    """Take what the agent saw into account, in order; ids of jobs that are not known here."""
    unknown: list[str] = []
    clock = rules.clock(tx.now, locations.find(tx.conn, location))
    ids = {observation.job for observation in seen if not isinstance(observation, CheckSeen)}
    known = {stored.job.id: stored for stored in jobs.find_several(tx.conn, sorted(ids))}
    for observation in seen:
        if isinstance(observation, CheckSeen):
            check = observation.check
            definitions.record_check(tx, observation.definition, observation.version, check.ok, check.problem)
            continue
        stored = known.get(observation.job)
        if stored is None or stored.location != location:
            unknown.append(observation.job)
            continue
        order = (generation, observation.n)
        remarks: list[str] = []
        match observation:
            case SubmissionSeen():
                job, remarks = _with_submission(stored.job, observation, order, _environment(tx, observation))
            case LsfSeen():
                job = _with_word(stored.job, observation, order)
            case KillSeen():
                job = _with_kill(stored.job, observation)
            case PostSeen():
                job, remarks = with_verdict(tx, stored, observation, order)
                tx.work_for(location)
            case _:
                assert_never(observation)
        if job.cancelled_at and len(job.lsf_jobs) > len(stored.job.lsf_jobs):
            job = replace(job, kill_answered_at=None)  # it was cancelled in doubt: what is found now is killed
            tx.work_for(location)
        known[job.id] = record_at(tx, clock, stored, job, "agent", "; ".join(remarks) or None)
    return unknown


def _environment(tx: Tx, seen: SubmissionSeen) -> str | None:
    """The key under which what the script found is kept; None when it is not told (yet)."""
    return None if seen.environment is None else environments.keep(tx, seen.environment)


def _with_submission(
    job: Job, seen: SubmissionSeen, order: tuple[int, int], environment: str | None
) -> tuple[Job, list[str]]:
    if order <= job.submission.order:
        return job, []
    submission = replace(
        job.submission,
        order=order,
        handed_at=job.submission.handed_at or seen.at,
        claimed_at=job.submission.claimed_at or seen.at,
        adopted=_united(job.submission.adopted, seen.adopted),
        surplus=_united(job.submission.surplus, seen.surplus),
        host=seen.host or job.submission.host,
        folder=seen.folder or job.submission.folder,
        environment=environment or job.submission.environment,
        **{name: getattr(seen, name) for name in _told(job, seen)},
    )
    known = {lsf_job.lsf_id for lsf_job in job.lsf_jobs}
    new = tuple(submitted(lsf_id, order, seen.at) for lsf_id in seen.lsf_ids if lsf_id not in known)
    remarks = []
    if submission.doubt is not None and job.submission.doubt is None:
        remarks.append(f"unknown: {submission.doubt}")
    if adopted := [lsf_job.lsf_id for lsf_job in new if lsf_job.lsf_id in seen.adopted]:
        remarks.append(f"LSF {_listed(adopted)} found by its tag after bsub gave no answer")
    if surplus := submission.surplus[len(job.submission.surplus) :]:
        doubles = "a double" if len(surplus) == 1 else "doubles"
        remarks.append(f"LSF {_listed(surplus)}, {doubles} of the same bsub, killed")
    claim = job.claim
    if new and claim.lsf_id is not None:
        claim = replace(claim, lsf_id=None)
        if job.claim.lsf_id not in {lsf_job.lsf_id for lsf_job in new}:
            remarks.append(f"LSF {job.claim.lsf_id} is not taken: bsub told of LSF {_listed([new[0].lsf_id])}")
    return replace(job, submission=submission, lsf_jobs=job.lsf_jobs + new, claim=claim), remarks


def _told(job: Job, seen: SubmissionSeen) -> tuple[str, ...]:
    """An agent that has lost its records takes nothing back of what was told from them."""
    return ("doubt",) if seen.began_at is None and job.submission.began_at is not None else _SEEN


_SEEN = (
    "began_at",
    "bsub_called_at",
    "doubt",
    "ended_at",
    "exit_code",
    "timed_out",
    "problem",
    "stdout",
    "stderr",
    "sha256",
    "modified_at",
)


def _united(known: tuple[str, ...], said: list[str]) -> tuple[str, ...]:
    return known + tuple(lsf_id for lsf_id in dict.fromkeys(said) if lsf_id not in known)


def _listed(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else ", ".join(ids[:-1]) + f" and {ids[-1]}"


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
        elements=seen.elements,
        max_memory=seen.max_memory,
        memory_limit=seen.memory_limit,
        run_limit=seen.run_limit,
        cpu_time=seen.cpu_time,
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
    live = any(lsf_job.status.live for lsf_job in job.lsf_jobs)
    lost = not job.lsf_jobs and job.submission.ended_at is None
    if lost or (job.doubt and not live):
        # The spool was lost, or it is in doubt: nobody else will end it.
        return replace(job, kill_answered_at=seen.at, cancelled_at=seen.at)
    return replace(job, kill_answered_at=seen.at)
