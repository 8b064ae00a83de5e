"""Why a job failed: golden cases, and that every job that failed gets one sentence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsf_agent.lsf.reasons import TERMINATIONS, reason_of
from realtime.domain.explain import explain
from realtime.domain.failure import Cause, Explanation, Failure
from realtime.domain.job import Job, LsfJob, Submission
from realtime.domain.status import FAILED, Status

AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
GB = 2**30


def lsf_job(**facts: Any) -> LsfJob:
    """One that has ended after 10 min."""
    known: dict[str, Any] = {"started_at": AT, "ended_at": AT + timedelta(minutes=10), "status": Status.EXIT}
    return LsfJob(**{"lsf_id": "7", "order": (1, 1), "as_of": AT, "submitted_at": AT, **known, **facts})


def of(*lsf_jobs: LsfJob, parameters: str = "", line: str | None = None, **facts: Any) -> Explanation:
    job = Job(id="a", requested_at=AT, submission=Submission(arguments=()), lsf_jobs=lsf_jobs)
    status = lsf_jobs[0].status
    return explain(
        Failure(
            job=replace(job, **facts), status=status, executable="/x/run.sh", parameters=parameters, error_line=line
        )
    )


def of_script(**facts: Any) -> Explanation:
    submission = Submission(arguments=(), ended_at=AT, **facts)
    job = Job(id="a", requested_at=AT, submission=submission)
    return explain(Failure(job=job, status=Status.SUBMIT_FAILED, executable="/x/run.sh", parameters=""))


def ended(code: int | None, text: str | None = None, **facts: Any) -> LsfJob:
    """As the batch client tells of LSF's exit code and text."""
    return lsf_job(exit_code=code, reason=reason_of(code, text), **facts)


LSF_SAYS = [
    (
        ended(137, "TERM_MEMLIMIT: job killed", max_memory=int(7.9 * GB), memory_limit=8 * GB),
        "It was killed by LSF because it ran out of memory: its peak was 7.9 of 8 GB.",
        Cause.MEMORY,
    ),
    (ended(137, "TERM_MEMLIMIT"), "It was killed by LSF because it ran out of memory.", Cause.MEMORY),
    (
        ended(140, "TERM_RUNLIMIT", run_limit=1800.0),
        "It was killed by LSF because it reached its run limit of 30 min.",
        Cause.RUN_TIME,
    ),
    (ended(140, run_limit=600.0), "It was killed by LSF because it reached its run limit of 10 min.", Cause.RUN_TIME),
    (ended(140, run_limit=7200.0), "It was killed by signal 12 (USR2).", Cause.SIGNAL),
    (
        ended(137, max_memory=int(7.99 * GB), memory_limit=8 * GB),
        "It was killed, most likely because it ran out of memory: its peak was 7.99 of 8 GB.",
        Cause.MEMORY,
    ),
    (
        ended(137),
        "It was killed (exit code 137, signal 9, KILL) and LSF does not say by whom.",
        Cause.SIGNAL,
    ),
    (ended(139), "It crashed: segmentation fault (exit code 139, signal 11, SEGV).", Cause.SIGNAL),
    (ended(127), "It did not find its command (exit code 127).", Cause.NOT_FOUND),
    (ended(126), "It could not run its command: not executable (exit code 126).", Cause.NOT_FOUND),
    (ended(138), "It was killed by signal 10 (USR1).", Cause.SIGNAL),
    (ended(255), "It ended with exit code 255.", Cause.EXIT_CODE),
    (ended(3), "It ended with exit code 3.", Cause.EXIT_CODE),
    (lsf_job(exit_code=3, reason="new words."), "It ended with exit code 3 (new words).", Cause.EXIT_CODE),
    (
        lsf_job(exit_code=3, reason="killed: ran out of memory"),
        "It was killed by LSF because it ran out of memory.",
        Cause.MEMORY,
    ),
    (
        ended(143, "TERM_OWNER: job killed by owner"),
        "It was killed with bkill by its owner, not with Batchboard.",
        Cause.KILLED,
    ),
    (ended(130, "TERM_PREEMPT"), "It was preempted by another job.", Cause.QUEUE),
    (ended(None, "TERM_UNHEARD_OF: new words"), "It was ended by LSF: TERM_UNHEARD_OF: new words.", Cause.OTHER),
    (ended(None), "It failed, and LSF does not say why.", Cause.OTHER),
    (
        lsf_job(status=Status.LOST),
        "It is not known to LSF any more: neither bjobs nor bhist tell how it ended.",
        Cause.LOST,
    ),
]


@pytest.mark.parametrize(("shown", "sentence", "cause"), LSF_SAYS)
def test_what_lsf_says_is_a_sentence(shown: LsfJob, sentence: str, cause: Cause) -> None:
    found = of(shown)
    assert (found.sentence, found.cause) == (sentence, cause)


