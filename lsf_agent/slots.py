"""How many children may be at work in file systems, of which any may hang."""

import asyncio
from collections import Counter

AT_ONE_MOUNT = 4
"""Children at work on one file system, those that hang in it included."""
AT_ONCE = 32


class Slots:
    """Room for children at each mount and in all. Whoever waits for room is told at once when only waiting is left."""

    def __init__(self, each: int = AT_ONE_MOUNT, together: int = AT_ONCE) -> None:
        self._each = each
        self._together = together
        self._taken: Counter[str] = Counter()
        self._stuck: dict[object, str] = {}
        self._freed = asyncio.Event()

    async def take(self, mount: str) -> None:
        """Waits for room; TimeoutError when all that could make room hang."""
        while True:
            if self._hopeless(mount):
                raise TimeoutError
            if self._taken[mount] < self._each and self._taken.total() < self._together:
                self._taken[mount] += 1
                return
            self._freed.clear()
            await self._freed.wait()

    def stick(self, mount: str, child: object) -> None:
        """The child has outlived its question: perhaps it hangs."""
        self._stuck[child] = mount
        self._freed.set()

    def free(self, mount: str, child: object = None) -> None:
        self._stuck.pop(child, None)
        self._taken[mount] -= 1
        self._taken += Counter()  # forgets those at zero
        self._freed.set()

    def _hopeless(self, mount: str) -> bool:
        here = sum(1 for stuck in self._stuck.values() if stuck == mount)
        return here >= self._each or len(self._stuck) >= self._together
