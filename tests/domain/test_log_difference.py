"""Where two logs part."""

from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.log_difference import LogDifference, LogPlace, ReadLog, log_difference

REPORT = b"""Sender: LSF System <lsf@psana1201>
Subject: Job 7: <hungry> in cluster <x> Exited

The output (if any) follows:

"""
THIS = b"""Sun Nov 22 02:14:01 2026 begin on psana1201
Run 12, job 731886
progress 0.5 in 3.2e-4 s at 02:14:07
Error: no geometry
"""
THAT = b"""Mon Nov 23 12:00:59 2026 begin on psana1417
Run 7, job 9
progress 0.7 in 1e+3 s at 12:01:00
wrote 81 images
"""


def test_numbers_times_hosts_and_ids_never_part_two_logs() -> None:
    found = log_difference(ReadLog(content=THIS, own=["psana1201"]), ReadLog(content=THAT, own=["psana1417"]))
    assert found == LogDifference(
        this=LogPlace("Error: no geometry", THIS.index(b"Error")),
        that=LogPlace("wrote 81 images", THAT.index(b"wrote")),
        same_lines=3,
    )


def test_lsfs_report_before_or_after_the_output_is_no_part_of_it() -> None:
    before = ReadLog(content=REPORT + b"same\nother\n")
    after = ReadLog(content=b"same\nbad\n\n" + b"-" * 60 + b"\n" + REPORT.replace(b"The output", b"Not the output"))
    found = log_difference(before, after)
    assert (found.this, found.that) == (LogPlace("other", len(REPORT) + 5), LogPlace("bad", 5))


def test_a_log_that_ends_before_the_other_one_has_no_line_there() -> None:
    found = log_difference(ReadLog(content=b"a b\n"), ReadLog(content=b"a b\nmore words\n"))
    assert (found.this, found.that) == (None, LogPlace("more words", 4))


def test_where_a_log_was_not_read_on_nothing_is_said() -> None:
    found = log_difference(ReadLog(content=b"one\ntwo\nthr", whole=False), ReadLog(content=b"one\ntwo\nthree\nfour\n"))
    assert found == LogDifference(this=None, that=None, same_lines=2)


def test_colours_and_carriage_returns_are_no_difference() -> None:
    found = log_difference(ReadLog(content=b"\x1b[31mred\x1b[0m\r\nx one\n"), ReadLog(content=b"red\nx two\n"))
    assert found.this == LogPlace("x one", 14)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_two_logs_are_compared_alike_from_both_sides(one: bytes, other: bytes) -> None:
    found = log_difference(ReadLog(content=one), ReadLog(content=other))
    back = log_difference(ReadLog(content=other), ReadLog(content=one))
    assert (found.this, found.that, found.same_lines) == (back.that, back.this, back.same_lines)
    same = log_difference(ReadLog(content=one), ReadLog(content=one))
    assert (same.this, same.that) == (None, None)
