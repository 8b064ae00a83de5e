"""Slow questions about single jobs, beside the looks at all of them: each id waits once, a few are asked at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

log = logging.getLogger(__name__)


class Beside:
    """`ask` is told each id; at most `at_once` at the same time, and `pause` seconds later the next ones."""

    def __init__(self, ask: Callable[[str], Awaitable[None]], at_once: int, pause: float) -> None:
        self._ask = ask
        self._at_once = at_once
        self._pause = pause
        self._waiting: dict[str, None] = {}
        self._filled = asyncio.Event()

    def add(self, ids: Iterable[str]) -> None:
        self._waiting.update(dict.fromkeys(ids))
        if self._waiting:
            self._filled.set()

    async def run(self) -> None:
        """For ever; a fault in one answer is logged and costs nothing else."""
        while True:
            await self._filled.wait()
            batch = list(self._waiting)[: self._at_once]
            for lsf_id in batch:
                del self._waiting[lsf_id]
            if not self._waiting:
                self._filled.clear()
            await asyncio.gather(*(self._guarded(lsf_id) for lsf_id in batch))
            await asyncio.sleep(self._pause)

    async def _guarded(self, lsf_id: str) -> None:
        try:
            await self._ask(lsf_id)
        except Exception:
            log.exception("LSF %s: a question failed", lsf_id)
