"""A whole past brought in at once: runs and jobs of an experiment as this program would have written them.

For demonstrations, tests and measurements. Nobody who serves the store at the time is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, select, update

from realtime.domain.assessment import Assessment
from realtime.domain.series import Series
from realtime.domain.status import Status
from realtime.store import environments, experiments, locations, schema, series
from realtime.store.changes import experiment_scope
from realtime.store.jobs import StoredJob, derived_values, lsf_job_values, submission_values
from realtime.store.tx import Tx

PART = 5_000
"""Rows of one statement."""


@dataclass(frozen=True, kw_only=True)
class PastRun:
    """A run as it is now."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    params: dict[str, Any]
    comment: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PastChange:
    """A status that a job took, and by whom."""

    to: Status
    at: datetime
    by: str
    lsf_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class PastPost:
    """A post received, and what became of it."""

    at: datetime
    body: str
    accepted: int
    skipped: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class PastLogEnd:
    """What is kept of the log of a job that failed; see the table `log_end`."""

    text: str
    error_line: str | None
    error_at: int | None
    as_of: datetime


@dataclass(frozen=True, kw_only=True)
class PastDetails:
    """What is kept beside a job's row."""

    series: Series | None = None
    posts: tuple[PastPost, ...] = ()
    log_end: PastLogEnd | None = None


@dataclass(frozen=True, kw_only=True)
class PastJob:
    """A job as it is now, and the statuses that led there; `counters` as the store keeps them. `environment`: what its
    script found, under whose key it stands in the submission."""

    stored: StoredJob
    version: int
    assessment: Assessment
    changes: tuple[PastChange, ...]
    counters: list[dict[str, Any]]
    counters_at: datetime | None = None
    longest_quiet: float | None = None
    environment: Mapping[str, str | None] = field(default_factory=dict)
    details: PastDetails = PastDetails()


@dataclass(frozen=True, kw_only=True)
class PastDeed:
    """What somebody did; see `Tx.note`."""

    at: datetime
    by: str
    action: str
    text: str
    run: int | None = None
    job: str | None = None
    definition: int | None = None


def bring(tx: Tx, experiment: str, runs: Sequence[PastRun], jobs: Sequence[PastJob], deeds: Sequence[PastDeed]) -> None:
    """Write these to an experiment that has none of these runs yet; `jobs` of its definitions, oldest first."""
    scope = schema.scope.c
    taken = tx.conn.execute(select(scope.seq).where(scope.name == experiment_scope(experiment))).scalar_one()
    told = _Telling(experiment, taken)
    told.all(runs, jobs, deeds)
    newest = {(job.stored.run, job.stored.definition): job.stored.job.id for job in jobs}
    first = experiments.next_job_numbers(tx, experiment, len(jobs))
    _insert(tx, schema.run, [_run_row(experiment, run, told.seqs[f"run/{run.number}"]) for run in runs])
    _insert(
        tx,
        schema.job,
        [
            _job_row(job, told.seqs[f"job/{job.stored.job.id}"])
            | {
                "number": number,
                "superseded": newest[job.stored.run, job.stored.definition] != job.stored.job.id,
            }
            for number, job in enumerate(jobs, first)
        ],
    )
    facts = [job.stored.job for job in jobs]
    _insert(tx, schema.submission, [{"job": job.id, **submission_values(job.submission)} for job in facts])
    _insert(
        tx,
        schema.lsf_job,
        [
            {"job": job.id, "position": position, **lsf_job_values(lsf_job)}
            for job in facts
            for position, lsf_job in enumerate(job.lsf_jobs)
        ],
    )
    _insert_details(tx, jobs)
    _insert(tx, schema.transition, told.transitions)
    _insert(tx, schema.activity, told.deeds)
    tx.conn.execute(update(schema.scope).where(scope.name == experiment_scope(experiment)).values(seq=told.seq))
    for location in sorted({job.stored.location for job in jobs}):
        locations.use(tx, experiment, location)


