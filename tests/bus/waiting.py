"""Waiting for something to become true, with a deadline."""

import asyncio
import time
from collections.abc import Callable

PATIENCE = 10.0


async def until(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Return when `true()`; AssertionError when that takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        await asyncio.sleep(0.01)


def until_sync(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    """The same, without an event loop."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)