@pytest.mark.parametrize("word", TERMINATIONS)
def test_every_word_of_lsf_has_a_sentence_of_its_own(word: str) -> None:
    found = of(ended(130, f"{word}: in LSF's words"))
    assert word not in found.sentence
    assert word in found.evidence[0]


@pytest.mark.parametrize(
    ("line", "sentence", "cause"),
    [
        ("ValueError: no events.", "It ended with exit code 1; its log says “ValueError: no events”.", Cause.EXIT_CODE),
        ("std::bad_alloc", "It ran out of memory; its log says “std::bad_alloc”.", Cause.MEMORY),
        (
            "ModuleNotFoundError: No module named 'psana'",
            "It did not find what it needs; its log says “ModuleNotFoundError: No module named 'psana'”.",
            Cause.NOT_FOUND,
        ),
    ],
)
def test_the_first_error_of_the_log_tells_more_than_an_exit_code(line: str, sentence: str, cause: Cause) -> None:
    found = of(ended(1), line=line)
    assert (found.sentence, found.cause) == (sentence, cause)


def test_lsfs_word_tells_more_than_the_log() -> None:
    assert of(ended(143, "TERM_RUNLIMIT", run_limit=60.0), line="MemoryError").cause is Cause.RUN_TIME


def test_only_of_a_job_without_a_host_it_is_said_that_it_never_started() -> None:
    unseen = ended(3, started_at=None)
    assert "Never started" in of(unseen).evidence
    assert "Never started" not in of(replace(unseen, host="psana1201")).evidence, "it ran between two looks at it"
    assert "Ran for 10 min" in of(ended(3, host="psana1201")).evidence


def test_a_kill_that_was_asked_for_here_names_who_did() -> None:
    asked: dict[str, Any] = {
        "kill_requested_at": AT + timedelta(minutes=9),
        "kill_requested_by": "ana",
        "kill_answered_at": AT,
    }
    for shown in (ended(130, "TERM_OWNER: job killed by owner"), ended(143)):
        assert of(shown, **asked).sentence == "It was killed by ana with Batchboard."
    assert of(ended(137, "TERM_MEMLIMIT"), **asked).cause is Cause.MEMORY
    late = asked | {"kill_requested_at": AT + timedelta(minutes=11)}
    assert of(ended(143), **late).cause is Cause.SIGNAL


def test_of_several_lsf_jobs_it_is_said_which_failed() -> None:
    several = (lsf_job(lsf_id="1", status=Status.DONE), replace(ended(3), lsf_id="2"), replace(ended(3), lsf_id="3"))
    assert of(*several).sentence == "2 of its 3 LSF jobs failed: 2 ended with exit code 3."
    array = ended(3, elements={"DONE": 7, "EXIT": 3})
    assert of(array).sentence == "3 of its 10 array elements failed: it ended with exit code 3."


@pytest.mark.parametrize(
    ("facts", "sentence", "cause"),
    [
        ({"problem": "not there"}, "The submit script is not there: /x/run.sh.", Cause.SCRIPT),
        ({"problem": "not executable"}, "The submit script is not executable: /x/run.sh.", Cause.SCRIPT),
        (
            {"problem": "interpreter missing: /usr/bin/zsh"},
            "The interpreter of the submit script is missing: /usr/bin/zsh.",
            Cause.SCRIPT,
        ),
        ({"problem": "the disk is odd"}, "The submit script could not be run: the disk is odd.", Cause.SCRIPT),
        (
            {"timed_out": True, "exit_code": -9},
            "The submit script took too long without an LSF ID and was ended.",
            Cause.NOT_SUBMITTED,
        ),
        (
            {"exit_code": 255, "stderr": "loading\nnosuchq: No such queue. Job not submitted.\ncleaning up\n"},
            "LSF's bsub refused the job: “nosuchq: No such queue. Job not submitted”.",
            Cause.NOT_SUBMITTED,
        ),
        (
            {"exit_code": 127, "stderr": "run.sh: 4: bsub: not found\n"},
            "The submit script ended with exit code 127 before it submitted anything: “run.sh: 4: bsub: not found”.",
            Cause.SCRIPT,
        ),
        (
            {"exit_code": 0, "stdout": "nothing to do\n"},
            "The submit script ended well and submitted nothing; it says “nothing to do”.",
            Cause.NOT_SUBMITTED,
        ),
        ({"exit_code": -9}, "The submit script was killed by signal 9 (KILL).", Cause.SCRIPT),
        (
            {"exit_code": 1},
            "The submit script ended with exit code 1 before it submitted anything, and said nothing.",
            Cause.SCRIPT,
        ),
    ],
)
def test_a_script_that_submitted_nothing_is_a_sentence(facts: dict[str, Any], sentence: str, cause: Cause) -> None:
    found = of_script(**facts)
    assert (found.sentence, found.cause) == (sentence, cause)


