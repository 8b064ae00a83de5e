"""What the commands print, held against recordings: the same facts make the same text."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lsf_agent.embedded import delivery, longform, looking
from lsf_agent.embedded.config import Config
from lsf_agent.embedded.events import Ended, Event, Killed, Started, Submission, Submitted
from lsf_agent.embedded.jobs import Book
from lsf_agent.embedded.spec import End, Spec
from lsf_agent.embedded.standing import Standing
from lsf_agent.embedded.view import View
from tests.embedded import golden

AT = datetime(2026, 11, 22, 8, 7, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _place(utc: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time zone and the home directory of the recordings."""
    monkeypatch.setattr(delivery, "home", lambda: "/home/lsfuser")
    monkeypatch.setattr(longform, "home", lambda: "/home/lsfuser")


def submission(command: str, name: str | None = None, **rest: Any) -> Submission:
    """As lsfuser submitted it on host vm."""
    asked = Submission(
        command=command,
        script=command,
        shell="/bin/sh",
        job_name=name or command,
        queue="psanaq",
        user="lsfuser",
        host="vm",
        cwd="/home/lsfuser",
        umask=0o022,
        token=command,
        out="/home/lsfuser/%J.out",
    )
    return replace(asked, **rest)


def submitted(job_id: int, asked: Submission, at: datetime = AT) -> Submitted:
    return Submitted(id=job_id, at=at, submission=asked)


def started(job_id: int, index: int = 0, at: datetime = AT) -> Started:
    return Started(id=job_id, index=index, at=at)


def ended(job_id: int, code: int, pid: int, index: int = 0, at: datetime = AT) -> Ended:
    return Ended(id=job_id, index=index, at=at, exit=code, reason=None, pid=pid)


def view(*events: Event, now: datetime = AT, pid: int | None = None, peak: int | None = None, **settings: Any) -> View:
    """What the commands see after some events."""
    book = Book()
    for event in events:
        book.apply(event)
    return View(
        book=book,
        now=now,
        config=Config(**settings),
        user="lsfuser",
        host="vm",
        standing=Standing(),
        pid=lambda key: pid,
        peak=lambda key: peak,
    )


ELEMENT = "echo $LSB_JOBID $LSB_JOBINDEX $LSB_BATCH_JID; sleep 15; exit $LSB_JOBINDEX"
LONG_NAME = (
    "averyveryverylongjobname_exp_xppx12345_run_0001_hash_abcdef_with_more_text_to_wrap_the_line_at_eighty_columns"
)
LISTED = (
    submitted(2, submission("sleep 120", "my job name with spaces")),
    started(2),
    submitted(3, submission("sleep 120", queue="normal")),
    started(3),
    submitted(4, submission(ELEMENT, "arr", queue="normal", indices=(1, 2, 3))),
    started(4, 1),
    started(4, 2),
    started(4, 3),
    submitted(11, submission("true", queue="normal")),
    submitted(20, submission("echo hello; exit 4")),
    started(20),
    submitted(21, submission("sleep 120", LONG_NAME)),
    started(21),
)


@pytest.mark.parametrize(("recording", "options"), [("bjobs", []), ("bjobs_w", ["-w"])])
def test_the_table_of_bjobs_has_lsfs_columns_and_cuts_what_is_long(recording: str, options: list[str]) -> None:
    answer = looking.bjobs(options, view(*LISTED))
    recorded = golden.read(recording)
    assert (sorted(answer.out.splitlines()), answer.err, answer.code) == (sorted(recorded.stdout.splitlines()), "", 0)
    assert answer.out.splitlines()[0] == recorded.stdout.splitlines()[0]


def test_a_job_id_of_more_than_seven_digits_is_cut_on_the_left_but_not_with_w() -> None:
    seen = view(submitted(123456789, submission("true")))
    assert looking.bjobs([], seen).out.splitlines()[1].startswith("3456789 lsfuser")
    assert looking.bjobs(["-w"], seen).out.splitlines()[1].startswith("123456789 lsfuser")


