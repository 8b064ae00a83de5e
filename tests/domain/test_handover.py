"""What is handed over to the next shift, as Markdown."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.handover import Applied, Done, HashOfShift, JobOfShift, RunNote, Shift, escaped, markdown

PARIS = ZoneInfo("Europe/Paris")
BEGIN = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
END = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def job(run: int, name: str = "calib", sentence: str = "It ran out of memory.") -> JobOfShift:
    return JobOfShift(job=f"{run:024x}", run=run, hash=name, status="EXIT", at=BEGIN, sentence=sentence)


def shift(**values: Any) -> Shift:
    nothing: dict[str, Any] = {
        "experiment": "xppx12345",
        "begin": BEGIN,
        "end": END,
        **dict.fromkeys(("runs", "unprocessed", "notes", "hashes", "failed", "running", "pending"), ()),
        **dict.fromkeys(("failed_count", "again", "running_count", "pending_count", "activity_count"), 0),
        **dict.fromkeys(("applied", "activity", "trouble"), ()),
    }
    return Shift(**nothing | values)


def test_a_shift_is_told_with_everything_the_next_one_needs() -> None:
    failed = [job(1), job(2), job(3, "index"), job(9), job(5, "index", "It ended with exit code 1.")]
    told = shift(
        runs=[1, 2, 3, 4, 5, 9],
        unprocessed=[5, 9],
        notes=[RunNote(run=4, comment="beam | unstable\nagain", tags=["dark", "keep"])],
        hashes=[HashOfShift(name="calib_v1", done=3, failed=3, running=1, pending=0)],
        failed=failed,
        failed_count=5,
        again=1,
        running=[job(4)],
        running_count=1,
        pending=[job(6), job(7)],
        pending_count=2,
        applied=[Applied(by="mona", times=1)],
        activity=[
            Done(at=BEGIN, by="mona", text="killed calib on run 4"),
            Done(at=END, by="opr", text="changed hash calib: parameters *bold*"),
        ],
        activity_count=5,
        trouble=["LSF has not answered since 03:10 (default)."],
    )
    assert markdown(told, PARIS) == (
        "# xppx12345: 22 Nov 2026, 21:00 to 23 Nov 05:00 CET\n\n"
        "## Runs\n\n6 runs taken: 1-5, 9. 4 processed, 2 not: 5, 9.\n\n"
        "| Run | Tags | Comment |\n| --- | --- | --- |\n| 4 | dark, keep | beam \\| unstable again |\n\n"
        "## Jobs\n\n| Hash | Done | Failed | Running | Pending |\n| --- | --- | --- | --- | --- |\n"
        "| calib_v1 | 3 | 3 | 1 | 0 |\n\n"
        "## Failed\n\n5 jobs failed.\n\n"
        "- 4 x It ran out of memory: runs 1-3, 9 (calib, index)\n"
        "- 1 x It ended with exit code 1: run 5 (index)\n\n"
        "1 job more failed and was made again since.\n\n"
        "## Still running\n\n1 job.\n\n- 1 x calib: run 4\n\n"
        "## Still pending\n\n2 jobs.\n\n- 2 x calib: runs 6-7\n\n"
        "## Trouble\n\n- LSF has not answered since 03:10 (default).\n\n"
        "## What people did\n\n- mona applied hashes 1 time\n- 3 changes before these\n"
        "- 21:00 mona killed calib on run 4\n"
        "- 23 Nov 05:00 opr changed hash calib: parameters \\*bold\\*\n"
    )


def test_a_shift_without_anything_says_so() -> None:
    assert markdown(shift(), UTC) == (
        "# xppx12345: 22 Nov 2026, 20:00 to 23 Nov 04:00 UTC\n\n"
        "## Runs\n\nNo run was taken.\n\n## Jobs\n\nNo job ended, and none is under way.\n"
    )


def test_both_zones_are_named_when_the_clocks_change_within_it() -> None:
    told = shift(begin=datetime(2026, 10, 25, 0, 0, tzinfo=UTC), end=datetime(2026, 10, 25, 8, 0, tzinfo=UTC))
    assert markdown(told, PARIS).startswith("# xppx12345: 25 Oct 2026, 02:00 to 09:00 CEST / CET\n")


def test_a_zone_without_letters_is_told_from_utc() -> None:
    assert "20:00 UTC+03\n" not in markdown(shift(), UTC)
    assert " UTC+08\n" in markdown(shift(), ZoneInfo("Asia/Singapore"))


def test_peaks_of_memory_make_no_causes_of_their_own() -> None:
    failed = [job(run, sentence=f"It ran out of memory: its peak was 7.9{run} of 8 GB.") for run in (1, 2)]
    text = markdown(shift(failed=failed, failed_count=2), UTC)
    assert "- 2 x It ran out of memory: its peak was … of 8 GB: runs 1-2 (calib)" in text
    alone = markdown(shift(failed=failed[:1], failed_count=1), UTC)
    assert "its peak was 7.91 of 8 GB: run 1 (calib)" in alone


def test_what_is_cut_is_counted() -> None:
    failed = [job(run, f"h{run:02}", f"why {run}.") for run in range(50)]
    text = markdown(shift(failed=failed, failed_count=60), UTC)
    assert "60 jobs failed. The first 50 of them by cause:" in text
    assert "- and 10 more causes" in text
    many = markdown(shift(failed=[job(run, f"h{run}") for run in range(6)], failed_count=6), UTC)
    assert "(h0, h1, h2, h3 and 2 more)" in many


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("TERM_MEMLIMIT", "TERM_MEMLIMIT"),
        ("_slanted_ *bold*", "\\_slanted\\_ \\*bold\\*"),
        ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
        ("[click](javascript:x)", "\\[click\\](javascript:x)"),
        ("a\n# b", "a \\# b"),
        ("`x` | &amp; ~y~ \\", "\\`x\\` \\| \\&amp; \\~y\\~ \\\\"),
    ],
)
def test_what_people_wrote_stays_text(text: str, told: str) -> None:
    assert escaped(text) == told


@given(st.text())
def test_whatever_is_written_stays_on_its_line_and_marks_nothing(text: str) -> None:
    told = markdown(shift(notes=[RunNote(run=1, comment=text, tags=[])], runs=[1]), UTC)
    assert len(told.splitlines()) == len(
        markdown(shift(notes=[RunNote(run=1, comment="", tags=[])], runs=[1]), UTC).splitlines()
    )
    assert re.findall(r"(?<!\\)(?:\\\\)*[`*<>\[\]]", escaped(text)) == []