def test_advice_says_what_to_type_for_a_script_that_cannot_run() -> None:
    assert of_script(problem="not executable").advice[0].text == "chmod +x /x/run.sh"
    assert "bqueues" in of_script(exit_code=255, stderr="q: No such queue. Job not submitted.").advice[0].text


def test_a_cancelled_job_says_so() -> None:
    job = Job(id="a", requested_at=AT, submission=Submission(arguments=()), cancelled_at=AT)
    failure = Failure(job=job, status=Status.EXIT, executable="/x", parameters="")
    assert explain(failure).sentence == "It was cancelled before LSF had it."
    in_doubt = replace(job, kill_requested_at=AT, kill_requested_by="ana")
    assert explain(replace(failure, job=in_doubt)).sentence.startswith(
        "It was cancelled in doubt by ana: LSF may have it"
    )


def test_more_memory_is_offered_where_the_parameters_hold_the_limit() -> None:
    shown = ended(137, "TERM_MEMLIMIT", max_memory=int(7.9 * GB), memory_limit=8 * GB)
    (advice,) = of(shown, parameters="calib -M 8G 3").advice
    assert (advice.text, advice.change) == ("-M 8G: peak was 7.9 of 8 GB.", "-M 12G")
    assert advice.parameters == "calib -M 12G 3"
    (words,) = of(shown, parameters="calib 3").advice
    assert (words.change, words.parameters) == (None, None)
    assert words.text == "Raise the memory limit (bsub -M, and rusage[mem=...] in -R) in /x/run.sh."


def test_more_time_is_offered_where_the_parameters_hold_the_limit() -> None:
    (advice,) = of(ended(140, "TERM_RUNLIMIT", run_limit=1800.0), parameters="-W 30").advice
    assert (advice.text, advice.change, advice.parameters) == ("-W 30: run limit was 30 min.", "-W 60", "-W 60")


def texts(size: int) -> st.SearchStrategy[str]:
    return st.text(max_size=size)


MOMENTS = st.none() | st.datetimes(
    timezones=st.just(UTC), min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)
)
CODES = st.none() | st.integers(-300, 300)
LSF_JOBS = st.builds(
    LsfJob,
    lsf_id=texts(5),
    status=st.sampled_from([*sorted(FAILED - {Status.SUBMIT_FAILED}), Status.DONE]),
    order=st.just((1, 1)),
    as_of=st.just(AT),
    submitted_at=st.just(AT),
    started_at=MOMENTS,
    ended_at=MOMENTS,
    exit_code=CODES,
    reason=st.none() | texts(40) | st.sampled_from(sorted(TERMINATIONS)),
    elements=st.dictionaries(st.sampled_from(["DONE", "EXIT"]), st.integers(0, 9)),
    max_memory=st.none() | st.integers(0, 2**50),
    memory_limit=st.none() | st.integers(0, 2**50),
    run_limit=st.none() | st.floats(0, 1e9),
)
SUBMISSIONS = st.builds(
    Submission,
    arguments=st.just(()),
    ended_at=MOMENTS,
    exit_code=CODES,
    timed_out=st.booleans(),
    problem=st.none() | texts(40),
    stdout=texts(60),
    stderr=texts(60),
)
JOBS = st.builds(
    Job,
    id=st.just("a"),
    requested_at=st.just(AT),
    submission=SUBMISSIONS,
    lsf_jobs=st.lists(LSF_JOBS, max_size=3).map(tuple),
    cancelled_at=MOMENTS,
    kill_requested_at=MOMENTS,
    kill_requested_by=st.none() | texts(8),
    kill_answered_at=MOMENTS,
)


@given(
    job=JOBS,
    status=st.sampled_from(sorted(FAILED)),
    parameters=texts(60) | st.from_regex(r"a? ?(-M|-W) ?[0-9]{0,14}[KMGT]?(B|:[0-9]{2})?", fullmatch=True),
    line=st.none() | texts(300),
)
def test_whatever_failed_gets_one_sentence(job: Job, status: Status, parameters: str, line: str | None) -> None:
    found = explain(Failure(job=job, status=status, executable="/x y", parameters=parameters, error_line=line))
    assert found.sentence.endswith(".") and not found.sentence.endswith("..")
    assert found.sentence.isprintable() and len(found.sentence) <= 402
    assert all(line.strip() for line in found.evidence)
    assert all(one.parameters != parameters for one in found.advice)
