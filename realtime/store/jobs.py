"""Jobs, their submissions and LSF jobs: read as the domain's facts, written with what follows from them."""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, bindparam, delete, false, func, insert, select, update

from realtime.domain.assessment import Assessment
from realtime.domain.job import Claim, Job, LsfJob, Submission
from realtime.domain.status import Status
from realtime.store import experiments, schema
from realtime.store.changes import experiment_scope
from realtime.store.tx import Tx

_job = schema.job.c
_submission = schema.submission.c
_lsf_job = schema.lsf_job.c

_FACTS = ("cancelled_at", "kill_requested_at", "kill_requested_by", "kill_answered_at", "kill_error", "kill_force")
_LISTS = ("arguments", "adopted", "surplus")
_SUBMISSION = tuple(field.name for field in fields(Submission) if field.name not in (*_LISTS, "order"))
_LSF_JOB = tuple(field.name for field in fields(LsfJob) if field.name not in ("order", "status"))

# Made once: to make a statement with its values takes three times as long as to execute it.
_CHANGE_JOB = update(schema.job).where(_job.id == bindparam("of_job"))
_CHANGE_SUBMISSION = update(schema.submission).where(_submission.job == bindparam("of_job"))
_CHANGE_LSF_JOB = update(schema.lsf_job).where(
    _lsf_job.job == bindparam("of_job"), _lsf_job.lsf_id == bindparam("of_lsf_id")
)
_SUPERSEDE = (
    update(schema.job)
    .where(
        _job.experiment == bindparam("of"),
        _job.definition == bindparam("hash"),
        _job.run == bindparam("on"),
        _job.number < bindparam("by"),
        _job.superseded == false(),
    )
    .values(superseded=True)
)


@dataclass(frozen=True, kw_only=True)
class StoredJob:
    """A job's facts, and the columns that do not follow from them."""

    job: Job
    experiment: str
    run: int
    definition: int
    definition_name: str
    executable: str
    parameters: str
    user: str
    location: str
    status: Status
    detail: str


def find(conn: Connection, job_id: str) -> StoredJob | None:
    """A job by its id."""
    found = find_several(conn, [job_id])
    return found[0] if found else None


def find_several(conn: Connection, ids: list[str]) -> list[StoredJob]:
    """The jobs with these ids that exist, oldest first."""
    submissions = {
        row["job"]: row for row in conn.execute(select(schema.submission).where(_submission.job.in_(ids))).mappings()
    }
    lsf_jobs: dict[str, list[LsfJob]] = {}
    by_position = select(schema.lsf_job).where(_lsf_job.job.in_(ids)).order_by(_lsf_job.position)
    for row in conn.execute(by_position).mappings():
        lsf_jobs.setdefault(row["job"], []).append(
            LsfJob(
                order=(row["generation"], row["n"]),
                status=Status(row["status"]),
                **{name: row[name] for name in _LSF_JOB},
            )
        )
    rows = conn.execute(select(schema.job).where(_job.id.in_(ids)).order_by(_job.id)).mappings()
    return [_stored(row, submissions[row["id"]], tuple(lsf_jobs.get(row["id"], ()))) for row in rows]


def _stored(row: Any, submission: Any, lsf_jobs: tuple[LsfJob, ...]) -> StoredJob:
    return StoredJob(
        job=Job(
            id=row["id"],
            requested_at=row["requested_at"],
            submission=Submission(
                arguments=tuple(submission["arguments"]),
                adopted=tuple(submission["adopted"]),
                surplus=tuple(submission["surplus"]),
                order=(submission["generation"], submission["n"]),
                **{name: submission[name] for name in _SUBMISSION},
            ),
            lsf_jobs=lsf_jobs,
            claim=Claim(lsf_id=row["posted_lsf_id"], log_file=row["posted_log_file"], by=row["posted_by"]),
            log_file=row["verified_log_file"],
            **{name: row[name] for name in _FACTS},
        ),
        status=Status(row["status"]),
        **{
            name: row[name]
            for name in (
                "experiment",
                "run",
                "definition",
                "definition_name",
                "executable",
                "parameters",
                "user",
                "location",
                "detail",
            )
        },
    )


def create(tx: Tx, new: list[tuple[StoredJob, int, int]], assessment: Assessment) -> None:
    """New jobs, all in the same state: (job, number for people, version of the definition)."""
    same = ("experiment", "run", "definition", "definition_name", "executable", "parameters", "user", "location")
    derived = derived_values(assessment)
    tx.conn.execute(
        insert(schema.job),
        [
            {
                **{name: getattr(stored, name) for name in same},
                **derived,
                "id": stored.job.id,
                "number": number,
                "definition_version": version,
                "requested_at": stored.job.requested_at,
                "counters": [],
                "seq": 0,
            }
            for stored, number, version in new
        ],
    )
    tx.conn.execute(
        insert(schema.submission),
        [{"job": stored.job.id, **submission_values(stored.job.submission)} for stored, _, _ in new],
    )
    newer = [
        {"of": stored.experiment, "hash": stored.definition, "on": stored.run, "by": number}
        for stored, number, _ in new
    ]
    tx.conn.execute(_SUPERSEDE, newer)
    for stored, _, _ in new:
        _follow(tx, stored, None, assessment, by=stored.user)
        tx.work_for(stored.location)


