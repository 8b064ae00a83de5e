"""How many there were over time: a span cut into steps, and what is counted in each of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

Trend = Literal["growing", "steady", "shrinking"]

AT_MOST = 400
"""Steps of one span."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_ROUND = (
    *(10, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 4 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY),
)
TREND_OVER = _HOUR
TREND_FROM = 2
"""So many more or fewer than an hour ago are a trend: one run more is there with every run that begins."""


@dataclass(frozen=True, kw_only=True)
class Steps:
    """A span cut at round times. All times are seconds since 1970; the last step ends at `to`, early."""

    first: int
    """the first step is [first x step, (first + 1) x step)"""
    count: int
    step: int
    to: float

    @property
    def begins(self) -> list[int]:
        """When each step begins."""
        return [(self.first + n) * self.step for n in range(self.count)]

    def within(self, step: int) -> int:
        """The place of a step in the span; what is later than the span belongs to its last step."""
        return min(step - self.first, self.count - 1)


@dataclass(frozen=True, kw_only=True)
class Happened:
    """How many happened in a step, and the sum of their times."""

    count: int
    times: float


Events = Mapping[int, Happened]
"""step -> what happened in it; all before the span stands at the step before its first"""


def steps_of(since: float, to: float) -> Steps:
    """The span from `since` to `to` in as fine round steps as there may be."""
    least = max(to - since, 1) / (AT_MOST - 1)
    step = next((size for size in _ROUND if size >= least), _DAY * ceil(least / _DAY))
    first = int(since // step)
    return Steps(first=first, count=max(1, int(to // step) - first + 1), step=step, to=to)


def level(steps: Steps, rises: Sequence[Events], falls: Sequence[Events]) -> list[float]:
    """How many there were on average in each step; in the last one, how many there are at its end."""
    held = 0
    found = []
    for n, begins in enumerate([(steps.first - 1) * steps.step, *steps.begins]):
        ends = min(begins + steps.step, steps.to)
        signed = [(1, events) for events in rises] + [(-1, events) for events in falls]
        average = float(held)
        for sign, events in signed:
            for happened in _of(steps, events, n - 1):
                held += sign * happened.count
                average += sign * (happened.count * ends - happened.times) / max(ends - begins, 1)
        found.append(round(max(average, 0), 2))
    return [*found[1:-1], max(held, 0)]


def _of(steps: Steps, events: Events, n: int) -> Iterable[Happened]:
    if n < steps.count - 1:
        return [events[steps.first + n]] if steps.first + n in events else []
    return [happened for step, happened in events.items() if steps.within(step) == n]


def ended_in(steps: Steps, events: Sequence[Events]) -> list[int]:
    """How many happened in each step."""
    counts = [0] * steps.count
    for each in events:
        for step, happened in each.items():
            if step >= steps.first:
                counts[steps.within(step)] += happened.count
    return counts


def cumulated(steps: Steps, events: Events) -> list[int]:
    """How many had happened at the end of each step."""
    total = sum(happened.count for step, happened in events.items() if step < steps.first)
    found = []
    for count in ended_in(steps, [events]):
        total += count
        found.append(total)
    return found


def trend(steps: Steps, behind: Sequence[int]) -> Trend:
    """Whether the last number is another one than an hour ago, or at the beginning of a shorter span."""
    hour = min(max(1, ceil(TREND_OVER / steps.step)), len(behind) - 1)
    change = behind[-1] - behind[-1 - hour]
    if abs(change) < TREND_FROM:
        return "steady"
    return "growing" if change > 0 else "shrinking"


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of numbers in order, at least one: the one below which that share of them is, between two of them if need be."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
