"""A job beside the last good one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from realtime.domain.comparison import Compared, Difference, compare
from realtime.domain.job import Job, LsfJob, Submission
from realtime.domain.status import Status

AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
SUBMISSION = Submission(arguments=(), sha256="a" * 64, modified_at=AT, folder="/x", host="login1")
LSF = LsfJob(
    lsf_id="7",
    status=Status.DONE,
    order=(1, 1),
    as_of=AT,
    submitted_at=AT,
    started_at=AT + timedelta(seconds=3),
    ended_at=AT + timedelta(seconds=103),
    queue="psana",
    host="psana1201",
    max_memory=2**30,
)
GOOD = Compared(
    job=Job(id="a", requested_at=AT, submission=SUBMISSION, lsf_jobs=(LSF,)),
    parameters="calib 3",
    executable="/x/run.sh",
    user="ana",
    location="default",
    environment={"PATH": "/usr/bin", "KEY": None, "OLD": "1", "SHLVL": "1"},
)


def test_a_job_is_no_different_from_itself() -> None:
    differences, same = compare(GOOD, GOOD)
    assert differences == []
    assert {"parameters", "script", "host", "queue", "environment", "run time", "wait", "memory peak"} <= set(same)
    assert "memory limit" not in same, "what neither tells is not the same"


def test_what_differs_is_told_the_likeliest_cause_first() -> None:
    lsf_job = replace(LSF, host="psana1417", ended_at=LSF.ended_at and LSF.ended_at + timedelta(seconds=300))
    submission = replace(SUBMISSION, sha256="b" * 64, modified_at=AT + timedelta(hours=1))
    job = replace(GOOD.job, submission=submission, lsf_jobs=(lsf_job,))
    differences, same = compare(replace(GOOD, job=job, parameters="calib  4"), GOOD)
    assert differences == [
        Difference("parameters", "calib 4", "calib 3"),
        Difference("script", "b" * 12, "a" * 12),
        Difference("script changed", "2026-11-22T03:14:00Z", "2026-11-22T02:14:00Z"),
        Difference("host", "psana1417", "psana1201"),
        Difference("run time", "6 min 40 s", "1 min 40 s"),
    ]
    assert "user" in same


def test_of_the_environment_only_names_are_told() -> None:
    environment = {"PATH": "/secret/bin", "KEY": "now told", "NEW": "x", "SHLVL": "2"}
    differences, _ = compare(replace(GOOD, environment=environment), GOOD)
    assert differences == [
        Difference("environment, set in one", "NEW", "OLD"),
        Difference("environment, other value", "PATH", "PATH"),
    ]
    told, same = compare(replace(GOOD, environment=None), GOOD)
    assert told == [] and "environment" not in same


def test_times_that_are_nearly_the_same_are_the_same() -> None:
    quick = replace(LSF, started_at=LSF.submitted_at, ended_at=LSF.submitted_at + timedelta(seconds=110))
    differences, same = compare(replace(GOOD, job=replace(GOOD.job, lsf_jobs=(quick,))), GOOD)
    assert differences == [] and {"run time", "wait"} <= set(same)
