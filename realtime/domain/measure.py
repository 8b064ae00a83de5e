"""A counter's value read as a number, so that it can be drawn over time. What is not surely a number is none.

static/pure/measure.js reads in the same way; the cases that both are held to are in tests/measure_cases.json.
"""

import math
import re
from dataclasses import dataclass, replace

from realtime.domain.report import Value

_NUMBER = r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
_LETTERS = "[A-Za-zµ°Å]{1,8}"
_TEXT = re.compile(
    rf"[ \t]*(?P<value>{_NUMBER})[ \t]*"
    rf"(?:(?P<percent>%)|/[ \t]*(?P<of>{_NUMBER})|(?P<unit>{_LETTERS})(?:/{_LETTERS})?)?[ \t]*"
)
_OF_DATES = frozenset(
    "jan feb mar apr may jun jul aug sep sept oct nov dec am pm "
    "january february march april june july august october november december".split()
)
"""Words after a number that make it a day or an hour."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """`of`: how many there are in all, of `7/20`; above 0. `percent`: `value` is one of 100."""

    value: float
    of: float | None = None
    percent: bool = False


def measure(value: Value) -> Measure | None:
    """What a counter says as a number: a number itself, or a text that is one, alone or followed by `%`, `/N` or a unit
    (`12.3 min`, `80 evt/s`). None for everything else, dates and truth values among them."""
    if isinstance(value, bool) or value is None:
        return None
    if not isinstance(value, str):
        return _finite(value)
    found = _TEXT.fullmatch(value)
    if found is None or (found["unit"] or "").lower() in _OF_DATES:
        return None
    of = None if found["of"] is None else float(found["of"])
    if of is not None and not 0 < of < math.inf:
        return None
    number = _finite(float(found["value"]))
    return None if number is None else replace(number, of=of, percent=found["percent"] is not None)


def _finite(value: float) -> Measure | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return Measure(value=number) if math.isfinite(number) else None
