"""The runs of an invented beam time, and the numbers that it is made from."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from realtime.store.past import PastRun

SAMPLES = ("LaB6", "AgBeh", "Lysozyme", "Fe3O4", "Si powder", "Water jet", "PSII", "Myoglobin CO")
COMMENTS = (
    "beam lost after 3 min",
    "jet frozen, realigned",
    "good hit rate",
    "new nozzle",
    "detector distance changed",
)
TAGS = ("dark", "bad beam", "calibration", "keep", "low hit rate")
RUN_EVERY = timedelta(minutes=5)


class Dice:
    """Numbers that look random and are the same each time."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, limit: int) -> int:
        """0 up to limit - 1."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self._state >> 33) % limit

    def one_of(self, several: Sequence[Any]) -> Any:
        """Any of these."""
        return several[self.below(len(several))]

    def seconds(self, shortest: int, longest: int) -> timedelta:
        """Some time, with milliseconds."""
        return timedelta(milliseconds=1000 * shortest + self.below(1000 * (longest - shortest) + 1))


def past_runs(dice: Dice, count: int, until: datetime) -> list[PastRun]:
    """Runs from 1, the newest of which ended just before `until`."""
    return [_run(dice, number, until - (count - number + 1) * RUN_EVERY) for number in range(1, count + 1)]


def _run(dice: Dice, number: int, started_at: datetime) -> PastRun:
    length = dice.seconds(60, 280)
    params = {
        "Sample": SAMPLES[number // 25 % len(SAMPLES)],
        "Events": 120 * int(length.total_seconds()),
        "Energy keV": 7 + dice.below(5000) / 1000,
        "Transmission": dice.one_of((0.01, 0.1, 0.5, 1.0)),
    }
    comment = dice.one_of(COMMENTS) if dice.below(14) == 0 else ""
    tags = (dice.one_of(TAGS),) if dice.below(9) == 0 else ()
    at = started_at.replace(microsecond=0)
    return PastRun(number=number, started_at=at, ended_at=at + length, params=params, comment=comment, tags=tags)
