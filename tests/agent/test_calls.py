"""What each answer of bsub is worth: every recorded one, and those that people have reported."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsf_agent.lsf.bsub import ids_in
from lsf_agent.submission.calls import SLOW, Answer, Call, answer, needs_asking, unnoted

from .recorded import FOLDER, golden, names

CALLED = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TAG = "bb.main.6921c2d1a0b1c2d3e4f50617.1"

REFUSED = {
    *("W_exceeds", "as_root", "bad_W", "bad_host", "bad_opt", "bad_queue", "bad_resreq", "bad_resreq2", "cwd"),
    *("denied_queue", "empty_stdin", "oversize", "too_many"),
}
SILENT = {"bsub_V", "ntries1_bsub", "mbd_down_bsub", "mbd_stopped_bsub", "all_down_bsub", "lim_stopped_bsub"}
RECORDED = [*names("bsub_*"), *names("esub_*"), *names("[!d]*_bsub"), *names("dup_single_*")]


def recorded(name: str) -> Call:
    seconds = re.search(r"elapsed=([\d.]+)s", (FOLDER / f"{name}.txt").read_text())
    assert seconds
    told = golden(name)
    return call(told.code, told.stdout, told.stderr, float(seconds[1]))


def call(
    exit_code: int | None = 0, stdout: str = "", stderr: str = "", seconds: float = 0.1, tag: str | None = TAG
) -> Call:
    return Call(
        number=1,
        tag=tag,
        name=None,
        called_at=CALLED,
        ended_at=None if exit_code is None else CALLED + timedelta(seconds=seconds),
        exit_code=exit_code,
        stdout=stdout,
        stderr=stderr,
    )


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_answer_is_worth_what_became_of_its_job(name: str) -> None:
    if name in SILENT or name == "dup_single_bsub_timeout25":
        expected = Answer.NONE
    elif name.removeprefix("bsub_") in REFUSED or name in ("esub_reject", "no_envdir_bsub"):
        expected = Answer.REFUSED
    else:
        expected = Answer.TOLD
    assert answer(recorded(name)) is expected
    assert needs_asking(recorded(name)) == (expected is Answer.NONE)


def test_the_three_jobs_of_one_bsub_were_recorded_after_an_answer_that_is_asked_about() -> None:
    doubles = (FOLDER / "dup_result_three_jobs_from_one_bsub.txt").read_text()
    assert doubles.count("dupprobe_30584") == 3
    assert needs_asking(recorded("dup_single_bsub_timeout25"))


LINE = "Job <123> is submitted to queue <psanaq>.\n"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (call(0, LINE), Answer.TOLD),
        (call(1, LINE, "esub: see you\n"), Answer.TOLD),
        (call(-15, LINE), Answer.TOLD),
        (call(0, "", LINE), Answer.TOLD),
        (call(0, LINE, seconds=8.0), Answer.TOLD_LATE),
        (call(0, f"Cannot connect to LSF. Please wait ...\n{LINE}"), Answer.TOLD_LATE),
        (call(0, LINE, "batch system daemon not responding ... still trying\n"), Answer.TOLD_LATE),
        (call(None, LINE), Answer.TOLD_LATE),
        (call(None), Answer.NONE),
        (call(None, stderr="nosuchq: No such queue. Job not submitted.\n"), Answer.NONE),
        (call(0), Answer.NONE),
        (call(0, "Verifying job submission parameters...\n"), Answer.NONE),
        (call(255), Answer.NONE),
        (call(-9), Answer.NONE),
        (call(255, stderr="Failed in an LSF library call: Communication time out. Job not submitted.\n"), Answer.NONE),
        (call(255, stderr="Failed in sending/receiving a message: Connection reset by peer\n"), Answer.NONE),
        (call(1, "no allocation for this project\n"), Answer.NONE),
        (call(1, "Batch job not submitted. Please address the following\n"), Answer.REFUSED),
        (call(255, stderr="Request aborted by esub. Job not submitted.\n"), Answer.REFUSED),
        (call(2, stderr="bsub: invalid option -- 'y'\nUsage: bsub [options] command\n"), Answer.REFUSED),
        (call(127, stderr="bsub: command not found\n"), Answer.REFUSED),
        (call(0, stderr="Job not submitted.\n"), Answer.NONE),
    ],
)
def test_only_an_id_told_at_once_and_a_refusal_in_words_settle_a_call(made: Call, expected: Answer) -> None:
    assert answer(made) is expected


def test_a_bsub_that_stays_for_its_job_has_told_the_id_when_it_was_first_noted() -> None:
    stayed = call(3, LINE, "<<Waiting for dispatch ...>>\n<<Job is finished>>\n", seconds=4000)
    assert answer(stayed) is Answer.TOLD_LATE, "nothing says that the id came early"
    noted = Call(
        number=1, tag=TAG, name=None, called_at=CALLED, told_at=CALLED + timedelta(seconds=1), stdout=stayed.stdout
    )
    assert answer(noted) is Answer.TOLD


def test_doubles_of_a_job_without_a_tag_cannot_be_looked_for() -> None:
    assert needs_asking(call(0, LINE, seconds=30))
    assert not needs_asking(call(0, LINE, seconds=30, tag=None))
    assert needs_asking(call(255, tag=None)), "but that it is unknown must be told"


def test_a_call_past_the_shim_is_known_by_the_silence_in_the_output_of_the_script() -> None:
    assert unnoted(CALLED, golden("mbd_stopped_bsub").text)
    assert unnoted(CALLED, golden("bsub_bad_queue").text) is None
    assert unnoted(CALLED, f"Cannot connect to LSF. Please wait ...\n{LINE}") is None
    assert unnoted(CALLED, "hello\n") is None


words = st.lists(
    st.sampled_from(
        [LINE, "not submitted", "still trying\n", "usage: x\n", "Job <", "\n", "Job <0> is submitted to queue"]
    )
    | st.text(max_size=20)
).map("".join)


@given(st.none() | st.integers(-15, 255), words, words, st.floats(0, 100))
def test_whatever_bsub_says_an_answer_without_an_id_is_never_taken_for_a_job(
    code: int | None, stdout: str, stderr: str, seconds: float
) -> None:
    made = call(code, stdout, stderr, seconds)
    told = answer(made) in (Answer.TOLD, Answer.TOLD_LATE)
    assert told == bool(ids_in(f"{stdout}\n{stderr}\n"))
    if answer(made) is Answer.REFUSED:
        assert code, "a refusal has an exit code"
    if answer(made) is Answer.TOLD:
        assert code is not None and timedelta(seconds=seconds) < SLOW
