"""Parameters that hold a limit of LSF (`-M 8G`, `--mem=8G`, `rusage[mem=8000]`, `-W 1:30`), given back enlarged.

What parameters mean is known to the script alone, so only what can hardly mean anything else is taken for a limit: one
that agrees with the limit that LSF has told, where it has told one.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

_SIZES = {"": 0, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_AMOUNT = r"(?P<amount>\d{1,12}(?:\.\d{1,6})?)(?P<unit>[kKmMgGtT]?)(?P<bytes>i?[bB]?)"
_MEMORY = (
    re.compile(
        rf"(?<!\S)(?P<option>-M[ \t]*|--?mem(?:ory)?(?:[-_](?:limit|per[-_]cpu))?(?:=|[ \t]+))"
        rf"{_AMOUNT}(?P<rest>(?:/(?:job|task))?)(?!\S)"
    ),
    re.compile(rf"(?<![\w-])(?P<option>mem(?:ory)?=){_AMOUNT}(?P<rest>)(?![\w.])"),
)
_TIME = (
    re.compile(
        r"(?<!\S)(?P<option>-W[ \t]*|--?(?:walltime|wall-time|time-limit|run-?limit)(?:=|[ \t]+))"
        r"(?:(?P<hours>\d{1,5}):(?P<clock>[0-5]\d)|(?P<minutes>\d{1,7}))(?P<rest>(?:/[\w.-]+)?)(?!\S)"
    ),
)


@dataclass(frozen=True)
class Enlarged:
    """`was`, `now`: the option before and after (`-M 8G`, `-M 12G`); `parameters`: all of them with it changed."""

    was: str
    now: str
    parameters: str


def more_memory(parameters: str, limit: int | None, most: int | None) -> Enlarged | None:
    """Half as much again, or more when it had more; None when no option of a memory limit is found. In bytes."""
    beyond = (most or 0) / limit if limit else 1.0
    factor = min(1.5 * beyond, 8.0) if beyond > 1.1 else 1.5

    def enlarge(found: re.Match[str]) -> str | None:
        amount, unit = float(found["amount"]), found["unit"]
        if amount <= 0 or not _means_memory(found["option"], amount, unit.upper(), limit):
            return None
        return f"{found['option']}{_rounded(amount * factor)}{unit}{found['bytes']}{found['rest']}"

    return _enlarged(_MEMORY, parameters, enlarge)


def _means_memory(option: str, amount: float, unit: str, limit: int | None) -> bool:
    """`-M` may mean anything to a script: alone it counts with a unit or as many KB, agreeing with LSF's limit."""
    if not option.startswith("-M"):
        return True
    if limit is None:
        return bool(unit) or amount >= 1000
    sizes = [_SIZES[unit]] if unit else [2**10, 2**20, 2**30]
    return any(0.9 < amount * size / limit < 1.1 for size in sizes)


def _rounded(amount: float) -> str:
    """Upwards, to two digits that count."""
    step = 10.0 ** max(math.floor(math.log10(amount)) - 1, 0)
    return f"{math.ceil(round(amount / step, 6)) * step:.0f}"


def more_time(parameters: str, limit: float | None) -> Enlarged | None:
    """Twice as long; None when no option of a run limit is found. `limit` in seconds."""

    def enlarge(found: re.Match[str]) -> str | None:
        hours = found["hours"]
        minutes = int(found["minutes"]) if hours is None else 60 * int(hours) + int(found["clock"])
        # LSF counts by the speed of hosts: what it tells may be some times what was asked for.
        if minutes == 0 or (limit and not 0.1 < 60 * minutes / limit < 10):
            return None
        twice = 2 * minutes
        now = f"{twice}" if hours is None else f"{twice // 60}:{twice % 60:02}"
        return f"{found['option']}{now}{found['rest']}"

    return _enlarged(_TIME, parameters, enlarge)


def _enlarged(
    patterns: tuple[re.Pattern[str], ...], parameters: str, enlarge: Callable[[re.Match[str]], str | None]
) -> Enlarged | None:
    """Every option that `enlarge` takes for one is changed; the first is named."""
    named: list[tuple[str, str]] = []

    def change(found: re.Match[str]) -> str:
        now = enlarge(found)
        if now is None or now == found[0]:
            return found[0]
        named.append((found[0], now))
        return now

    text = parameters
    for pattern in patterns:
        text = pattern.sub(change, text)
    return Enlarged(*named[0], text) if named else None
