"""`python -m lsf_agent`: the batch client, configured by the environment (`realtime.settings`).

`python -m lsf_agent check` looks instead whether it could work here (`lsf_agent.check`).
"""

import asyncio
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from functools import partial

import uvloop

from lsf_agent.agent import Agent
from lsf_agent.check import check_agent, print_checks
from lsf_agent.hands import Hands
from lsf_agent.lines import log_to_stderr
from lsf_agent.lsf.adapter import Lsf
from lsf_agent.lsf.commands import Commands
from lsf_agent.notify import VARIABLES, Notify
from lsf_agent.profile import ProfileError, with_profile
from lsf_agent.scheduler import Scheduler
from lsf_agent.submission.spool import Spool, SpoolError
from realtime.settings import Settings, SettingsError, read

log = logging.getLogger("lsf_agent")

TOKEN_LOOK = 0.2
SPOOL_LOOK = 0.5


def main() -> int:
    """0: told to end; 1: the spool cannot be used; 2: the settings are wrong."""
    try:
        settings = read(os.environ)
        if sys.argv[1:] == ["check"]:
            return check(settings)
        environment = surroundings(os.environ, settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    faulthandler.enable()  # a watchdog that ends us leaves behind where we hung
    lines = log_to_stderr()
    spool = Spool(settings.data_dir / "agent" / "spool")
    try:
        uvloop.run(serve(settings, environment, spool, Notify(os.environ), lines.hide))
    except SpoolError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def check(settings: Settings) -> int:
    """0: all is well; 1: something is not. Told on standard output."""
    logging.disable()
    token = Token(settings, lambda _: None)()
    environ = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    commands = partial(with_commands, settings=settings)
    return uvloop.run(print_checks(check_agent(settings, environ, commands, token, scheduler)))


def scheduler(environment: Mapping[str, str], hands: Hands) -> Scheduler:
    """LSF, by the commands that are found in `environment`."""
    return Lsf(Commands(environment, hands))


def surroundings(environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The environment of scripts and commands: the site's profile is read, what is meant for us alone is left out.
    Raises SettingsError."""
    kept = {name: value for name, value in environ.items() if name not in VARIABLES}
    if settings.lsf_profile is not None:
        try:
            kept = with_profile(kept, settings.lsf_profile)
        except ProfileError as error:
            raise SettingsError(f"BATCHBOARD_LSF_PROFILE: {error}") from error
    return with_commands(kept, settings)


def with_commands(environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The environment in which LSF's commands are found: those of the farm, or those of the embedded scheduler."""
    if settings.scheduler != "local":
        return dict(environ)
    from lsf_agent.embedded import install

    folder = install(settings.data_dir / "agent" / "lsf", settings.local_slots)
    return {**environ, "PATH": os.pathsep.join([str(folder), environ.get("PATH") or os.defpath])}


async def serve(
    settings: Settings, environment: Mapping[str, str], spool: Spool, notify: Notify, hide: Callable[[str], None]
) -> None:
    """Until SIGTERM or SIGINT; scripts under way and LSF jobs go on without us. Raises SpoolError.

    Systemd is told that the start has succeeded before anything is waited for: an agent that waits works as it should.
    """
    this = asyncio.current_task()
    assert this is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, this.cancel)
    token = Token(settings, hide)
    doing = "waiting for the manager"
    agent: Agent | None = None
    keeping = asyncio.create_task(
        notify.keep(lambda: agent is None or agent.alive, lambda: agent.standing if agent else doing), name="notify"
    )
    try:
        notify.ready()
        doing = "standing by: another agent is at work on this spool"
        await taken(spool)
        doing = "waiting for the manager"
        await token.made()
        log.info("serving location %s for %s", settings.location, settings.data_dir)
        hands = Hands(settings, environment)
        agent = Agent(settings, environment, token, spool, scheduler(environment, hands), hands)
        await agent.run()
    except asyncio.CancelledError:
        notify.stopping()
        log.info("told to end; scripts and LSF jobs go on")
    finally:
        keeping.cancel()


async def taken(spool: Spool) -> None:
    """Returns when the spool is ours. The lock of an agent that is killed is gone at once. Raises SpoolError."""
    if spool.take():
        return
    log.warning("another agent is at work on %s; standing by", spool.root)
    while True:
        await asyncio.sleep(SPOOL_LOOK)
        if spool.take():
            log.info("the other agent has gone; taking over")
            return


class Token:
    """The secret between agent and manager: set, or in the file that the manager makes; read anew for each call."""

    def __init__(self, settings: Settings, hide: Callable[[str], None]) -> None:
        self._hide = hide
        self._set = settings.agent_token
        self._file = settings.data_dir / "agent.token"

    def __call__(self) -> str | None:
        token = self._set or self._kept()
        self._hide(token or "")
        return token

    def _kept(self) -> str | None:
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
