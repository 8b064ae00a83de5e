"""A counter of a hash over its runs, from the reports of its jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from realtime.domain.measure import measure
from realtime.domain.values import value_text


@dataclass(frozen=True, kw_only=True)
class Point:
    """What a job says of it."""

    run: int
    job: str
    status: str
    text: str
    value: float | None
    percent: bool


@dataclass(frozen=True, kw_only=True)
class ByRun:
    """`counters`: names that hold numbers, in the order they came up; `points`: the oldest run first."""

    counter: str | None
    counters: list[str]
    points: list[Point]


def by_run(reported: Sequence[tuple[int, str, str, str]], counter: str | None) -> ByRun:
    """Of reports (run, job, status, counters as JSON), the newest run first. A counter that is left out is the first
    that holds numbers; one that counts up to something, which is the same for every job that is done, if there is no
    other."""
    reports = [(run, job, status, _decode(counters)) for run, job, status, counters in reversed(reported)]
    names: dict[str, bool] = {}
    for _, _, _, values in reports:
        for name, value in values.items():
            if name not in names and (found := measure(value)) is not None:
                names[name] = found.of is not None
    chosen = counter if counter is not None else min(names, key=lambda name: names[name], default=None)
    points = [
        _point(run, job, status, values[chosen])
        for run, job, status, values in reports
        if chosen is not None and chosen in values
    ]
    return ByRun(counter=chosen, counters=list(names), points=points)


def _decode(counters: str) -> dict[str, Any]:
    return {counter["name"]: counter["value"] for counter in msgspec.json.decode(counters)}


def _point(run: int, job: str, status: str, value: Any) -> Point:
    found = measure(value)
    number = None if found is None else found.value
    percent = found is not None and found.percent
    return Point(run=run, job=job, status=status, text=value_text(value), value=number, percent=percent)
