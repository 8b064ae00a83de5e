"""The jobs of an invented beam time: plausible, and the same for the same arguments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from realtime.demo.past_details import MEMORY_LIMIT, RUN_LIMIT, Reported, details, script_of
from realtime.demo.past_runs import Dice
from realtime.domain.assessment import Clock, assess
from realtime.domain.definition import command_arguments
from realtime.domain.job import Job, LsfJob, Submission
from realtime.domain.names import job_id
from realtime.domain.status import Status
from realtime.store.jobs import StoredJob
from realtime.store.past import PastChange, PastDeed, PastDetails, PastJob, PastRun

USERS = ("mona", "opr", "silke", "tomasz")
DETAILED = 5_000
"""Of the newest jobs more is kept than their rows: all of it would take long to make."""
APPLIED_AGAIN = 12
"""Of so many jobs one is of a hash that its run has had already."""
FAILURES = (
    (1, "exit 1"),
    (137, "exit 137: killed by signal 9 (KILL)"),
    (130, "killed: ran out of memory, TERM_MEMLIMIT"),
    (140, "run limit reached, TERM_RUNLIMIT"),
    (127, "exit 127: command not found"),
)
REFUSALS = (
    "psanaq: No such queue. Job not submitted.",
    "User cannot use the queue. Job not submitted.",
    "Pending job threshold reached. Retrying in 60 seconds...",
)
LIVE_LOCATION = "past"
"""Jobs that are to look live belong to a farm that no batch client serves, so that none takes them for work."""


@dataclass(frozen=True, kw_only=True)
class PastHash:
    """A definition that is there."""

    id: int
    name: str
    executable: str
    parameters: str
    version: int
    location: str


def hash_names(count: int) -> list[str]:
    """Long names as people give them, all different."""
    what = ("calib", "peakfind", "index", "integrate", "merge", "azimuthal", "droplet", "smalldata", "autocorr", "xes")
    where = ("epix10ka_quad0", "jungfrau4M_front", "rayonix_binned", "uhd_spectrometer")
    return [f"{what[n % 10]}_{where[n // 10 % 4]}_v{n // 40 + 1}_{'fast' if n % 3 else 'full'}" for n in range(count)]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Which jobs there are to be: so many for each run, and of these in all so many that look live."""

    experiment: str
    jobs_per_run: int
    live: int = 0


def past_jobs(dice: Dice, plan: Plan, runs: Sequence[PastRun], hashes: Sequence[PastHash]) -> list[PastJob]:
    """The jobs of these runs, oldest first; the live ones among the newest."""
    wanted = [asked for run in runs for asked in _wanted(dice, plan, run, hashes)]
    wanted.sort(key=lambda asked: asked[2])
    jobs = []
    for n, (run, used, at) in enumerate(wanted):
        left = len(wanted) - n
        life = _Life(dice, 700_000 + 3 * n, live=left <= plan.live, detailed=left <= DETAILED)
        jobs.append(life.job(plan.experiment, run, used, at))
    return jobs


def _wanted(
    dice: Dice, plan: Plan, run: PastRun, hashes: Sequence[PastHash]
) -> Iterator[tuple[PastRun, PastHash, datetime]]:
    assert run.ended_at is not None
    first = dice.below(len(hashes))
    distinct = 0
    at = run.ended_at
    for n in range(plan.jobs_per_run):
        again = n > 0 and (distinct >= len(hashes) or dice.below(APPLIED_AGAIN) == 0)
        position = dice.below(distinct) if again else distinct
        distinct += not again
        at += dice.seconds(3, 40)
        yield run, hashes[(first + position) % len(hashes)], at


