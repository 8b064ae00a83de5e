"""Equal requests that come at the same time are one request."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Together(Generic[T]):
    """One call for all who ask for the same while it is under way."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[T]] = {}

    async def call(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `make()` returns or raises, to all who ask for `key`. Who stops waiting takes nothing from others."""
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(make(), name="feed reading")
            task.add_done_callback(partial(self._done, key))
        return await asyncio.shield(task)

    def _done(self, key: Hashable, task: asyncio.Task[T]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # taken note of: perhaps nobody waits any more

    def cancel(self) -> None:
        """End what is under way."""
        for task in self._under_way.values():
            task.cancel()
