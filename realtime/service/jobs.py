"""Jobs: apply a hash to runs, kill, delete, resubmit; and keep the statuses that depend on the clock."""

import secrets
from dataclasses import replace

from realtime.domain.assessment import Clock, assess
from realtime.domain.definition import command_arguments, parameter_text
from realtime.domain.errors import Conflict, Invalid, NotFound
from realtime.domain.job import Job, Submission
from realtime.domain.names import RUNS_AT_ONCE, job_id, parse_runs
from realtime.domain.status import Status
from realtime.service.rules import Rules, known_experiment
from realtime.store import definitions, experiments, jobs, locations, work
from realtime.store.jobs import StoredJob
from realtime.store.tx import Tx

RELABELLED_AT_ONCE = 200
FAILED = (Status.EXIT, Status.SUBMIT_FAILED, Status.LOST)
OUT_OF_CONTACT = (Status.UNKWN, Status.ZOMBI)


def apply(
    tx: Tx,
    rules: Rules,
    experiment: str,
    definition: int | str,
    runs: int | str,
    only: str,
    parameters: str | None,
    by: str,
) -> tuple[list[str], list[tuple[int, str]]]:
    """Make one job for each run wanted: ids of the jobs made, and (run, reason) of those left out.

    `runs`: a number, `1-20,25` or `all`; `only`: `all`, `missing` or `failed`. An unknown run or definition makes
    nothing at all.
    """
    known_experiment(tx.conn, experiment)
    found = definitions.find(tx.conn, experiment, definition)
    if found is None or found["archived_at"] is not None:
        raise Invalid(f"there is no hash {definition!r} in {experiment}", field="definition")
    if found["executable"] is None:
        raise Invalid(f"the hash {found['name']!r} has no path yet", field="definition")
    text = found["parameters"] if parameters is None else parameter_text(parameters)
    wanted = _wanted_runs(tx, experiment, runs)
    applied = jobs.last_of_each_run(tx.conn, experiment, found["id"])
    chosen, skipped = [], []
    for run in wanted:
        reason = _left_out(only, applied.get(run, []))
        if reason:
            skipped.append((run, reason))
        else:
            chosen.append(run)
    if len(chosen) > RUNS_AT_ONCE:
        raise Invalid(f"expected at most {RUNS_AT_ONCE} runs at once, not {len(chosen)}", field="runs")
    made = _request(
        tx,
        rules,
        found["version"],
        [
            StoredJob(
                job=_new_job(tx, command_arguments(experiment, run, text)),
                experiment=experiment,
                run=run,
                definition=found["id"],
                definition_name=found["name"],
                executable=found["executable"],
                parameters=text,
                user=by,
                location=found["location"],
                status=Status.REQUEST_SENT,
                detail="",
            )
            for run in chosen
        ],
    )
    return made, skipped


def _wanted_runs(tx: Tx, experiment: str, runs: int | str) -> list[int]:
    if runs == "all":
        return experiments.runs_within(tx.conn, experiment, None)
    ranges = parse_runs(str(runs))
    asked = sum(last - first + 1 for first, last in ranges)
    if asked > RUNS_AT_ONCE:
        raise Invalid(f"expected at most {RUNS_AT_ONCE} runs at once, not {asked}", field="runs")
    known = experiments.runs_within(tx.conn, experiment, ranges)
    missing = sorted({run for first, last in ranges for run in range(first, last + 1)} - set(known))
    if missing:
        names = ", ".join(map(str, missing[:10])) + (" ..." if len(missing) > 10 else "")
        raise Invalid(f"no such run in {experiment}: {names}", field="runs")
    return known


def _left_out(only: str, statuses: list[Status]) -> str | None:
    if only == "missing" and any(status.live or status is Status.DONE for status in statuses):
        return "it has a job of this hash that is live or DONE"
    if only == "failed" and (not statuses or statuses[-1] not in FAILED):
        return "its newest job of this hash has not failed" if statuses else "it has no job of this hash"
    return None


def _new_job(tx: Tx, arguments: list[str]) -> Job:
    return Job(
        id=job_id(tx.now, secrets.token_bytes(8)),
        requested_at=tx.now,
        submission=Submission(arguments=tuple(arguments)),
    )


def _request(tx: Tx, rules: Rules, version: int, new: list[StoredJob]) -> list[str]:
    if not new:
        return []
    first = experiments.next_job_numbers(tx, new[0].experiment, len(new))
    # Made as if the agent had just been heard of: whether it is away is found out by `relabel`, a moment later.
    clock = replace(rules.clock(tx.now, None), agent_heard_at=tx.now)
    numbered = [(stored, number, version) for number, stored in enumerate(new, first)]
    jobs.create(tx, numbered, assess(new[0].job, clock))
    return [stored.job.id for stored in new]


def resubmit(tx: Tx, rules: Rules, wanted: str, by: str) -> str:
    """Ask for the same command on the same run once more; the id of the new job."""
    old = known_job(tx, wanted)
    definition = definitions.find(tx.conn, old.experiment, old.definition)
    assert definition is not None
    again = replace(
        old,
        job=_new_job(tx, list(old.job.submission.arguments)),
        user=by,
    )
    return _request(tx, rules, definition["version"], [again])[0]


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
    restored_at = rules.restored(locations.find(tx.conn, stored.location))
    forgotten = restored_at is not None and stored.job.requested_at < restored_at
    if stored.job.submission.claimed_at is None and not stored.job.lsf_jobs and not forgotten:
        job = replace(stored.job, cancelled_at=tx.now)
    else:
        job = replace(
            stored.job,
            kill_requested_at=tx.now,
            kill_requested_by=by,
            kill_answered_at=None,
            kill_error=None,
            kill_force=force,
        )
        tx.work_for(stored.location)
    record(tx, rules, stored, job, by)


def delete(tx: Tx, wanted: str) -> None:
    """Remove a job that has ended."""
    stored = known_job(tx, wanted)
    if stored.status.live:
        raise Conflict(f"the job is live ({stored.status}): kill it first", code="live")
    jobs.remove(tx, stored)


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
