"""A job's numbers over time: bounded and evenly thinned however long it runs, the newest value always told."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.report import Counter, Value
from realtime.domain.series import NAMES, SAMPLES, Line, Series, from_stored, lines, sampled, stored
from realtime.domain.usual import spread

START = datetime(2026, 11, 22, 2, 14, 0, 300_000, tzinfo=UTC)


def counters(at: datetime, **values: Value) -> tuple[Counter, ...]:
    return tuple(Counter(name=name, value=value, at=at.replace(microsecond=0)) for name, value in values.items())


def after(known: Series | None, seconds: float, **values: Value) -> Series | None:
    now = START + timedelta(seconds=seconds)
    return sampled(known, counters(now, **values), now)


def followed(seconds: int) -> Series:
    """A job that posts each second a number that grows by 1."""
    known = None
    for second in range(seconds):
        known = after(known, second, Events=second)
    assert known is not None
    return known


def test_a_report_without_numbers_has_no_series() -> None:
    assert after(None, 0, Phase="indexing", Good=True) is None


def test_a_sample_is_taken_when_it_is_due_and_not_before() -> None:
    first = after(None, 0, Events=1)
    assert first is not None and first.due_at == START.replace(microsecond=0) + timedelta(seconds=1)
    assert after(first, 0.5, Events=2) is first
    second = after(first, 0.8, Events=3)
    assert second is not None and (second.at, second.values) == ((0, 1), {"Events": (1, 3)})


@given(st.integers(1, 3000))
def test_samples_are_bounded_and_stand_evenly_from_the_first_to_the_last(seconds: int) -> None:
    series = followed(seconds)
    assert len(series.at) <= SAMPLES and (seconds < SAMPLES or len(series.at) >= SAMPLES // 2)
    assert series.at[0] == 0 and seconds - 1 - series.at[-1] < series.every
    assert {later - earlier for earlier, later in zip(series.at, series.at[1:], strict=False)} <= {series.every}
    assert series.values["Events"] == series.at, "values stand with their moments"


def test_a_job_of_many_counters_is_followed_in_the_first_ones() -> None:
    series = sampled(None, [Counter(name=f"c{n}", value=n) for n in range(100)], START)
    assert series is not None and list(series.values) == [f"c{n}" for n in range(NAMES)]


def test_a_counter_that_comes_later_or_goes_has_gaps() -> None:
    first = after(None, 0, A=1)
    second = after(first, 1, A=2, B="7/20")
    third = after(second, 2, B="8/20")
    assert third is not None and third.values == {"A": (1, 2, None), "B": (None, 7, 8)}
    newest = counters(START + timedelta(seconds=5), B="9/20")
    a_line, b_line = lines(third, newest)[::-1]
    assert (b_line.name, b_line.of, [value for _, value in b_line.points]) == ("B", 20, [7, 8, 9])
    assert (a_line.name, a_line.of, [value for _, value in a_line.points]) == ("A", None, [1, 2])


def test_the_newest_value_is_the_counters_own_once() -> None:
    known = after(None, 0, Rate="12.5 %")
    at = START.replace(microsecond=0)
    same = Line(name="Rate", percent=True, of=None, points=((at, 12.5),))
    assert lines(known, counters(START, Rate="12.5 %")) == [same]
    (within,) = lines(known, counters(START, Rate="13 %"))
    assert within.points == ((at, 13),), "changed within the second of the sample"
    (later,) = lines(known, counters(START + timedelta(seconds=9), Rate="14 %"))
    assert later.points == ((at, 12.5), (at + timedelta(seconds=9), 14))


def test_a_counter_that_was_never_sampled_has_its_one_point_and_a_text_none() -> None:
    found = lines(None, counters(START, Events=7, Phase="merging"))
    assert [(line.name, len(line.points)) for line in found] == [("Events", 1)]


@given(st.integers(0, 300))
def test_a_series_is_read_as_it_was_stored(seconds: int) -> None:
    series = followed(seconds + 1)
    assert from_stored(stored(series)) == series


def test_a_clock_that_goes_back_spoils_nothing() -> None:
    known = after(None, 10, Events=1)
    assert after(known, 0, Events=2) is known


def test_what_is_usual_lies_between_a_tenth_and_nine_tenths() -> None:
    assert spread([]) is None
    found = spread([float(second) for second in range(100, -1, -1)])
    assert found is not None and (found.low, found.median, found.high) == (10, 50, 90)
    alone = spread([7.0])
    assert alone is not None and (alone.low, alone.median, alone.high) == (7, 7, 7)
