"""`python -m lsf_agent`: the batch client, configured by the environment (`realtime.settings`)."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping

import uvloop

from lsf_agent.agent import Agent
from lsf_agent.lsf.adapter import Lsf
from lsf_agent.lsf.commands import Commands
from lsf_agent.spool import Spool, SpoolError
from realtime.settings import Settings, SettingsError, read

log = logging.getLogger("lsf_agent")

TOKEN_LOOK = 0.2


def main() -> int:
    """0: told to end; 1: the spool cannot be used; 2: the settings are wrong."""
    try:
        settings = read(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    log_to_stderr()
    spool = Spool(settings.data_dir / "agent" / "spool")
    try:
        spool.open()
        environment = with_commands(os.environ, settings)
        uvloop.run(serve(settings, environment, spool))
    except SpoolError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def log_to_stderr() -> None:
    """Times in UTC. The HTTP client's own lines would repeat every request."""
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(level=logging.INFO, format="%(asctime)sZ agent %(levelname)s %(message)s", stream=sys.stderr)
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def with_commands(environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The environment in which LSF's commands are found: those of the farm, or those of the embedded scheduler."""
    if settings.scheduler != "local":
        return dict(environ)
    from lsf_agent.embedded import install

    folder = install(settings.data_dir / "agent" / "lsf", settings.local_slots)
    return {**environ, "PATH": os.pathsep.join([str(folder), environ.get("PATH") or os.defpath])}


async def serve(settings: Settings, environment: Mapping[str, str], spool: Spool) -> None:
    """Until SIGTERM or SIGINT; scripts under way and LSF jobs go on without us."""
    this = asyncio.current_task()
    assert this is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, this.cancel)
    token = Token(settings)
    try:
        await token.made()
        log.info("serving location %s for %s", settings.location, settings.data_dir)
        await Agent(settings, environment, token, spool, Lsf(Commands(environment))).run()
    except asyncio.CancelledError:
        log.info("told to end; scripts and LSF jobs go on")


class Token:
    """The secret between agent and manager: set, or in the file that the manager makes; read anew for each call."""

    def __init__(self, settings: Settings) -> None:
        self._set = settings.agent_token
        self._file = settings.data_dir / "agent.token"

    def __call__(self) -> str | None:
        if self._set:
            return self._set
        try:
            return self._file.read_text().strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    async def made(self) -> None:
        """Returns when there is one."""
        if self() is None:
            log.info("waiting for the manager to make %s", self._file)
        while True:
            if self() is not None:
                return
            await asyncio.sleep(TOKEN_LOOK)


if __name__ == "__main__":
    sys.exit(main())
