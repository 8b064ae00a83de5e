"""A job's numbers over time: bounded, and evenly thinned however long it runs.

A sample is the numeric counters of a job at one moment, to the second. Samples stand `every` seconds apart or more;
when there is no room for another one, every second one is dropped and the distance doubles.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from realtime.domain.measure import measure
from realtime.domain.report import Counter

SAMPLES = 120
NAMES = 16
"""Counters of a job that are followed: the first ones that are numbers."""
FIRST_EVERY = 1
DIGITS = 7
"""Of a number that is not whole."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """`at`: seconds since `since`, growing; `values`: name -> its value at each of these moments, None where it had
    none."""

    since: datetime
    every: int = FIRST_EVERY
    at: tuple[int, ...] = ()
    values: Mapping[str, tuple[float | None, ...]]

    @property
    def due_at(self) -> datetime:
        """From when on one more sample is to be taken."""
        return self.since + timedelta(seconds=self.at[-1] + self.every if self.at else 0)


def sampled(known: Series | None, counters: Sequence[Counter], now: datetime) -> Series | None:
    """The series with the sample of this moment; as it was before it is due, None while no counter is a number."""
    numbers = _numbers(counters)
    if known is None:
        if not numbers:
            return None
        known = Series(since=now.replace(microsecond=0), values={})
    if now < known.due_at:
        return known
    if len(known.at) >= SAMPLES:
        known = _thinned(known)
        if now < known.due_at:
            return known
    names = list(known.values) + [name for name in numbers if name not in known.values]
    before = (None,) * len(known.at)
    return replace(
        known,
        at=(*known.at, int((now - known.since).total_seconds())),
        values={name: (*known.values.get(name, before), numbers.get(name)) for name in names[:NAMES]},
    )


def _numbers(counters: Iterable[Counter]) -> dict[str, float]:
    return {counter.name: _short(found.value) for counter in counters if (found := measure(counter.value))}


def _short(value: float) -> float:
    """Whole numbers without a fraction, others with few digits: both take little room as JSON."""
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    return float(f"{value:.{DIGITS}g}")


def _thinned(series: Series) -> Series:
    return replace(
        series,
        every=2 * series.every,
        at=series.at[::2],
        values={name: kept for name, values in series.values.items() if _any_of(kept := values[::2])},
    )


def _any_of(values: Iterable[float | None]) -> bool:
    """Whether there is a number among them."""
    return any(value is not None for value in values)


def stored(series: Series) -> dict[str, Any]:
    """As it is kept: JSON by columns."""
    return {
        "since": f"{series.since:%FT%TZ}",
        "every": series.every,
        "at": list(series.at),
        "values": {name: list(values) for name, values in series.values.items()},
    }


def from_stored(kept: Mapping[str, Any]) -> Series:
    """What `stored` has made."""
    return Series(
        since=datetime.fromisoformat(kept["since"]),
        every=kept["every"],
        at=tuple(kept["at"]),
        values={name: tuple(values) for name, values in kept["values"].items()},
    )


@dataclass(frozen=True, kw_only=True)
class Line:
    """One counter over time, its newest value included. `of`, `percent`: as its newest value says (see Measure)."""

    name: str
    percent: bool
    of: float | None
    points: tuple[tuple[datetime, float], ...]


def lines(series: Series | None, counters: Sequence[Counter]) -> list[Line]:
    """What can be drawn of a job: its counters that are numbers in their order, then those that are there no more."""
    points = {} if series is None else {name: _points(series, name) for name in series.values}
    found = []
    for counter in counters:
        now = measure(counter.value)
        before = points.pop(counter.name, [])
        if now is None and not before:
            continue
        if now is not None and counter.at is not None:
            if before and before[-1][0] >= counter.at:
                before[-1] = (before[-1][0], _short(now.value))
            else:
                before.append((counter.at, _short(now.value)))
        of, percent = (now.of, now.percent) if now else (None, False)
        found.append(Line(name=counter.name, percent=percent, of=of, points=tuple(before)))
    gone = [Line(name=name, percent=False, of=None, points=tuple(kept)) for name, kept in points.items() if kept]
    return found + gone


def _points(series: Series, name: str) -> list[tuple[datetime, float]]:
    return [
        (series.since + timedelta(seconds=at), value)
        for at, value in zip(series.at, series.values[name], strict=True)
        if value is not None
    ]