def _insert_details(tx: Tx, jobs: Sequence[PastJob]) -> None:
    for environment in {one.stored.job.submission.environment: one.environment for one in jobs}.values():
        environments.keep(tx, environment)
    series.save(tx, {one.stored.job.id: one.details.series for one in jobs if one.details.series is not None})
    posts = [
        {"job": one.stored.job.id, "n": n, **asdict(post)}
        for one in jobs
        for n, post in enumerate(one.details.posts, 1)
    ]
    _insert(tx, schema.post, posts)
    ends = [(one.stored.job.id, one.details.log_end) for one in jobs]
    _insert(tx, schema.log_end, [{"job": job, **asdict(end)} for job, end in ends if end is not None])


class _Telling:
    """Numbers what happened in the order it happened, as its transactions would have."""

    def __init__(self, experiment: str, seq: int) -> None:
        self.seq = seq
        self.seqs: dict[str, int] = {}
        """key of a row -> its newest seq"""
        self.transitions: list[dict[str, Any]] = []
        self.deeds: list[dict[str, Any]] = []
        self._experiment = experiment

    def all(self, runs: Sequence[PastRun], jobs: Sequence[PastJob], deeds: Sequence[PastDeed]) -> None:
        """Everything that happened."""
        moments: list[tuple[datetime, int, PastRun | PastDeed | tuple[PastJob, int]]] = []
        moments += [(run.ended_at or run.started_at, 0, run) for run in runs]
        moments += [(deed.at, 1, deed) for deed in deeds]
        moments += [(change.at, 2, (job, n)) for job in jobs for n, change in enumerate(job.changes)]
        moments.sort(key=lambda moment: moment[:2])
        for _, _, what in moments:
            if isinstance(what, PastRun):
                self._touch(f"run/{what.number}")
            elif isinstance(what, PastDeed):
                self._deed(what)
            else:
                self._change(*what)

    def _touch(self, key: str) -> None:
        self.seq += 1
        self.seqs[key] = self.seq

    def _deed(self, deed: PastDeed) -> None:
        self.seq += 1
        about = {"at": deed.at, "by": deed.by, "action": deed.action, "text": deed.text, "run": deed.run}
        more = {"experiment": self._experiment, "seq": self.seq, "job": deed.job, "definition": deed.definition}
        self.deeds.append(about | more)

    def _change(self, job: PastJob, n: int) -> None:
        change, stored = job.changes[n], job.stored
        self.seq += 1
        self.transitions.append(
            {
                "experiment": self._experiment,
                "seq": self.seq,
                "job": stored.job.id,
                "run": stored.run,
                "lsf_id": change.lsf_id,
                "from": job.changes[n - 1].to.value if n else None,
                "to": change.to.value,
                "at": change.at,
                "by": change.by,
                "reason": change.reason,
            }
        )
        self._touch(f"job/{stored.job.id}")
        self._touch(f"run/{stored.run}")


def _run_row(experiment: str, run: PastRun, seq: int) -> dict[str, Any]:
    return {
        "experiment": experiment,
        "number": run.number,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "params": run.params,
        "comment": run.comment,
        "tags": list(run.tags),
        "seq": seq,
    }


_OF_JOB = ("experiment", "run", "definition", "definition_name", "executable", "parameters", "user", "location")
_OF_FACTS = ("id", "requested_at", "cancelled_at", "kill_requested_at", "kill_requested_by", "kill_answered_at")


def _job_row(job: PastJob, seq: int) -> dict[str, Any]:
    values = {name: getattr(job.stored, name) for name in _OF_JOB}
    values |= {name: getattr(job.stored.job, name) for name in _OF_FACTS}
    values |= derived_values(job.assessment)
    values |= {"counters": job.counters, "counters_at": job.counters_at, "longest_quiet": job.longest_quiet}
    values["sample_due_at"] = job.details.series and job.details.series.due_at
    return values | {"definition_version": job.version, "seq": seq}


def _insert(tx: Tx, table: Table, rows: list[dict[str, Any]]) -> None:
    for part in range(0, len(rows), PART):
        tx.conn.execute(insert(table), rows[part : part + PART])
