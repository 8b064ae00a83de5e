"""Values of parameters and counters: as texts, and in the order in which a table is sorted by them.

Numbers stand before texts, and texts before nothing, whichever way they are sorted.
"""

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from math import isfinite
from typing import Any, TypeVar

T = TypeVar("T")

Place = float | str | None
"""What a value is sorted by: its number, else its text; None: there is no value."""

_LEADING_NUMBER = re.compile(r"\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?", re.IGNORECASE)


def value_text(value: Any) -> str:
    """As people read it: a text is itself, nothing is empty, all else is JSON without blanks."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False) if _nested(value) else _scalar(value)


def _nested(value: Any) -> bool:
    return isinstance(value, list | dict)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e21
    return int(value) if whole else value


def _scalar(value: bool | int | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    value = _plain(value)
    if isinstance(value, float) and 1e-6 <= abs(value) < 1e21:
        return f"{Decimal(repr(value)):f}"
    return re.sub(r"e([-+])0", r"e\1", repr(value))


def place_of(value: Any) -> Place:
    """What a value is sorted by: `12.4 %` by 12.4, `7/20` by 7, other texts by themselves."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    text = value_text(value)
    if number := _LEADING_NUMBER.match(text):
        place = float(number[0])
        return place if isfinite(place) else text
    return text


def best(places: Iterable[Place], *, down: bool) -> Place:
    """The one that stands first of all; None when there is none."""
    return next(iter(in_order(places, lambda place: place, down=down)), None)


def in_order(items: Iterable[T], place: Callable[[T], Place], *, down: bool) -> list[T]:
    """Sorted by their places; those of equal place stay as they are."""
    numbers: list[tuple[float, T]] = []
    texts: list[tuple[str, T]] = []
    nowhere: list[T] = []
    for item in items:
        match place(item):
            case None:
                nowhere.append(item)
            case str() as text:
                texts.append((text, item))
            case number:
                numbers.append((number, item))
    numbers.sort(key=lambda pair: pair[0], reverse=down)
    texts.sort(key=lambda pair: pair[0], reverse=down)
    return [item for _, item in numbers] + [item for _, item in texts] + nowhere
