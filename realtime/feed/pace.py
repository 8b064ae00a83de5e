"""When the next pass over the subscribers may begin. Pure: times are passed in, in seconds of one clock."""

SHORTEST = 0.025


class Pace:
    """The first news go out at once. Then there is one pass every 25 ms at most, and after a long one a pause as long
    as itself: with more subscribers more news are gathered for each pass, and half of the time is left to others."""

    def __init__(self) -> None:
        self._not_before = float("-inf")

    def wait(self, now: float) -> float:
        """Seconds until a pass may begin; 0 for at once."""
        return max(0.0, self._not_before - now)

    def passed(self, began: float, ended: float) -> None:
        """A pass is over."""
        self._not_before = max(began + SHORTEST, ended + (ended - began))
