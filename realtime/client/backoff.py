"""When to come back after a connection was lost. Pure: a random number from 0 to 1 is passed in; seconds."""

SHORTEST = 0.5
LONGEST = 30.0


def delay(attempt: int, random: float) -> float:
    """Full jitter: between 0.5 s and a ceiling that doubles with each attempt (0 is the first), up to 30 s."""
    ceiling = min(LONGEST, SHORTEST * 2.0 ** min(attempt + 1, 10))
    return SHORTEST + random * (ceiling - SHORTEST)


def delay_asked(after: tuple[int, int], random: float) -> float:
    """Within the range (ms) that a server asked for when it said goodbye."""
    first, last = after
    return min(LONGEST, max(0.0, (first + random * (last - first)) / 1000))


def delay_after(retry_after: str | None, attempt: int, random: float) -> float:
    """Not before what a refusal's Retry-After (seconds) says, 60 s at most; then spread as after a lost connection."""
    asked = int(retry_after) if retry_after and retry_after.isdecimal() and len(retry_after) < 9 else 0
    return min(asked, 60) + delay(attempt, random)
