"""What is usual of many jobs: where most of their times lie."""

from collections.abc import Sequence
from dataclasses import dataclass

LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Four of five lie between `low` and `high`, half of them below `median`; in the unit of what was given."""

    low: float
    median: float
    high: float


def spread(values: Sequence[float]) -> Spread | None:
    """Where these lie, one value standing for itself; None for none."""
    if not values:
        return None
    ordered = sorted(values)
    return Spread(low=quantile(ordered, LOW), median=quantile(ordered, 0.5), high=quantile(ordered, HIGH))


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of them lies, in proportion between two of them; of at least one, sorted."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
