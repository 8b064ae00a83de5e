"""What befalls Redis, the servers and the clients, chosen by a seed: each target has one fault at a time."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.bus.redis_server import TestServer
from tests.chaos.crowds import CrowdProcess
from tests.chaos.fleet import Fleet, send

PAUSE = (0.3, 2.5)
"""Seconds between two faults of one target."""
CUT_EVERY = 0.15
JUNK = 40_000
"""Bytes."""
SERVERS_FOR = 0.75
"""Of the time: a process that comes later has missed nothing yet."""
LAST_CUT = 1.5
AWAY = (0.1, 3.0)
"""Seconds that something is stopped or away."""

Fault = Callable[[random.Random], Awaitable[bool]]


class Faults:
    """Three sources of trouble beside each other; `counts` what was done: fault -> how often."""

    def __init__(self, seed: int, redis: TestServer, fleet: Fleet, crowds: list[CrowdProcess]) -> None:
        self.counts: Counter[str] = Counter()
        self._seed = seed
        self._redis = redis
        self._fleet = fleet
        self._crowds = crowds

    async def run(self, seconds: float) -> None:
        """Trouble for so long; when this returns all is running again, or about to. The last news are lost for sure."""
        targets: dict[str, list[tuple[str, Fault, int]]] = {
            "redis": [
                ("killed", self._redis_killed, 1),
                ("stopped", self._redis_stopped, 1),
                ("flushed", self._redis_flushed, 1),
                ("connections cut", self._redis_cut, 1),
                ("output buffers squeezed", self._redis_squeezed, 1),
            ],
            "server": [
                ("process killed", self._server_killed, 4),
                ("process stopped", self._server_stopped, 3),
                ("all processes killed", self._servers_killed, 1),
                ("parent killed", self._parent_killed, 1),
                ("restarted one by one", self._rolled, 2),
                ("restarted", self._restarted, 1),
            ],
            "clients": [("killed", self._clients_killed, 1), ("stopped", self._clients_stopped, 1)],
        }
        times = {"redis": seconds, "server": seconds * SERVERS_FOR, "clients": seconds}
        await asyncio.gather(*(self._trouble(name, faults, times[name]) for name, faults in targets.items()))
        await self._fleet.answers()
        await self._again_and_again(LAST_CUT, "CLIENT", "KILL", "TYPE", "pubsub")

    async def _trouble(self, target: str, faults: list[tuple[str, Fault, int]], seconds: float) -> None:
        """As from a deck of cards with so many of each: all have come before any comes again."""
        chance = random.Random(f"{self._seed}/{target}")
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        deck: list[tuple[str, Fault]] = []
        while True:
            pause = chance.uniform(*PAUSE)
            if loop.time() + pause >= end:
                return
            await asyncio.sleep(pause)
            if not deck:
                deck = [(name, fault) for name, fault, count in faults for _ in range(count)]
                chance.shuffle(deck)
            name, fault = deck.pop()
            if await fault(chance):
                self.counts[f"{target} {name}"] += 1

    async def _redis_killed(self, chance: random.Random) -> bool:
        self._redis.kill()
        await asyncio.sleep(chance.uniform(*AWAY))
        await asyncio.to_thread(self._redis.start)
        return True

    async def _redis_stopped(self, chance: random.Random) -> bool:
        self._redis.freeze()
        await asyncio.sleep(chance.uniform(*AWAY))
        self._redis.thaw()
        return True

    async def _redis_flushed(self, chance: random.Random) -> bool:
        return await self._command("FLUSHALL")

    async def _redis_cut(self, chance: random.Random) -> bool:
        kind = chance.choice(["pubsub", "pubsub", "normal"])
        return await self._again_and_again(chance.uniform(*AWAY), "CLIENT", "KILL", "TYPE", kind)

    async def _redis_squeezed(self, chance: random.Random) -> bool:
        """Whoever is sent more than that at once is cut off."""
        await self._command("CONFIG", "SET", "client-output-buffer-limit", f'"pubsub {JUNK // 4} 0 0"')
        await self._again_and_again(chance.uniform(*AWAY), "PUBLISH", "batchboard:main:junk", JUNK * "x")
        return await self._command("CONFIG", "SET", "client-output-buffer-limit", '"pubsub 0 0 0"')

    async def _again_and_again(self, seconds: float, *words: str) -> bool:
        """News are lost while those who are cut off come back."""
        for _ in range(1 + int(seconds / CUT_EVERY)):
            await self._command(*words)
            await asyncio.sleep(CUT_EVERY)
        return True

    async def _command(self, *words: str) -> bool:
        answer = await asyncio.to_thread(self._redis.command, *words)
        assert not answer.startswith(b"-"), answer
        return True

    async def _server_killed(self, chance: random.Random) -> bool:
        servers = self._fleet.servers()
        return bool(servers) and send([chance.choice(servers)], signal.SIGKILL)

    async def _server_stopped(self, chance: random.Random) -> bool:
        servers = self._fleet.servers()
        if not servers or not send([server := chance.choice(servers)], signal.SIGSTOP):
            return False
        await asyncio.sleep(chance.uniform(*AWAY))
        return send([server], signal.SIGCONT)

    async def _servers_killed(self, chance: random.Random) -> bool:
        return send(self._fleet.servers(), signal.SIGKILL)

    async def _parent_killed(self, chance: random.Random) -> bool:
        return send(self._fleet.parent(), signal.SIGKILL)

    async def _rolled(self, chance: random.Random) -> bool:
        return send(self._fleet.parent(), signal.SIGHUP)

    async def _restarted(self, chance: random.Random) -> bool:
        return send(self._fleet.parent(), signal.SIGTERM)

    async def _clients_killed(self, chance: random.Random) -> bool:
        crowd = chance.choice(self._crowds)
        await crowd.end()
        await crowd.start()
        return True

    async def _clients_stopped(self, chance: random.Random) -> bool:
        crowd = chance.choice(self._crowds)
        crowd.signal(signal.SIGSTOP)
        await asyncio.sleep(chance.uniform(*AWAY))
        crowd.signal(signal.SIGCONT)
        return True
