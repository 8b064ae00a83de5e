"""Pauses between tries: growing, and never in step with those of others."""

import asyncio
import random

_random = random.SystemRandom()


def jittered(seconds: float) -> float:
    """About `seconds`: up to a tenth more or less."""
    return seconds * _random.uniform(0.9, 1.1)


class Backoff:
    """Pauses of `first`, then doubling to `last` seconds, each with jitter."""

    def __init__(self, first: float = 0.2, last: float = 2.0) -> None:
        self._first = first
        self._last = last
        self._next = first

    async def wait(self) -> None:
        pause, self._next = self._next, min(self._last, self._next * 2)
        await asyncio.sleep(jittered(pause))

    def reset(self) -> None:
        self._next = self._first
