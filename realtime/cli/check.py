"""`batchboard check`: looks at everything that must be right, and says of each failure how it is mended."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from realtime.cli.configured import configured
from realtime.domain.fitness import Checked

if TYPE_CHECKING:
    from realtime.settings import Settings

AGENT_LIMIT = 120.0
"""Seconds for all that is looked at on the agent's side."""
NOT_TRIED = Checked("job", True, "not tried", "mend the above first")


@click.command()
@click.option("--manager-only", is_flag=True, help="Leave out what concerns the agent's host.")
@click.option("--agent-only", is_flag=True, help="On a submit host: leave out manager and job.")
@click.option("--no-job", is_flag=True, help="Do not submit a job.")
@click.option("--queue", help="Queue of the job; default: LSF's.")
@click.option("--script", help="Submit script of the job, a path on the agent's host; default: the shipped check.sh.")
@click.option("--wait", default=120.0, show_default=True, help="Seconds that the job may take.")
@click.option("--json", "as_json", is_flag=True, help="Print a list in JSON.")
def check(
    manager_only: bool,
    agent_only: bool,
    no_job: bool,
    queue: str | None,
    script: str | None,
    wait: float,
    as_json: bool,
) -> None:
    """Look whether everything is right: configuration, file systems, Redis, LSF, rights, clocks, and one tiny job.

    On one host it looks at all of it; otherwise use --manager-only on the manager's host, and --agent-only on the
    submit host as the agent's account and with its settings. Exit code 1: something must be mended.
    """
    if manager_only and agent_only:
        raise click.UsageError("--manager-only and --agent-only exclude each other")
    settings = configured(os.environ)
    found: dict[str, list[Checked]] = {}
    for side, checked in _sides(settings, manager_only=manager_only, agent_only=agent_only):
        if side not in found and not as_json:
            click.echo(f"{side}:")
        found.setdefault(side, []).append(checked)
        if not as_json:
            click.echo("\n".join(lines(checked)))
    well = all(checked.ok for side in found.values() for checked in side)
    if not (agent_only or no_job):
        checked = _job(settings, queue, script, wait) if well else NOT_TRIED
        found["job"] = [checked]
        well = well and checked.ok
        if not as_json:
            click.echo("\n".join(["job:", *lines(checked)]))
    if as_json:
        from realtime.protocol.wire import encode

        click.echo(encode(found))
    sys.exit(0 if well else 1)


def lines(checked: Checked) -> Iterator[str]:
    """For people: the mark, what was found, and beneath it what to do."""
    mark = "FAIL" if not checked.ok else "warn" if checked.cure else "ok"
    yield f"  {mark:<4}  {checked.name}: {checked.found}"
    if checked.cure:
        yield f"        -> {checked.cure}"


def _sides(settings: "Settings", *, manager_only: bool, agent_only: bool) -> Iterator[tuple[str, Checked]]:
    if not agent_only:
        for checked in _manager(settings):
            yield "manager", checked
    if not manager_only:
        for checked in _agent():
            yield "agent", checked


def _manager(settings: "Settings") -> Iterator[Checked]:
    import asyncio

    from realtime.check.manager import check_manager
    from realtime.cli.api import NoToken, login_token

    token = None
    with suppress(NoToken):
        token = login_token(settings)
    with asyncio.Runner() as runner:
        checks: AsyncIterator[Checked] = check_manager(settings, token)
        with suppress(StopAsyncIteration):
            while True:
                yield runner.run(_next(checks))


async def _next(checks: AsyncIterator[Checked]) -> Checked:
    return await anext(checks)


def _agent() -> Iterator[Checked]:
    """The agent is another program: it looks itself, and tells a line for each thing."""
    from realtime.protocol.wire import decode

    command = [sys.executable, "-m", "lsf_agent", "check"]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
    late = threading.Timer(AGENT_LIMIT, _kill_group, [child.pid])
    late.daemon = True
    late.start()
    failures = 0
    with child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                checked = decode(line, Checked)
                failures += not checked.ok
                yield checked
            code = child.wait()
        except BaseException:
            _kill_group(child.pid)
            raise
    late.cancel()
    if code != bool(failures):
        found = f"the look at this host ended with {code}" if code > 0 else f"it did not end within {AGENT_LIMIT:g} s"
        yield Checked("agent's side", False, found, f"{sys.executable} -m lsf_agent check says more")


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _job(settings: "Settings", queue: str | None, script: str | None, wait: float) -> Checked:
    from realtime.cli.api import Api, ApiError, login_token
    from realtime.cli.check_job import shipped_script, try_job

    try:
        with Api(settings.manager_url, login_token(settings)) as api:
            return try_job(api, script or shipped_script(), queue, wait)
    except ApiError as error:
        return Checked("job", False, str(error), "without the login token use --no-job")
