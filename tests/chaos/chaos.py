"""The whole: servers, subscribers and writers for some time of faults; then quiet; then what everybody holds is
compared with the store."""

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from realtime.protocol.rows import Transition
from realtime.protocol.wire import decode, encode
from realtime.store.changes import SITE
from tests.bus.redis_server import TestServer, running_server
from tests.chaos.agent import Agent
from tests.chaos.crowd import Orders
from tests.chaos.crowds import Compared, CrowdProcess, Told
from tests.chaos.faults import Faults
from tests.chaos.fleet import AGENT_TOKEN, TOKEN, Fleet
from tests.chaos.ledger import Desk, Ledger
from tests.chaos.truth import SCOPE, Truth
from tests.chaos.writers import API, Beamline, Scripts, User

BOUND = 30.0
"""Seconds after the last fault and the last write within which everybody has caught up."""
LAST_WRITES = 40.0
"""Seconds after the last fault within which every writer has its answer."""

LINE = 1000
"""Characters of what is said of one broken promise."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much of it."""

    seed: int
    seconds: float
    subscribers: int
    crowds: int
    processes: int = 2


@dataclass(kw_only=True)
class Outcome:
    """What happened. `wrong` must be empty."""

    plan: Plan
    wrong: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    told: Told = field(default_factory=Told)
    ledger: Ledger = field(default_factory=Ledger)
    compared: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    transitions: int = 0
    caught_up_after: float = 0.0
    tracebacks: list[str] = field(default_factory=list)

    def text(self) -> str:
        """For people."""
        lines = [
            f"seed {self.plan.seed}: {self.plan.seconds:.0f} s, {self.plan.subscribers} subscribers in "
            f"{self.plan.crowds} processes, {self.plan.processes} server processes",
            f"faults: {_counted(self.faults)}",
            f"subscribers: {_counted(self.told.counts)}",
            f"writes answered with success: {self.ledger.writes}; all: {_counted(self.ledger.answers)}",
            f"at the end: {self.rows} rows and {self.transitions} transitions in the store, {_counted(self.compared)} "
            f"{self.caught_up_after:.1f} s after the last write",
            *[f"in the output of the server: {line}" for line in sorted(set(self.tracebacks))],
            *[f"WRONG: {line[:LINE]}" for line in self.wrong[:20]],
            f"{len(self.wrong)} promises broken" if self.wrong else "every promise was kept",
        ]
        return "\n".join(lines)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{what} {count}" for what, count in sorted(counts.items())) or "none"


async def chaos(plan: Plan) -> Outcome:
    """Run it."""
    outcome = Outcome(plan=plan)
    with tempfile.TemporaryDirectory(prefix="chaos-") as name, running_server() as redis:
        folder = Path(name)
        (folder / "var").mkdir()
        fleet = Fleet(folder / "var", plan.processes, redis.url)
        keeping = asyncio.create_task(fleet.keep())
        try:
            await _trouble(plan, outcome, folder, fleet, redis)
        finally:
            keeping.cancel()
            ended = await asyncio.gather(keeping, return_exceptions=True)
            if isinstance(ended[0], TimeoutError):
                outcome.wrong.append("the server did not end when it was told to")
            outcome.tracebacks = fleet.tracebacks()
    return outcome


async def _trouble(plan: Plan, outcome: Outcome, folder: Path, fleet: Fleet, redis: TestServer) -> None:
    async with asyncio.timeout(30):
        await fleet.answers()
    async with _writing(plan, outcome, fleet) as (finish, follower):
        crowds = [_crowd(plan, outcome, folder, fleet, number) for number in range(plan.crowds)]
        try:
            await asyncio.gather(*(crowd.start() for crowd in crowds))
            faults = Faults(plan.seed, redis, fleet, crowds)
            outcome.faults = faults.counts
            await faults.run(plan.seconds)
            await finish()
            await _judge(outcome, folder, fleet, crowds)
            await follower.catch_up()
            await _look_back(outcome, fleet, follower.told)
        finally:
            await asyncio.gather(*(crowd.end() for crowd in crowds))
    outcome.wrong += outcome.told.broken


