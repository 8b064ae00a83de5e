"""Amounts in words, short enough for a sentence."""

_UNITS = (("TB", 2**40), ("GB", 2**30), ("MB", 2**20), ("KB", 2**10))


def memory(amount: float) -> str:
    """`7.9 GB`, in LSF's units of 1,024. `amount` in bytes."""
    unit, size = _unit_of(amount)
    return f"{_figure(amount / size)} {unit}"


def memory_of(most: float, limit: float) -> str:
    """`7.9 of 8 GB`; both in bytes."""
    unit, size = _unit_of(limit)
    same = most >= size / 100
    return f"{_figure(most / size)} of {_figure(limit / size)} {unit}" if same else f"{memory(most)} of {memory(limit)}"


def _unit_of(amount: float) -> tuple[str, int]:
    return next(((unit, size) for unit, size in _UNITS if amount >= size), _UNITS[-1])


def _figure(value: float) -> str:
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.{2 if value < 10 else 1}f}".rstrip("0").rstrip(".")


def span(seconds: float) -> str:
    """`45 s`, `30 min`, `2 h`, `2 h 05 min`."""
    if seconds < 90:
        return f"{max(seconds, 0):.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 90:
        return f"{minutes} min {rest:02} s" if rest and minutes < 10 else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if minutes else f"{hours} h"


def one_line(text: str, limit: int = 200) -> str:
    """Without control characters, blanks at the ends and what is too much."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return plain if len(plain) <= limit else f"{plain[: limit - 1].rstrip()}…"