def test_times_are_shown_in_the_time_zone_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    assert looking.bjobs([], view(*LISTED)).out.splitlines()[1].endswith("Nov 22 17:07")


def test_the_reason_is_below_a_pending_job_with_p() -> None:
    begin = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    asked = submission("true", begin_at=begin)
    seen = view(submitted(25, asked, AT + timedelta(minutes=1)), now=AT + timedelta(minutes=1))
    assert looking.bjobs(["-p", "25"], seen).out == golden.read("bjobs_p").stdout


def test_the_unformatted_text_of_a_running_job() -> None:
    seen = view(*LISTED)
    assert looking.bjobs(["-UF", "2"], seen).out == golden.read("bjobs_UF_run").stdout


def test_the_unformatted_text_of_a_pending_job_tells_why() -> None:
    begin = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    at = datetime(2026, 11, 22, 8, 8, 28, tzinfo=UTC)
    seen = view(submitted(25, submission("true", begin_at=begin), at), now=at)
    assert looking.bjobs(["-UF", "25"], seen).out == golden.read("bjobs_l_pend").stdout


EXIT7 = (
    submitted(13, submission("echo to-stdout; echo to-stderr >&2; exit 7")),
    started(13),
    ended(13, 7, 17197),
)


def test_the_unformatted_text_of_a_failed_job_tells_the_exit_code() -> None:
    recorded = golden.read("bjobs_l_exit7").stdout
    newer = recorded.replace(
        "Started on <vm>,", "Started 1 Task(s) on Host(s) <vm>, Allocated 1 Slot(s) on Host(s) <vm>,"
    )
    assert newer != recorded
    assert looking.bjobs(["-UF", "13"], view(*EXIT7)).out == newer


def test_the_long_text_is_the_unformatted_one_wrapped_at_80_columns() -> None:
    seen = view(*LISTED)
    long = looking.bjobs(["-l", "2"], seen).out
    assert max(map(len, long.splitlines())) <= 79
    unwrapped = re.sub(r"\n {21}", "", long).replace(" ", "")
    assert unwrapped == looking.bjobs(["-UF", "2"], seen).out.replace(" ", "")


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("a" * 78, ["a" * 78]),
        ("a" * 79, ["a" * 79, " " * 21]),
        ("a" * 80, ["a" * 79, " " * 21 + "a"]),
        ("a" * 79 + " b", ["a" * 79, " " * 21 + "b"]),
        ("a" * 79 + "b" * 59, ["a" * 79, " " * 21 + "b" * 58, " " * 21 + "b"]),
    ],
)
def test_lines_are_wrapped_after_79_columns_and_a_blank_there_is_lost(line: str, lines: list[str]) -> None:
    assert longform.wrap(line) == "\n".join(lines)


def history(recording: str, seen: View, *words: str) -> tuple[str, str]:
    """What bhist says, and what was recorded."""
    return looking.bhist(list(words), seen).out, golden.read(recording).stdout


def test_the_history_of_a_failed_job() -> None:
    said, recorded = history("bhist_l_exit", view(*EXIT7), "-l", "13")
    assert said == recorded


def test_the_history_of_a_running_job() -> None:
    at = datetime(2026, 11, 22, 8, 8, 13, tzinfo=UTC)
    said, recorded = history("bhist_l_run", view(*LISTED, now=at, pid=17014), "-l", "2")
    assert said == recorded


def test_the_history_of_a_job_that_is_being_killed() -> None:
    at = datetime(2026, 11, 22, 8, 8, 14, tzinfo=UTC)
    asked = submission("for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; echo err $i >&2; sleep 2; done", "busy")
    kill = Killed(id=24, index=0, at=at + timedelta(seconds=8), signals=("INT", "TERM", "KILL"), reason="TERM_OWNER")
    seen = view(submitted(24, asked, at), started(24, 0, at), kill, now=at + timedelta(seconds=14), pid=17891)
    said, recorded = history("bhist_l_killed", seen, "-l", "24")
    assert said == recorded


