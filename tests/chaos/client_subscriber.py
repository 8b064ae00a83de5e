"""Subscribers that use the package's own client."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from realtime.client import Change, Subscription, subscribe
from realtime.protocol.wire import encode
from realtime.store.changes import experiment_of
from tests.chaos.subscriber import RUNS, Temper
from tests.chaos.view import Broken


class ClientSubscriber:
    """One client: `view` of a subscription, iterated for ever, with pauses when it is restless."""

    def __init__(
        self, name: str, url: str, token: str, scope: str, temper: Temper, chance: random.Random, counts: Counter[str]
    ) -> None:
        self.name = f"{name} (client, {temper.name})"
        self.scope = scope
        self._temper = temper
        self._chance = chance
        self._counts = counts
        self._calm = asyncio.Event()
        self._subscription: Subscription = subscribe(url, experiment_of(scope), token=token, runs=RUNS)

    @property
    def seq(self) -> int:
        """Where it stands."""
        return int((self._subscription.position or ":0").partition(":")[2])

    def calm(self) -> None:
        """From now on it reads at once and stays."""
        self._calm.set()

    async def run(self) -> None:
        """Follow until cancelled; raises Broken."""
        while True:
            await self._follow()
            self._counts["client: left"] += 1
            await self._pause(self._chance.uniform(0.0, 1.0))

    async def _follow(self) -> None:
        stays = self._temper.stays
        following = asyncio.create_task(self._read())
        leaving = asyncio.create_task(self._pause(self._chance.uniform(*stays)) if stays else asyncio.Event().wait())
        try:
            await asyncio.wait({following, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if self._calm.is_set() or following.done():
                await following
        finally:
            for one in (following, leaving):
                one.cancel()
            await asyncio.gather(following, leaving, return_exceptions=True)

    async def _read(self) -> None:
        before = self._subscription.position
        async for change in self._subscription:
            self._check(before, change)
            before = change.position
            if self._temper.reads_every:
                await self._pause(self._chance.uniform(*self._temper.reads_every))
        raise Broken("the subscription has ended")

    def _check(self, before: str | None, change: Change) -> None:
        if before is None:
            self._counts["client: first changes"] += 1
            return
        self._counts["client: resets" if change.reset else "client: changes"] += 1
        epoch, _, seq = before.partition(":")
        if epoch != change.epoch or change.seq < int(seq):
            raise Broken(f"a change to {change.position} for a client at {before}")

    async def _pause(self, seconds: float) -> None:
        if not self._calm.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self._calm.wait()
            except TimeoutError:
                return

    def differences(self, truth: Mapping[str, Any]) -> list[str]:
        """Where the rows are not those of the truth (rows by key), in words."""
        held = {key: msgspec.json.decode(encode(row)) for key, row in self._subscription.view.items()}
        return [
            f"{key} is {held.get(key)} and should be {truth.get(key)}"
            for key in held.keys() | truth.keys()
            if held.get(key) != truth.get(key)
        ]
