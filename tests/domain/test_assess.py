"""The status that follows from a job's facts: a table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from realtime.domain.assessment import CANCELLED, Clock, assess
from realtime.domain.job import Job, LsfJob, Submission
from realtime.domain.status import FROM_LSF, Status

NOW = datetime(2026, 11, 22, 2, 14, 7, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def clock(heard: float | None = 0) -> Clock:
    return Clock(now=NOW, agent_heard_at=None if heard is None else ago(heard), slow_after=timedelta(seconds=5))


def job(**facts: Any) -> Job:
    plain = Submission(arguments=("xppx12345", "12"))
    names = {name for name in facts if hasattr(plain, name)}
    submission = replace(plain, **{name: facts[name] for name in names})
    rest = {name: value for name, value in facts.items() if name not in names}
    return Job(id="0" * 24, requested_at=ago(60), submission=submission, **rest)


def lsf(status: Status, lsf_id: str = "7", **facts: Any) -> LsfJob:
    plain = LsfJob(lsf_id=lsf_id, status=status, order=(1, 1), as_of=NOW, submitted_at=ago(30))
    return replace(plain, **facts)


@pytest.mark.parametrize(
    ("facts", "heard", "status", "words"),
    [
        ({}, 0.0, Status.REQUEST_SENT, "waiting for the batch client"),
        ({}, 9.9, Status.REQUEST_SENT, "waiting for the batch client"),
        ({}, 10.1, Status.PERSISTED, "goes out by itself"),
        ({}, None, Status.PERSISTED, "goes out by itself"),
        ({"handed_at": ago(4.9)}, 0.0, Status.REQUEST_SENT, "no LSF ID yet"),
        ({"handed_at": ago(5.1)}, 0.0, Status.LSF_SLOW, "has not begun"),
        ({"handed_at": ago(5.1), "began_at": ago(5)}, 0.0, Status.LSF_SLOW, "script running, bsub not called yet"),
        (
            {"handed_at": ago(9), "began_at": ago(8), "bsub_called_at": NOW},
            0.0,
            Status.LSF_SLOW,
            "bsub called 02:14:07 UTC, no answer",
        ),
        ({"handed_at": ago(60), "began_at": ago(59)}, 20.0, Status.LSF_SLOW, "agent silent"),
        ({"handed_at": ago(60)}, 20.0, Status.LSF_SLOW, "agent silent"),
        ({"cancelled_at": NOW}, 0.0, Status.EXIT, CANCELLED),
        ({"handed_at": ago(9), "ended_at": NOW, "exit_code": 0}, 0.0, Status.SUBMIT_FAILED, "exit code 0"),
        (
            {"ended_at": NOW, "exit_code": 1, "stderr": "x\nnosuchq: No such queue. Job not submitted.\n\n"},
            0.0,
            Status.SUBMIT_FAILED,
            "exit code 1 and no LSF ID: nosuchq: No such queue. Job not submitted.",
        ),
        ({"ended_at": NOW, "exit_code": -9}, 0.0, Status.SUBMIT_FAILED, "signal 9"),
        ({"ended_at": NOW, "exit_code": -15, "timed_out": True}, 0.0, Status.SUBMIT_FAILED, "took too long"),
        ({"ended_at": NOW, "problem": "not executable"}, 0.0, Status.SUBMIT_FAILED, "not executable"),
        ({"lsf_jobs": (lsf(Status.PEND),)}, 999.0, Status.PEND, "waiting in LSF"),
        ({"ended_at": NOW, "exit_code": 1, "lsf_jobs": (lsf(Status.RUN),)}, 0.0, Status.RUN, "running"),
        ({"lsf_jobs": (lsf(Status.RUN),), "kill_requested_at": NOW}, 0.0, Status.RUN, "killing"),
        (
            {"lsf_jobs": (lsf(Status.RUN),), "kill_error": "User permission denied"},
            0.0,
            Status.RUN,
            "kill refused: User permission denied",
        ),
        ({"cancelled_at": NOW, "lsf_jobs": (lsf(Status.RUN),)}, 0.0, Status.RUN, "running"),
        ({"lsf_jobs": (lsf(Status.EXIT, exit_code=3),)}, 0.0, Status.EXIT, "exit 3"),
        ({"handed_at": ago(1), "ended_at": NOW, "exit_code": 1, "doubt": "x"}, 0.0, Status.LSF_SLOW, "unknown: x"),
        ({"handed_at": ago(1), "doubt": "x"}, None, Status.LSF_SLOW, "unknown: x"),
        (
            {"claimed_at": ago(9), "doubt": "x", "cancelled_at": NOW},
            0.0,
            Status.EXIT,
            "LSF may have it; what is found of it later is killed",
        ),
        (
            {"doubt": "x", "lsf_jobs": (lsf(Status.RUN),)},
            0.0,
            Status.RUN,
            "running; of another bsub of the script unknown: x",
        ),
        ({"doubt": "x", "lsf_jobs": (lsf(Status.DONE),)}, 0.0, Status.LSF_SLOW, "unknown: x (LSF 7: DONE)"),
        ({"doubt": "x", "lsf_jobs": (lsf(Status.DONE, named=True),)}, 0.0, Status.DONE, "ended well"),
        (
            {"lsf_jobs": (lsf(Status.RUN, elements={"DONE": 57, "RUN": 20}),)},
            0.0,
            Status.RUN,
            "running: 57 DONE, 20 RUN",
        ),
    ],
)
def test_status_and_words(facts: dict[str, Any], heard: float | None, status: Status, words: str) -> None:
    assessed = assess(job(**facts), clock(heard))
    assert assessed.status is status
    assert words in assessed.detail


IN_LSF: list[tuple[LsfJob, ...]] = [
    (),
    *((lsf(status),) for status in sorted(FROM_LSF | {Status.LOST})),
    (lsf(Status.DONE, "1"), lsf(Status.RUN, "2")),
    (lsf(Status.DONE, "1"), lsf(Status.EXIT, "2")),
]


@pytest.mark.parametrize("heard", [0.0, 20.0, None])
@pytest.mark.parametrize("jobs", IN_LSF, ids=lambda jobs: "+".join(job.status for job in jobs) or "none")
def test_while_in_doubt_nothing_but_a_live_lsf_job_a_name_or_a_person_decides(
    jobs: tuple[LsfJob, ...], heard: float | None
) -> None:
    ends: list[dict[str, Any]] = [
        {},
        {"ended_at": NOW, "exit_code": 0},
        {"ended_at": NOW, "exit_code": 1, "stderr": "Communication time out. Job not submitted."},
        {"ended_at": NOW, "timed_out": True},
        {"ended_at": NOW, "problem": "not there"},
    ]
    for begun, end, named, cancelled in product((False, True), ends, (False, True), (None, NOW)):
        known = tuple(replace(one, named=named) for one in jobs)
        facts = {**end, "handed_at": ago(9) if begun else None, "claimed_at": ago(8), "lsf_jobs": known}
        doubted = assess(job(**facts, doubt="LSF did not answer", cancelled_at=cancelled), clock(heard))
        certain = assess(job(**facts, cancelled_at=cancelled), clock(heard))
        if cancelled or (known and named):
            assert doubted == certain
        elif any(one.status.live for one in known):
            assert (doubted.status, doubted.ended_at) == (certain.status, None)
            assert "unknown: LSF did not answer" in doubted.detail
        else:
            assert (doubted.status, doubted.ended_at, doubted.reason) == (Status.LSF_SLOW, None, None)
            assert doubted.detail.startswith("unknown: LSF did not answer")


def test_a_verified_log_file_is_shown_before_that_of_lsf() -> None:
    assert assess(job(log_file="/reg/d/7.log"), clock()).log_file == "/reg/d/7.log"
    both = job(log_file="/reg/d/7.log", lsf_jobs=(lsf(Status.RUN, log_file="/reg/d/lsf.out"),))
    assert assess(both, clock()).log_file == "/reg/d/7.log"


@pytest.mark.parametrize(
    ("several", "status"),
    [
        ((Status.DONE, Status.RUN, Status.EXIT), Status.RUN),
        ((Status.PEND, Status.EXIT), Status.PEND),
        ((Status.SSUSP, Status.PEND), Status.SSUSP),
        ((Status.DONE, Status.EXIT), Status.EXIT),
        ((Status.DONE, Status.LOST), Status.LOST),
        ((Status.DONE, Status.DONE), Status.DONE),
    ],
)
def test_several_lsf_jobs_speak_as_one(several: tuple[Status, ...], status: Status) -> None:
    jobs = tuple(lsf(one, str(n), ended_at=None if one.live else ago(n)) for n, one in enumerate(several, 1))
    assessed = assess(job(lsf_jobs=jobs), clock())
    assert (assessed.status, assessed.lsf_id) == (status, "1")
    assert (assessed.ended_at is None) == status.live
    assert f"{len(several)} LSF jobs" in assessed.detail
