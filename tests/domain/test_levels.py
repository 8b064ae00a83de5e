"""What is counted over time: averages of levels, what ended in each step, and the trend."""

import random
from collections.abc import Sequence

import pytest

from realtime.domain.counter_by_run import by_run
from realtime.domain.levels import (
    AT_MOST,
    Events,
    Happened,
    Steps,
    cumulated,
    ended_in,
    level,
    quantile,
    steps_of,
    trend,
)

HOUR = 3600


def happened(steps: Steps, times: Sequence[float]) -> Events:
    """As the database counts them."""
    events: dict[int, Happened] = {}
    for time in times:
        step = max(int(time // steps.step), steps.first - 1)
        known = events.get(step, Happened(count=0, times=0))
        events[step] = Happened(count=known.count + 1, times=known.times + time)
    return events


@pytest.mark.parametrize("hours", [0, 1 / 60, 1, 12, 24, 24 * 20, 24 * 4000])
def test_a_span_is_cut_at_round_times_into_few_enough_steps(hours: float) -> None:
    to = 1_763_850_817.7
    steps = steps_of(to - hours * HOUR, to)
    assert 1 <= steps.count <= AT_MOST
    assert steps.begins[0] <= to - hours * HOUR < steps.begins[0] + steps.step
    assert steps.begins[-1] <= to < steps.begins[-1] + steps.step
    assert all(begin % steps.step == 0 for begin in steps.begins)


def test_a_level_is_the_average_over_a_step_and_at_last_what_is_now() -> None:
    steps = Steps(first=10, count=3, step=100, to=1250)
    rises, falls = happened(steps, [500, 1025, 1210]), happened(steps, [1075, 1240])
    assert level(steps, [rises], [falls]) == [1.5, 1.0, 1]


def test_levels_are_those_of_the_jobs_themselves() -> None:
    dice = random.Random(4)
    steps = Steps(first=20, count=30, step=60, to=20 * 60 + 29 * 60 + 25)
    jobs = [(start, start + dice.uniform(0, 500)) for start in (dice.uniform(0, 4000) for _ in range(300))]
    jobs = [(start, min(end, steps.to)) for start, end in jobs if start < steps.to]
    rises = happened(steps, [start for start, _ in jobs])
    falls = happened(steps, [end for _, end in jobs if end < steps.to])
    found = level(steps, [rises], [falls])
    for begin, value in zip(steps.begins[:-1], found[:-1], strict=True):
        end = begin + 60
        assert value == pytest.approx(sum(max(0, min(b, end) - max(a, begin)) for a, b in jobs) / 60, abs=0.01)
    assert found[-1] == sum(b >= steps.to for _, b in jobs)


def test_what_comes_after_the_span_belongs_to_its_last_step() -> None:
    steps = Steps(first=10, count=2, step=100, to=1150)
    events = happened(steps, [3, 1001, 1002, 1120, 1990])
    assert ended_in(steps, [events]) == [2, 2]
    assert cumulated(steps, events) == [3, 5]
    assert level(steps, [events], [])[-1] == 5


@pytest.mark.parametrize(
    ("behind", "expected"),
    [([0, 0, 0], "steady"), ([4, 4, 5], "steady"), ([9, 4, 6], "growing"), ([3, 6, 4], "shrinking"), ([5], "steady")],
)
def test_the_trend_is_that_of_an_hour(behind: list[int], expected: str) -> None:
    steps = Steps(first=0, count=len(behind), step=HOUR, to=len(behind) * HOUR)
    assert trend(steps, behind) == expected


def test_a_quantile_stands_between_two_values() -> None:
    assert [quantile([1, 2, 3, 4], share) for share in (0, 0.5, 0.75, 1)] == [1, 2.5, 3.25, 4]
    assert quantile([7], 0.95) == 7


def test_counters_that_hold_numbers_are_offered_and_those_that_count_up_come_last() -> None:
    said = '[{"name":"Steps","value":"7/20"},{"name":"Phase","value":"merge"},{"name":"Hits","value":"12.4 %"}]'
    found = by_run([(2, "b", "RUN", said), (1, "a", "DONE", '[{"name":"Hits","value":"bad"}]')], None)
    assert (found.counter, found.counters) == ("Hits", ["Steps", "Hits"])
    assert [(point.run, point.value, point.text) for point in found.points] == [(1, None, "bad"), (2, 12.4, "12.4 %")]
    assert by_run([(2, "b", "RUN", said)], "Steps").points[0].value == 7
    assert by_run([(1, "a", "DONE", "[]")], None).counter is None
