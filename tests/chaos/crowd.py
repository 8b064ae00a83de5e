"""A process full of subscribers. It is told by its standard input what to do, and tells on its standard output what
happens, a JSON object a line; it ends when its input does."""

import asyncio
import json
import os
import random
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import uvloop

from tests.bus.waiting import until
from tests.chaos.client_subscriber import ClientSubscriber
from tests.chaos.subscriber import TEMPERS, Subscriber
from tests.chaos.view import Broken, Contents, Held, View

TELL_EVERY = 0.5
KEEP_EVERY = 1.0


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What a crowd is started with. `kept`: the file in which it keeps a view of each scope; what a predecessor kept
    is where some of the subscribers begin."""

    address: str
    scopes: dict[str, str]
    """scope -> path of its websocket: the site's, the experiment's"""
    first: int
    count: int
    seed: str
    kept: str

    def written(self) -> str:
        """As an argument."""
        return json.dumps(asdict(self))


class Crowd:
    """The subscribers of one process."""

    def __init__(self, orders: Orders, token: str) -> None:
        self._orders = orders
        self._counts: Counter[str] = Counter()
        self._contents: Contents = {}
        self._kept = _read(Path(orders.kept))
        self.subscribers = [
            self._subscriber(number, token) for number in range(orders.first, orders.first + orders.count)
        ]

    def _subscriber(self, number: int, token: str) -> Subscriber | ClientSubscriber:
        """Half of them in plain websockets code, half with our client; every fourth follows the site."""
        site, experiment = self._orders.scopes
        scope = site if number // 8 % 4 == 3 else experiment
        temper = TEMPERS[number // 2 % len(TEMPERS)]
        chance = random.Random(f"{self._orders.seed}/{number}")
        name = f"client {number}"
        if number % 2:
            return ClientSubscriber(name, self._orders.address, token, scope, temper, chance, self._counts)
        view = View(scope, self._contents)
        if number % 4 == 2 and scope in self._kept:
            kept = self._kept[scope]
            view.epoch = kept["epoch"]
            view.go_back(kept["seq"], {key: Held(seq, raw.encode()) for key, (seq, raw) in kept["rows"].items()})
        address = self._orders.address + self._orders.scopes[scope]
        return Subscriber(name, address, token, view, temper, chance, self._counts)

    async def run(self) -> None:
        """Until the input ends."""
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        doing = [asyncio.create_task(self._follow(subscriber)) for subscriber in self.subscribers]
        doing += [asyncio.create_task(self._tell_counts()), asyncio.create_task(self._keep())]
        while line := await reader.readline():
            order = json.loads(line)
            if order["do"] == "calm":
                for subscriber in self.subscribers:
                    subscriber.calm()
            else:
                await self._compare(order)
        for one in doing:
            one.cancel()

    async def _follow(self, subscriber: Subscriber | ClientSubscriber) -> None:
        try:
            await subscriber.run()
        except Exception as error:
            text = str(error) if isinstance(error, Broken) else repr(error)
            _tell({"broken": f"{subscriber.name}: {text}"})

    async def _tell_counts(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY)
            self._tell_now()

    def _tell_now(self) -> None:
        _tell({"counts": dict(self._counts)})
        self._counts.clear()

    async def _keep(self) -> None:
        path = Path(self._orders.kept)
        while True:
            await asyncio.sleep(KEEP_EVERY)
            kept = {}
            for subscriber in self.subscribers:
                if isinstance(subscriber, ClientSubscriber):
                    continue
                view = subscriber.view
                if view.epoch is not None and view.scope not in kept:
                    rows = {key: (held.seq, held.raw.decode()) for key, held in view.rows.items()}
                    kept[view.scope] = {"epoch": view.epoch, "seq": view.seq, "rows": rows}
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(kept))
            fresh.replace(path)

    async def _compare(self, order: dict[str, Any]) -> None:
        """Wait until everyone is as far as the truth (scope -> seq and rows), at most `within` seconds."""
        truth = _read(Path(order["truth"]))
        deadline = asyncio.get_running_loop().time() + order["within"]
        equal, ahead, wrong = 0, 0, []
        for subscriber in self.subscribers:
            wanted = truth[subscriber.scope]
            await _reaches(subscriber, wanted["seq"], deadline)
            if subscriber.seq < wanted["seq"]:
                wrong.append(f"{subscriber.name} is at {subscriber.seq} of {wanted['seq']} in {subscriber.scope}")
            elif subscriber.seq > wanted["seq"]:
                ahead += 1
            elif found := subscriber.differences(wanted["rows"]):
                wrong.append(
                    f"{subscriber.name} at {subscriber.seq} of {subscriber.scope}: {len(found)} rows, {found[0]}"
                )
            else:
                equal += 1
        self._tell_now()
        _tell({"compared": {"equal": equal, "ahead": ahead, "wrong": wrong}})


async def _reaches(subscriber: Subscriber | ClientSubscriber, seq: int, deadline: float) -> None:
    with suppress(AssertionError):
        await until(lambda: subscriber.seq >= seq, deadline - asyncio.get_running_loop().time())


def _read(path: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return kept


def _tell(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(Crowd(Orders(**json.loads(sys.argv[1])), os.environ["BATCHBOARD_TOKEN"]).run())