def _crowd(plan: Plan, outcome: Outcome, folder: Path, fleet: Fleet, number: int) -> CrowdProcess:
    share, rest = divmod(plan.subscribers, plan.crowds)
    orders = Orders(
        address=fleet.base,
        scopes={SITE: "/api/v1/live", SCOPE: f"{API}/live"},
        first=number * share + min(number, rest),
        count=share + (number < rest),
        seed=f"{plan.seed}/{number}",
        kept=str(folder / f"kept-{number}.json"),
    )
    return CrowdProcess(orders, fleet.tokens, outcome.told)


class Follower:
    """A program that reads every transition as they come, without a websocket."""

    def __init__(self, desk: Desk) -> None:
        self.told: list[Transition] = []
        self._desk = desk

    async def catch_up(self) -> None:
        """Read what is new."""
        while True:
            seq = self.told[-1].seq if self.told else 0
            answer, _ = await self._desk.settle("transitions", "GET", f"{API}/transitions?since={seq}&limit=500")
            items = decode(encode(answer.body["items"]), list[Transition])
            self.told += items
            if len(items) < 500:
                return


@asynccontextmanager
async def _writing(
    plan: Plan, outcome: Outcome, fleet: Fleet
) -> AsyncIterator[tuple[Callable[[], Awaitable[None]], Follower]]:
    """Four writers at work, and how to end them."""
    people, robot = (Desk(fleet.base, token, outcome.ledger) for token in (TOKEN, AGENT_TOKEN))
    beamline = Beamline(people, random.Random(f"{plan.seed}/beamline"))
    agent = Agent(robot, random.Random(f"{plan.seed}/agent"))
    user = User(people, random.Random(f"{plan.seed}/user"))
    scripts = Scripts(people, random.Random(f"{plan.seed}/scripts"), agent.addresses)
    follower = Follower(people)
    await beamline.prepare()
    await agent.prepare()
    over = asyncio.Event()

    async def again_and_again(write: Callable[[], Awaitable[None]], pause: float) -> None:
        while not over.is_set():
            try:
                await write()
            except Exception as error:
                outcome.wrong.append(f"a writer gave up: {error!r}")
                return
            await asyncio.sleep(pause)

    doing = [
        asyncio.create_task(again_and_again(beamline.write, 0.05)),
        asyncio.create_task(again_and_again(user.write, 0.05)),
        asyncio.create_task(again_and_again(scripts.write, 0.02)),
        asyncio.create_task(again_and_again(agent.write, 0.1)),
        asyncio.create_task(again_and_again(follower.catch_up, 0.3)),
    ]

    async def finish() -> None:
        over.set()
        _, late = await asyncio.wait(doing, timeout=LAST_WRITES)
        if late:
            outcome.wrong.append(f"{len(late)} writers have no answer {LAST_WRITES:.0f} s after the last fault")

    try:
        yield finish, follower
    finally:
        for one in doing:
            one.cancel()
        await asyncio.gather(*doing, return_exceptions=True)
        await people.close()
        await robot.close()


async def _judge(outcome: Outcome, folder: Path, fleet: Fleet, crowds: list[CrowdProcess]) -> None:
    """Everybody holds what the store has, as soon as that stands still for a moment."""
    for crowd in crowds:
        crowd.order(do="calm")
    began = time.monotonic()
    path = folder / "truth.json"
    while True:
        truth = await asyncio.to_thread(Truth, fleet.database)
        truth.write(path)
        within = max(0.0, began + BOUND - time.monotonic())
        found: list[Compared] = await asyncio.gather(*(crowd.compare(path, within) for crowd in crowds))
        wrong = [text for one in found for text in one.wrong]
        if wrong or not any(one.ahead for one in found) or not within:
            break
    outcome.caught_up_after = time.monotonic() - began
    outcome.rows = sum(len(rows) for _, rows in truth.scopes.values())
    outcome.compared = Counter({"subscribers equal to it": sum(one.equal for one in found)})
    outcome.wrong += wrong
    if (missing := outcome.plan.subscribers - outcome.compared.total()) and not wrong:
        outcome.wrong.append(f"{missing} subscribers could not be compared: the store did not stand still")


async def _look_back(outcome: Outcome, fleet: Fleet, told: list[Transition]) -> None:
    truth = await asyncio.to_thread(Truth, fleet.database)
    outcome.transitions = len(truth.transitions)
    outcome.wrong += truth.missing(outcome.ledger)
    outcome.wrong += truth.twice_or_never(outcome.ledger, told)
