"""Starts the runner of a submit script: as the agent's own account, or as the user whose job it is."""

import asyncio
import logging
import socket
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lsf_agent.backoff import Backoff
from lsf_agent.hands import OF_THE_FARM, Hands
from lsf_agent.lsf.bsub import SUBMITTED
from lsf_agent.submission.durable import insist
from lsf_agent.submission.entry import Entry
from lsf_agent.submission.record import Ended, Plan
from realtime.protocol.agent import Submit
from realtime.settings import Settings

log = logging.getLogger(__name__)

BEGAN_LOOK = 0.02


class Start:
    """`environment` is that of the runner, and with RUN_AS=self of the script, but for what the request adds."""

    def __init__(self, entry: Entry, settings: Settings, environment: Mapping[str, str], hands: Hands) -> None:
        self._entry = entry
        self._settings = settings
        self._environment = environment
        self._hands = hands
        self._child: subprocess.Popen[bytes] | None = None

    async def begin(self, request: Submit, tag: str) -> None:
        """Returns when a runner has begun, now or in an earlier life of the agent, or never can."""
        pause = Backoff(0.5, 30.0)
        while not self._decided():
            if refusal := self._hands.refusal(request.user):
                await self._never(request.user, refusal)
            elif not self._entry.runner_lives():
                await self._run(self._plan(request, tag), request.user)
            if not self._decided():
                await pause.wait()

    def _decided(self) -> bool:
        story = self._entry.story()
        return story.began is not None or story.ended is not None

    def _plan(self, request: Submit, tag: str) -> Plan:
        cwd = self._settings.script_cwd
        farm = {name: value for name, value in self._environment.items() if OF_THE_FARM.fullmatch(name)}
        return Plan(
            executable=request.executable,
            arguments=request.arguments,
            environment={**farm, **request.environment} if self._hands.sudo else request.environment,
            given=list(request.environment),
            working_directory="~" if cwd == "home" else script_folder(cwd, request.executable),
            timeout=self._settings.submit_timeout,
            submitted=SUBMITTED,
            tag=tag,
            roots=[str(root) for root in self._settings.script_roots],
            workspace=None if self._hands.sudo else str(self._entry.directory),
            started_by=socket.gethostname(),
        )

    async def _run(self, plan: Plan, user: str) -> None:
        """Starts a runner and returns when it has begun or ended."""
        job = self._entry.job
        try:
            with self._entry.offered(plan) as files:
                if files is None:
                    return
                self._child = start_runner(self._hands.argv(user), files, self._environment)
        except OSError as error:
            log.error("job %s: the runner cannot be started: %s", job, error)
            return
        while not self._decided():
            if self._child.poll() is not None and not self._decided():
                if refusal := self._sudo_says():
                    await self._never(user, refusal)
                else:
                    log.error("job %s: the runner ended before it began; is the spool's disk full?", job)
                return
            await asyncio.sleep(BEGAN_LOOK)

    def _sudo_says(self) -> str | None:
        """Why sudo refuses to start the runner."""
        lines = self._entry.output_end("stderr", 4096).splitlines() if self._hands.sudo else []
        return next((line.removeprefix("sudo:").strip() for line in lines if line.startswith("sudo:")), None)

    async def _never(self, user: str, refusal: str) -> None:
        problem = f"cannot be run as {user}: {refusal}"
        ended = Ended(exit_code=None, timed_out=False, problem=problem, at=datetime.now(UTC))
        await insist(self._entry.job, "the end", lambda: self._entry.end(ended))

    async def reap(self) -> None:
        """Waits for the runner that we started; one of an earlier agent belongs to init."""
        while self._child is not None:
            if self._child.poll() is not None:
                return
            await asyncio.sleep(0.1)


def start_runner(
    argv: Sequence[str], files: tuple[int, int, int], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """A process that shares neither session nor pipes with us, so that our end is not its end."""
    record, stdout, stderr = files
    return subprocess.Popen(
        argv,
        stdin=record,
        stdout=stdout,
        stderr=stderr,
        env=dict(environment),
        cwd="/",
        start_new_session=True,
    )


def script_folder(setting: str, executable: str) -> str:
    """The working directory of a script: its own folder, our home, or the path that is set."""
    if setting == "script":
        return str(Path(executable).parent)
    return str(Path.home()) if setting == "home" else setting
