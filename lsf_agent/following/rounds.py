"""When each LSF job is looked at next: new and changing ones often, quiet ones seldom. Pure: times are passed in."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from lsf_agent.backoff import jittered

QUIET = ((120.0, 1), (600.0, 3), (float("inf"), 6))
"""Unchanged for less than so many seconds: looked at every so many intervals."""
AT_ONCE = float("-inf")


@dataclass
class _Round:
    changed_at: float
    due: float


class Rounds:
    """`interval` in seconds; times are monotonic seconds."""

    def __init__(self, interval: float, jitter: Callable[[float], float] = jittered) -> None:
        self._interval = interval
        self._jitter = jitter
        self._rounds: dict[str, _Round] = {}
        self._heap: list[tuple[float, str]] = []
        """every round is in it with its due time; what does not agree with its round is out of date"""

    def __len__(self) -> int:
        return len(self._rounds)

    def add(self, lsf_id: str, now: float) -> None:
        """It is new, or has changed: due at once if it was not there, else within an interval."""
        known = self._rounds.get(lsf_id)
        if known is None:
            self._rounds[lsf_id] = _Round(now, AT_ONCE)
            heapq.heappush(self._heap, (AT_ONCE, lsf_id))
        else:
            known.changed_at = now
            self._due(lsf_id, min(known.due, now + self._jitter(self._interval)))

    def hurry(self, lsf_id: str) -> None:
        """It is due at once, before all others."""
        if lsf_id in self._rounds:
            self._due(lsf_id, AT_ONCE)

    def soon(self, lsf_id: str, now: float) -> None:
        """The look at it has failed: it is due in an interval."""
        if lsf_id in self._rounds:
            self._due(lsf_id, now + self._interval)

    def drop(self, lsf_id: str) -> None:
        self._rounds.pop(lsf_id, None)

    def take(self, now: float, most: int, chunk: int) -> list[str]:
        """Those that are due, in that order, `most` at most; a command of `chunk` that is not full takes
        those along that are due within an interval. Each will be due again in its time."""
        taken: list[str] = []
        while self._heap and len(taken) < most:
            due, lsf_id = self._heap[0]
            current = self._rounds.get(lsf_id)
            if current is not None and current.due == due:
                soon = due <= now + self._interval and len(taken) % chunk
                if due > now and not soon:
                    break
                taken.append(lsf_id)
                current.due = float("nan")  # taken: should it be in the heap twice, the second does not count
            heapq.heappop(self._heap)
        for lsf_id in taken:
            quiet = now - self._rounds[lsf_id].changed_at
            factor = next(factor for limit, factor in QUIET if quiet < limit)
            self._due(lsf_id, now + self._jitter(self._interval * factor))
        return taken

    def _due(self, lsf_id: str, due: float) -> None:
        if self._rounds[lsf_id].due != due:
            self._rounds[lsf_id].due = due
            heapq.heappush(self._heap, (due, lsf_id))
