"""`batchboard demo`: starts the parts, says where the page is, shows what happens, ends everything."""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping

import httpx

from realtime.demo.ground import DemoRefused, Ground, prepare
from realtime.demo.guard import end_all
from realtime.demo.look import look
from realtime.domain.errors import BatchboardError
from realtime.settings import Settings, read
from realtime.supervisor import Program, Supervisor

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
ANSWER_EVERY = 0.1
FARM_STOP = 0.8
MANAGER_STOP = 1.6
GUARD_STOP = 0.6
"""Together the seconds in which everything is ended."""
REFUSED = 2
DEMO, SHIFT = "demo", "shift"
"""The experiments."""


async def run_demo(settings: Settings, environ: Mapping[str, str], *, shift: bool = False) -> int:
    """Run until SIGINT, SIGTERM or SIGHUP (a second one kills at once); the exit code. Raises DemoRefused.

    `shift`: of an experiment that is under way for long, with a colleague at work and LSF away twice.
    """
    ground = await asyncio.to_thread(prepare, settings)
    return await Demo(ground, environ, settings, shift=shift).run()


class Demo:
    """The parts of one demo and their end."""

    def __init__(self, ground: Ground, environ: Mapping[str, str], settings: Settings, *, shift: bool = False) -> None:
        self._environ = surroundings(ground, environ, settings)
        self._settings = read(self._environ)
        self._client_dir = ground.data_dir / "agent"
        self._guard = start_guard(ground, self._environ)
        self._manager = Supervisor()
        self._farm = Supervisor()
        self._stop = asyncio.Event()
        self._killed = False
        self._shift = shift

    async def run(self) -> int:
        """See run_demo."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._told_to_end)
        say(f"Batchboard demo: data in {self._settings.data_dir}")
        say("Starting the manager, the batch client and a simulated beam line ...")
        try:
            if self._shift and not await self._bring_shift():
                return 0
            await self._start()
            return await self._until_told()
        finally:
            await self._end()

    async def _start(self) -> None:
        python = sys.executable, "-m"
        await self._manager.start(self._program("manager", *python, "realtime", "serve"))
        await self._farm.start(self._program("client", *python, "lsf_agent"))
        if not self._shift:
            await self._farm.start(self._program("beamline", *python, "realtime.demo.beamline"))
            return
        for name, *words in (
            ("beamline", "realtime.demo.shift"),
            ("colleague", "realtime.demo.colleague"),
            ("outages", "realtime.demo.outages", str(self._client_dir / "lsf")),
        ):
            await self._farm.start(self._program(name, *python, *words))

    async def _bring_shift(self) -> bool:
        """Before the manager has the store. False: told to end meanwhile."""
        from realtime.demo.shift import bring_shift  # loads the store, which the plain demo leaves to the manager

        bringing = asyncio.create_task(bring_shift(self._settings.data_dir))
        told = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({bringing, told}, return_when=asyncio.FIRST_COMPLETED)
            if bringing.done():
                bringing.result()
            return not told.done()
        except (BatchboardError, OSError) as error:
            raise DemoRefused(f"the shift cannot be laid out in {self._settings.data_dir}: {error}") from error
        finally:
            for task in (bringing, told):
                task.cancel()
            await asyncio.gather(bringing, told, return_exceptions=True)

    def _program(self, name: str, *arguments: str) -> Program:
        return Program(name=name, arguments=arguments, environment=self._environ, final=frozenset({REFUSED}))

    async def _until_told(self) -> int:
        told = asyncio.create_task(self._stop.wait())
        refused = [asyncio.create_task(supervisor.ended()) for supervisor in (self._manager, self._farm)]
        showing = asyncio.create_task(self._show())
        try:
            await asyncio.wait({told, showing, *refused}, return_when=asyncio.FIRST_COMPLETED)
            if showing.done():
                showing.result()
            for ended in refused:
                if ended.done():
                    say(f"{ended.result().program.name} cannot run with these settings (see above); ending")
                    return REFUSED
            return 0
        finally:
            for task in (told, showing, *refused):
                task.cancel()
            await asyncio.gather(told, showing, *refused, return_exceptions=True)

    async def _show(self) -> None:
        began = time.monotonic()
        async with httpx.AsyncClient(base_url=self._settings.manager_url, timeout=5, trust_env=False) as client:
            await _answering(client)
            token = self._settings.token or (self._settings.data_dir / "token").read_text().strip()
            say(f"\nThe page answers after {time.monotonic() - began:.1f} s. Open\n")
            say(f"    {self._settings.public_url}/?token={token}\n\nCtrl-C ends everything.\n")
            shown = ""
            while True:
                if (line := await look(client, token, SHIFT if self._shift else DEMO)) != shown:
                    say(f"{time.strftime('%H:%M:%S')}  {line}")
                    shown = line
                await asyncio.sleep(LOOK_EVERY)

    def _told_to_end(self) -> None:
        if self._stop.is_set():
            self._killed = True
            self._farm.kill()
            self._manager.kill()
        else:
            say("\nEnding ... (Ctrl-C again kills at once)")
        self._stop.set()

    async def _end(self) -> None:
        await self._farm.close(FARM_STOP)
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        await self._manager.close(MANAGER_STOP)
        if self._killed:
            return  # the guard ends what is left by itself
        if await asyncio.to_thread(_exit_code, self._guard) != 0:
            log.warning("the guard has failed; ending scripts and scheduler without it")
            await asyncio.to_thread(end_all, self._client_dir)
        say("Everything has ended.")


def surroundings(ground: Ground, environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The environment of the parts: the caller's, with the settings that make them find each other."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        **environ,
        "BATCHBOARD_DATA_DIR": str(ground.data_dir),
        "BATCHBOARD_MANAGER_URL": f"http://{host}:{settings.port}",
        "BATCHBOARD_SCHEDULER": "local",
        "PYTHONUNBUFFERED": "1",
    }


def start_guard(ground: Ground, environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """The process that ends scripts and scheduler when our end of its standard input closes."""
    guard = subprocess.Popen(
        [sys.executable, "-m", "realtime.demo.guard", str(ground.data_dir / "agent")],
        stdin=subprocess.PIPE,
        env=environ,
        pass_fds=(ground.lock,),
        start_new_session=True,
    )
    os.close(ground.lock)
    return guard


def _exit_code(guard: "subprocess.Popen[bytes]") -> int | None:
    try:
        return guard.wait(GUARD_STOP + 5)
    except subprocess.TimeoutExpired:
        return None


async def _answering(client: httpx.AsyncClient) -> None:
    while True:
        with contextlib.suppress(httpx.TransportError):
            if (await client.get("/healthz")).is_success:
                return
        await asyncio.sleep(ANSWER_EVERY)


def say(text: str) -> None:
    """A line for whoever started the demo, at once."""
    print(text, flush=True)
