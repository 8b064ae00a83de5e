"""Children that are kept running, and ended in order."""

import asyncio
import logging
import signal

from realtime.supervisor.child import Child, Program

log = logging.getLogger(__name__)

BACKOFF = (0.2, 5.0)
"""Seconds until a child that died is started again: the first time, and at most."""
STEADY = 10.0
"""A child that lived this long was well: the next wait is the shortest again."""
AFTER_KILL = 1.0


class Supervisor:
    """Runs children; starts a child again when it died, after a wait; ends them all in reverse order."""

    def __init__(self) -> None:
        self._keeping: dict[Child, asyncio.Task[None]] = {}

    async def start(self, program: Program) -> Child:
        """Run a program from now on; raises OSError when it cannot be started at all."""
        child = Child(program)
        try:
            await child.spawn()
        except OSError:
            child.finish()
            raise
        self._keeping[child] = asyncio.create_task(self._keep(child), name=f"keep {program.name}")
        return child

    async def ended(self) -> Child:
        """The first child that ended for good by itself (one of its final exit codes); wait for it."""
        while True:
            for child, keeping in self._keeping.items():
                if keeping.done():
                    return child
            await asyncio.wait(self._keeping.values(), return_when=asyncio.FIRST_COMPLETED)

    async def over(self, child: Child) -> None:
        """Wait until this child has ended for good."""
        if child in self._keeping:
            await asyncio.wait({self._keeping[child]})

    async def end(self, child: Child, within: float) -> None:
        """End one child for good: SIGTERM, and SIGKILL after `within` seconds."""
        keeping = self._keeping.pop(child, None)
        if keeping is None:
            return
        child.leaving.set()
        child.signal(signal.SIGTERM)
        await asyncio.wait({keeping}, timeout=within)
        if not keeping.done():
            log.warning("%s did not end in time and is killed", child.program.name)
            child.signal(signal.SIGKILL)
            await asyncio.wait({keeping}, timeout=AFTER_KILL)
        child.finish()

    async def end_together(self, within: float) -> None:
        """End all children at the same time, each as by `end`."""
        await asyncio.gather(*(self.end(child, within) for child in list(self._keeping)))

    async def close(self, within: float) -> None:
        """End all children, the newest first: SIGTERM, then SIGKILL for what is left; takes about `within` seconds at
        most. A child gets an equal share of what remains."""
        self._let_go()
        deadline = asyncio.get_running_loop().time() + within
        waiting = len(self._keeping)
        for child, keeping in reversed(self._keeping.items()):
            child.signal(signal.SIGTERM)
            left = deadline - asyncio.get_running_loop().time()
            await asyncio.wait({keeping}, timeout=max(0.0, left / waiting))
            if not keeping.done():
                log.warning("%s did not end in time and is killed", child.program.name)
                child.signal(signal.SIGKILL)
            waiting -= 1
        if self._keeping:
            await asyncio.wait(self._keeping.values(), timeout=AFTER_KILL)
        for child in self._keeping:
            child.finish()
        self._keeping.clear()

    def kill(self) -> None:
        """SIGKILL to all, at once. `close` may still be running or follow."""
        self._let_go()
        for child in self._keeping:
            child.signal(signal.SIGKILL)

    def _let_go(self) -> None:
        for child in self._keeping:
            child.leaving.set()

    async def _keep(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        shortest, longest = BACKOFF
        pause = shortest
        while True:
            began = loop.time()
            code = await child.wait()
            if child.leaving.is_set():
                return
            child.deaths += 1
            if code in child.program.final:
                return
            log.warning("%s ended by itself (%s)", child.program.name, _in_words(code))
            if loop.time() - began > STEADY:
                pause = shortest
            while not await self._again(child, pause):
                if child.leaving.is_set():
                    return
                pause = min(pause * 2, longest)
            pause = min(pause * 2, longest)

    async def _again(self, child: Child, pause: float) -> bool:
        try:
            async with asyncio.timeout(pause):
                await child.leaving.wait()
            return False
        except TimeoutError:
            pass
        try:
            await child.spawn()
        except OSError as error:
            log.warning("%s cannot be started: %s", child.program.name, error)
            return False
        if child.leaving.is_set():
            child.signal(signal.SIGTERM)
        return True


def _in_words(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