class _Life:
    """How one job went."""

    def __init__(self, dice: Dice, lsf_number: int, *, live: bool, detailed: bool) -> None:
        self._dice = dice
        self._lsf_id = str(lsf_number)
        self._turn = lsf_number // 3
        self._live = live
        self._detailed = detailed
        self._changes: list[PastChange] = []

    def job(self, experiment: str, run: PastRun, used: PastHash, at: datetime) -> PastJob:
        """The job of a hash that was applied to a run at that time."""
        user = self._dice.one_of(USERS)
        arguments = command_arguments(experiment, run.number, used.parameters)
        noise = self._dice.below(2**32) << 32 | self._dice.below(2**32)
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        script = script_of(used.executable, user, midnight)
        submission = Submission(
            arguments=tuple(arguments),
            host=script.host,
            folder=script.folder,
            environment=script.environment_key,
            sha256=script.sha256,
            modified_at=script.modified_at,
        )
        asked = Job(id=job_id(at, noise.to_bytes(8, "big")), requested_at=at, submission=submission)
        self._became(Status.REQUEST_SENT, at, user)
        job = self._refused(asked) if self._dice.below(60) == 0 and not self._live else self._in_lsf(asked, used)
        assessment = assess(job, Clock(now=at, agent_heard_at=at, slow_after=timedelta(seconds=5)))
        stored = StoredJob(
            job=job,
            experiment=experiment,
            run=run.number,
            definition=used.id,
            definition_name=used.name,
            executable=used.executable,
            parameters=used.parameters,
            user=user,
            location=LIVE_LOCATION if self._live else used.location,
            status=assessment.status,
            detail=assessment.detail,
        )
        counters, counted_at, reported = self._counters(assessment.started_at, assessment.ended_at)
        failed = assessment.reason if assessment.status is Status.EXIT else None
        return PastJob(
            stored=stored,
            version=used.version,
            assessment=assessment,
            changes=tuple(self._changes),
            counters=counters,
            counters_at=counted_at,
            longest_quiet=2 + self._dice.below(400) / 10 if counters else None,
            environment=script.environment,
            details=details(reported, failed, assessment.ended_at, self._turn) if self._detailed else PastDetails(),
        )

    def _became(self, status: Status, at: datetime, by: str, reason: str | None = None) -> None:
        self._changes.append(
            PastChange(to=status, at=at, by=by, lsf_id=self._lsf_id if status.from_lsf else None, reason=reason)
        )

    def _submitted(self, job: Job) -> Submission:
        at = job.requested_at
        return replace(
            job.submission,
            order=(1, 1),
            handed_at=at + timedelta(milliseconds=120),
            claimed_at=at + timedelta(milliseconds=150),
            began_at=at + timedelta(milliseconds=200),
            bsub_called_at=at + timedelta(milliseconds=500),
            ended_at=at + timedelta(milliseconds=900),
            exit_code=0,
            stdout=f"Job <{self._lsf_id}> is submitted to queue <psana>.\n",
        )

    def _refused(self, job: Job) -> Job:
        said = self._dice.one_of(REFUSALS)
        submission = replace(self._submitted(job), exit_code=255, stdout="", stderr=f"{said}\n")
        ended_at = job.requested_at + timedelta(milliseconds=900)
        reason = f"the submit script ended with exit code 255 and no LSF ID: {said}"
        self._became(Status.SUBMIT_FAILED, ended_at, "agent", reason)
        return replace(job, submission=submission)

    def _in_lsf(self, job: Job, used: PastHash) -> Job:
        submitted_at = job.requested_at + timedelta(milliseconds=900)
        status, code, reason = self._end()
        lsf_job = LsfJob(
            lsf_id=self._lsf_id,
            status=status,
            order=(1, 2),
            as_of=submitted_at,
            submitted_at=submitted_at,
            queue="psana",
            log_file=f"/sdf/scratch/{used.name}/{self._lsf_id}.log",
            memory_limit=MEMORY_LIMIT,
            run_limit=RUN_LIMIT,
        )
        self._became(Status.PEND, submitted_at, "agent")
        if status is not Status.PEND:
            began_at = submitted_at + self._dice.seconds(2, 90)
            host = f"psana{1400 + self._dice.below(80)}"
            lsf_job = replace(lsf_job, started_at=began_at, as_of=began_at, host=host)
            self._became(Status.RUN, began_at, "agent")
        if not status.live:
            assert lsf_job.started_at is not None
            took = self._dice.seconds(20, 600)
            if reason is not None and "TERM_RUNLIMIT" in reason:
                took = timedelta(seconds=RUN_LIMIT + 1)
            ended_at = lsf_job.started_at + took
            lsf_job = replace(lsf_job, ended_at=ended_at, as_of=ended_at, exit_code=code, reason=reason)
            lsf_job = replace(lsf_job, max_memory=self._memory(reason), cpu_time=round(0.9 * took.total_seconds(), 1))
            self._became(status, ended_at, "agent", reason)
        return replace(job, submission=self._submitted(job), lsf_jobs=(lsf_job,))

    def _memory(self, reason: str | None) -> int:
        if reason is not None and "TERM_MEMLIMIT" in reason:
            return MEMORY_LIMIT - (self._turn % 90) * 2**20
        return (1 + self._turn % 60) * MEMORY_LIMIT // 80

    def _end(self) -> tuple[Status, int | None, str | None]:
        if self._live:
            return (Status.RUN if self._dice.below(3) else Status.PEND), None, None
        chance = self._dice.below(100)
        if chance < 8:
            return Status.EXIT, *self._dice.one_of(FAILURES)
        return (Status.LOST if chance == 8 else Status.DONE), None, None

    def _counters(
        self, started_at: datetime | None, ended_at: datetime | None
    ) -> tuple[list[dict[str, Any]], datetime | None, Reported | None]:
        """What it reported last, as the store keeps it; a job in eight says nothing."""
        if started_at is None or self._dice.below(8) == 0:
            return [], None, None
        last = ended_at or started_at + timedelta(seconds=5)
        done = self._changes[-1].to is Status.DONE
        step = 20 if done else self._dice.below(20)
        rate = self._dice.below(950) / 10
        values: list[tuple[str, str | int, str | None]] = [
            ("Progress", f"{step}/20", "green" if done else "blue"),
            ("Events", 120 * (step + self._dice.below(40)), None),
            ("Hit rate", f"{rate} %", "red" if rate < 30 else "orange" if rate < 60 else "green"),
            ("Phase", "finished" if done else "indexing", None),
        ]
        counters = [
            {"name": name, "value": value, "color": color, "at": f"{last - (3 - n) * timedelta(seconds=2):%FT%TZ}"}
            for n, (name, value, color) in enumerate(values)
        ]
        values_then = {name: value for name, value, _ in values}
        return counters, last, Reported(began_at=started_at, last=last, values=values_then, step=step, steps=20)


def past_deeds(runs: Sequence[PastRun], jobs: Sequence[PastJob]) -> list[PastDeed]:
    """Who did what to bring these about."""
    applied = [
        PastDeed(
            at=job.stored.job.requested_at,
            by=job.stored.user,
            action="apply",
            text=f"applied {job.stored.definition_name} to run {job.stored.run}",
            run=job.stored.run,
            job=job.stored.job.id,
            definition=job.stored.definition,
        )
        for job in jobs
    ]
    noted = [
        PastDeed(at=run.ended_at or run.started_at, by=USERS[0], action="comment", text=text, run=run.number)
        for run in runs
        if run.comment and (text := f"run {run.number}: {run.comment}")
    ]
    return applied + noted
