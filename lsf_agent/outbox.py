"""Observations that the manager has not acknowledged, in the order they were made."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from lsf_agent.link import Link, RefusedError
from realtime.protocol.observations import Acknowledged, Observation, Observations
from realtime.protocol.wire import encode

log = logging.getLogger(__name__)

BATCH = 200
BATCH_BYTES = 1024 * 1024


@dataclass(frozen=True)
class _Pending:
    observation: Observation
    size: int
    acknowledged: Callable[[], None]


class Outbox:
    """Nothing leaves it but by the manager's word. Not kept on disk: all of it can be seen again after a restart."""

    def __init__(self, location: str) -> None:
        self._location = location
        self._pending: deque[_Pending] = deque()
        self._n = 0
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, make: Callable[[int], Observation], acknowledged: Callable[[], None] = lambda: None) -> None:
        """`make` gets the observation's number; `acknowledged` is called once the manager has it in its store."""
        self._n += 1
        observation = make(self._n)
        self._pending.append(_Pending(observation, len(encode(observation)), acknowledged))
        self._filled.set()

    async def tell(self, make: Callable[[int], Observation]) -> None:
        """As `add`; returns once it is acknowledged."""
        acknowledged = asyncio.Event()
        self.add(make, acknowledged.set)
        await acknowledged.wait()

    async def deliver(self, link: Link, unknown: Callable[[str], None]) -> None:
        """Sends for ever. `unknown` is told each job that the manager does not have."""
        most = BATCH
        while True:
            await self._filled.wait()
            batch = self._batch(most)
            try:
                answer = await link.ask("observations", self._body(batch), Acknowledged)
            except RefusedError as refusal:
                if len(batch) > 1:
                    most = 1  # one of them is refused: find it, the others must not wait behind it
                    continue
                log.error("the manager refuses an observation (%s); dropped: %s", refusal, type(batch[0].observation))
                self._done(batch[0].observation.n)
                continue
            most = min(BATCH, most * 2)
            for job in answer.unknown:
                unknown(job)
            self._done(answer.n)
            if answer.n < batch[0].observation.n:
                await asyncio.sleep(0.2)

    def _batch(self, most: int) -> list[_Pending]:
        batch: list[_Pending] = []
        size = 0
        for pending in self._pending:
            size += pending.size
            if batch and (size > BATCH_BYTES or len(batch) >= most):
                break
            batch.append(pending)
        return batch

    def _body(self, batch: list[_Pending]) -> Callable[..., Observations]:
        observations = [pending.observation for pending in batch]
        return lambda lease: Observations(
            location=self._location, generation=lease.generation, observations=observations
        )

    def _done(self, n: int) -> None:
        while self._pending and self._pending[0].observation.n <= n:
            self._pending.popleft().acknowledged()
        if not self._pending:
            self._filled.clear()
