"""Questions of many, asked together: one command for all that wait, never two at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from lsf_agent.scheduler import SilentError

V = TypeVar("V")

MOMENT = 0.02
"""Seconds in which further questions may join."""


class Gathered(Generic[V]):
    """`ask` answers for each of those it is given, at most `most`; or raises SilentError, which everybody who waits
    gets. `pace`: seconds from one call to the next at least.

    A call is not ended when those who wait for it go: it is bounded in time by itself.
    """

    def __init__(
        self, ask: Callable[[Sequence[str]], Awaitable[Mapping[str, V]]], most: int, pace: float = 0.0
    ) -> None:
        self._ask = ask
        self._most = most
        self._pace = pace
        self._not_before = 0.0
        self._waiting: dict[str, asyncio.Future[V | Exception]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def of(self, what: str) -> V:
        """The answer about one; each that waits is asked about once."""
        if what not in self._waiting:
            self._waiting[what] = asyncio.get_running_loop().create_future()
        answer = self._waiting[what]
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_all())
        found = await asyncio.shield(answer)
        if isinstance(found, Exception):
            raise found
        return found

    async def _ask_all(self) -> None:
        while self._waiting:
            await asyncio.sleep(max(MOMENT, self._not_before - time.monotonic()))
            batch = {what: self._waiting.pop(what) for what in list(self._waiting)[: self._most]}
            self._not_before = time.monotonic() + self._pace
            found = await self._answers(list(batch))
            for what, future in batch.items():
                future.set_result(found if isinstance(found, Exception) else found[what])

    async def _answers(self, all_of: Sequence[str]) -> Mapping[str, V] | Exception:
        try:
            return await self._ask(all_of)
        except SilentError as silence:
            return silence
        except Exception as fault:  # whoever waits must hear of it, and the next questions must go on
            return fault