def test_the_history_of_an_array_has_all_elements() -> None:
    asked = submission(ELEMENT, "arr", queue="normal", indices=(1, 2, 3), out="/home/lsfuser/%J.37034733027ut")
    end = AT + timedelta(seconds=15)
    events: list[Event] = [submitted(4, asked)]
    for index in (1, 2, 3):
        events += [started(4, index), ended(4, index, 17047 + index, index, end)]
    said, recorded = history("bhist_l_array", view(*events, now=end), "-l", "4")
    assert said == recorded


def test_the_history_wraps_inside_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(longform, "home", lambda: "/home/volclava")
    at = datetime(2026, 11, 22, 8, 10, 43, tzinfo=UTC)
    asked = submission("sleep 100", queue="adminq", user="volclava", cwd="/home/volclava", out="/dev/null")
    begun = started(32, 0, at + timedelta(seconds=2))
    seen = view(submitted(32, asked, at), begun, now=at + timedelta(seconds=3), pid=19798)
    said, recorded = history("bhist_other_user", seen, "-l", "32")
    assert said == recorded


def test_the_short_history_has_the_seconds_in_each_status() -> None:
    now = AT + timedelta(seconds=43)
    quick = submission("env", 'x"y;z')
    seen = view(*LISTED[:4], *EXIT7, submitted(14, quick), started(14), ended(14, 0, 1), now=now)
    said, recorded = history("bhist_many", seen, "2", "3", "13", "14")
    assert said == recorded


def test_bhist_says_on_stdout_that_it_knows_no_such_job() -> None:
    answer, recorded = looking.bhist(["999999"], view()), golden.read("bhist_unknown")
    assert (answer.out, answer.err, answer.code) == (recorded.stdout, recorded.stderr, recorded.code)


def test_after_the_clean_period_only_bhist_knows_a_job() -> None:
    later = AT + timedelta(hours=2)
    seen = view(*EXIT7, now=later)
    answer, recorded = looking.bjobs(["13"], seen), golden.read("clean_bjobs_gone")
    assert (answer.out, answer.err, answer.code) == (recorded.stdout, recorded.stderr, recorded.code)
    assert looking.bjobs(["-a"], seen).err == "No job found\n"
    said, recorded_history = history("clean_bhist_gone", seen, "-l", "13")
    assert said == recorded_history


def report(label: str, command: str, name: str, code: int, cpu: float) -> str:
    spec = Spec(
        label=label,
        name=name,
        script=command,
        shell="/bin/sh",
        user="lsfuser",
        queue="psanaq",
        host="vm",
        cwd="/home/lsfuser",
        umask=0o022,
        environment={},
        stdin=None,
        out="x",
        out_appends=True,
        err=None,
        err_appends=True,
        mailed=False,
        pre=None,
        post=None,
    )
    end = End(exit=code, reason=None, cpu=cpu, pid=1, started_at=AT, ended_at=AT)
    return delivery.report(spec, end, "/home/lsfuser")


@pytest.mark.parametrize(
    ("recording", "label", "command", "name", "code"),
    [
        ("output_file_13_exit7", "13", "echo to-stdout; echo to-stderr >&2; exit 7", None, 7),
        ("output_file_14_env", "14", "env", 'x"y;z', 0),
        ("output_file_16_noexec", "16", "/no/such/script arg", None, 127),
    ],
)
def test_the_report_above_the_output(recording: str, label: str, command: str, name: str | None, code: int) -> None:
    recorded = golden.read(recording).stdout.replace("volclava@", "batchboard@")
    above = recorded.partition("follows:\n\n")[0] + "follows:\n\n"
    assert report(label, command, name or command, code, 0.02) == above


def test_a_kill_is_told_in_the_report() -> None:
    end = End(exit=130, reason="TERM_OWNER: job killed by owner", cpu=0, pid=1, started_at=AT, ended_at=AT)
    assert delivery.outcome(end) == "TERM_OWNER: job killed by owner.\nExited with exit code 130."