def save(tx: Tx, before: StoredJob, job: Job, assessment: Assessment, by: str, remark: str | None = None) -> None:
    """Write a job's new facts and what follows from them; records the transition when the status changed.

    `remark`: said in the job's history: the transition's reason when it has none of its own, else an entry for itself.
    """
    values: dict[str, Any] = {name: getattr(job, name) for name in _FACTS} | derived_values(assessment)
    values |= {"posted_lsf_id": job.claim.lsf_id, "posted_log_file": job.claim.log_file, "posted_by": job.claim.by}
    values["verified_log_file"] = job.log_file
    tx.conn.execute(_CHANGE_JOB, {"of_job": job.id, **values})
    if job.submission != before.job.submission:
        tx.conn.execute(_CHANGE_SUBMISSION, {"of_job": job.id, **submission_values(job.submission)})
    known = {lsf_job.lsf_id: lsf_job for lsf_job in before.job.lsf_jobs}
    for position, lsf_job in enumerate(job.lsf_jobs):
        if lsf_job.lsf_id not in known:
            new = {"job": job.id, "position": position, **lsf_job_values(lsf_job)}
            tx.conn.execute(insert(schema.lsf_job), new)
        elif known[lsf_job.lsf_id] != lsf_job:
            which = {"of_job": job.id, "of_lsf_id": lsf_job.lsf_id}
            tx.conn.execute(_CHANGE_LSF_JOB, which | lsf_job_values(lsf_job))
    _follow(tx, before, before.status, assessment, by=by, remark=remark)


def derived_values(assessment: Assessment) -> dict[str, Any]:
    """The columns of a job that follow from its facts."""
    values = {field.name: getattr(assessment, field.name) for field in fields(Assessment)}
    return values | {"status": assessment.status.value, "live": assessment.status.live}


def submission_values(submission: Submission) -> dict[str, Any]:
    """Its columns but the job."""
    generation, n = submission.order
    values = {name: getattr(submission, name) for name in _SUBMISSION}
    lists = {name: list(getattr(submission, name)) for name in _LISTS}
    return {**values, **lists, "generation": generation, "n": n}


def lsf_job_values(lsf_job: LsfJob) -> dict[str, Any]:
    """Its columns but job and position."""
    generation, n = lsf_job.order
    values = {name: getattr(lsf_job, name) for name in _LSF_JOB}
    values |= {"status": lsf_job.status.value, "elements": dict(lsf_job.elements)}
    return {**values, "generation": generation, "n": n}


def _follow(
    tx: Tx, stored: StoredJob, old: Status | None, assessment: Assessment, by: str, remark: str | None = None
) -> None:
    touch(tx, stored)
    new = assessment.status
    if remark and (new is old or assessment.reason):
        _record(tx, stored, old, old or new, assessment, by, remark)
    if new is not old:
        _record(tx, stored, old, new, assessment, by, assessment.reason or remark)
        experiments.touch_run(tx, stored.experiment, stored.run)
        tx.active(stored.experiment)


def _record(
    tx: Tx, stored: StoredJob, old: Status | None, new: Status, assessment: Assessment, by: str, reason: str | None
) -> None:
    tx.record(
        **{"from": old.value if old else None},
        to=new.value,
        experiment=stored.experiment,
        run=stored.run,
        job=stored.job.id,
        lsf_id=assessment.lsf_id,
        at=tx.now,
        by=by,
        reason=reason,
    )


def touch(tx: Tx, stored: StoredJob) -> None:
    """The job's row has changed."""
    tx.touch(experiment_scope(stored.experiment), f"job/{stored.job.id}")


def remove(tx: Tx, stored: StoredJob) -> None:
    """Delete a job with everything of it but its transitions."""
    tx.conn.execute(delete(schema.job).where(_job.id == stored.job.id))
    where = _job.experiment == stored.experiment, _job.definition == stored.definition, _job.run == stored.run
    newest = select(func.max(_job.number)).where(*where).scalar_subquery()
    tx.conn.execute(update(schema.job).where(*where, _job.number == newest).values(superseded=False))
    tx.drop(experiment_scope(stored.experiment), f"job/{stored.job.id}")
    experiments.touch_run(tx, stored.experiment, stored.run)


def last_of_each_run(conn: Connection, experiment: str, definition: int) -> dict[int, list[Status]]:
    """Statuses of a definition's jobs by run, oldest first."""
    chosen = (
        select(_job.run, _job.status)
        .where(_job.experiment == experiment, _job.definition == definition)
        .order_by(_job.id)
    )
    found: dict[int, list[Status]] = {}
    for run, status in conn.execute(chosen):
        found.setdefault(run, []).append(Status(status))
    return found


def keep_details(tx: Tx, job_id: str, text: str) -> None:
    """Remember the last `bjobs -l` text of a job, should it still exist."""
    if tx.conn.execute(select(_job.id).where(_job.id == job_id)).first() is None:
        return
    tx.conn.execute(delete(schema.details).where(schema.details.c.job == job_id))
    tx.conn.execute(insert(schema.details).values(job=job_id, text=text, as_of=tx.now))


def last_details(conn: Connection, job_id: str) -> tuple[str, Any] | None:
    """The last `bjobs -l` text and when it was read."""
    chosen = select(schema.details.c.text, schema.details.c.as_of).where(schema.details.c.job == job_id)
    found = conn.execute(chosen).first()
    return None if found is None else (found.text, found.as_of)
