"""`python -m lsf_agent check`: whether the agent could work here, one JSON line for each thing that was looked at.

A running agent is not disturbed: neither its spool nor its lease is taken.
"""

import asyncio
import getpass
import grp
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx

from lsf_agent.children import end
from lsf_agent.hands import Hands
from lsf_agent.profile import ProfileError, with_profile
from lsf_agent.scheduler import Scheduler
from realtime.domain import fitness
from realtime.domain.fitness import Checked
from realtime.protocol.errors import ErrorAnswer
from realtime.protocol.observations import Observations
from realtime.protocol.wire import decode, encode
from realtime.settings import Settings

NEEDED = ("bsub", "bjobs", "bkill")
USEFUL = {
    "bhist": "jobs that bjobs has forgotten become LOST",
    "bpeek": "the output of a job is not seen before LSF writes its log",
    "lsid": "the version of LSF is not known",
}
ANSWER_LIMIT = 10.0
LOOK_LIMIT = 5.0
SOME_JOB = "1"
"""Asking about any job at all tells how bjobs can be asked."""
MEMBERS = 5
"""Members of the group that are tried, should it be a large one."""
NO_GENERATION = -1
MOUNTS = Path("/proc/self/mounts")
NO_ROOT = "run it as the account whose jobs these are; with RUN_AS=sudo as an account of its own"


async def check_agent(
    settings: Settings,
    environ: Mapping[str, str],
    with_commands: Callable[[Mapping[str, str]], dict[str, str]],
    token: str | None,
    scheduler_in: Callable[[Mapping[str, str], Hands], Scheduler],
) -> AsyncIterator[Checked]:
    """Everything that can be looked at on the agent's host, one by one."""
    yield account(settings)
    environment, checked = profile(settings, environ)
    if checked is not None:
        yield checked
    yield spool(settings.data_dir)
    async for checked in script_roots(settings.script_roots):
        yield checked
    async with httpx.AsyncClient(timeout=ANSWER_LIMIT, trust_env=False) as client:
        async for checked in manager(settings, token, client):
            yield checked
    environment = with_commands(environment)
    missing = False
    for checked in commands(environment, settings.lsf_profile is not None):
        missing = missing or not checked.ok
        yield checked
    hands = Hands(settings, environment)
    if not missing:
        async for checked in batch_system(scheduler_in(environment, hands)):
            yield checked
    async for checked in acting(settings, hands):
        yield checked


def account(settings: Settings) -> Checked:
    """LSF takes no jobs of root."""
    name = getpass.getuser()
    if os.geteuid() != 0 or settings.scheduler == "local":
        return Checked("account", True, name)
    return Checked("account", False, f"{name}, whose jobs LSF refuses", NO_ROOT)


def profile(settings: Settings, environ: Mapping[str, str]) -> tuple[dict[str, str], Checked | None]:
    """The environment after LSF_PROFILE; None when there is none."""
    if settings.lsf_profile is None:
        return dict(environ), None
    try:
        environment = with_profile(environ, settings.lsf_profile)
    except ProfileError as error:
        return dict(environ), Checked(
            "profile", False, str(error), "mend BATCHBOARD_LSF_PROFILE: the agent does not start"
        )
    changed = sorted(name for name, value in environment.items() if environ.get(name) != value)
    return environment, Checked("profile", True, f"{settings.lsf_profile} sets {', '.join(changed) or 'nothing'}")


def spool(data_dir: Path) -> Checked:
    """The folder of the spool; before the first start, the one in which it will be made."""
    folder = data_dir / "agent" / "spool"
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"check")
            file.flush()
            os.fsync(file.fileno())
        space = os.statvfs(there)
        kind = fitness.filesystem_of(MOUNTS.read_text(errors="replace"), os.path.realpath(there))
    except OSError as error:
        found = f"{there}: cannot be written: {error.strerror or error}"
        return Checked("spool", False, found, "set BATCHBOARD_DATA_DIR to a folder that this account may write")
    return fitness.disk("spool", str(there), kind, space.f_bavail * space.f_frsize, may_be_shared=True)


async def script_roots(roots: tuple[Path, ...]) -> AsyncIterator[Checked]:
    """Each looked at by a child: one that hangs is left behind."""
    for root in roots:
        program = "import os, sys; sys.exit(not os.path.isdir(sys.argv[1]))"
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", "-c", program, str(root), start_new_session=True
        )
        try:
            async with asyncio.timeout(LOOK_LIMIT):
                there = await child.wait() == 0
        except TimeoutError:
            await end(child)
            yield Checked("script folder", False, f"{root} does not answer", "is its file server up?")
            continue
        cure = None if there else "mend BATCHBOARD_SCRIPT_ROOTS, or mount it"
        yield Checked("script folder", there, str(root) if there else f"{root} is not a folder here", cure)


async def manager(settings: Settings, token: str | None, client: httpx.AsyncClient) -> AsyncIterator[Checked]:
    """Whether the manager takes our token, told by a call under a lease that nobody has; and its clock."""
    url = settings.manager_url
    if token is None:
        cure = "copy DATA_DIR/agent.token from the manager's host and name it in BATCHBOARD_AGENT_TOKEN_FILE"
        yield Checked("agent token", False, "there is none here", cure)
    nothing = Observations(location=settings.location, generation=NO_GENERATION, observations=[])
    headers = {"Authorization": f"Bearer {token or ''}", "Content-Type": "application/json"}
    try:
        answer = await client.post(f"{url}/agent/v1/observations", content=encode(nothing), headers=headers)
    except httpx.TransportError as error:
        cure = "is it running, and does the tunnel stand? mend BATCHBOARD_MANAGER_URL"
        yield Checked("manager", False, f"does not answer at {url}: {error or type(error).__name__}", cure)
        return
    now = datetime.now(UTC)
    try:
        code = decode(answer.content, ErrorAnswer).error.code
    except ValueError:
        yield Checked("manager", False, f"what answers at {url} is not Batchboard", "mend BATCHBOARD_MANAGER_URL")
        return
    if code == "no_lease":
        yield Checked("manager", True, f"answers at {url} and takes the agent's token")
    elif answer.status_code != 401:
        cure = "install the same version of Batchboard on both hosts"
        yield Checked("manager", False, f"answers at {url}, but not as expected: {answer.status_code} {code}", cure)
    elif token is not None:
        cure = "copy DATA_DIR/agent.token from the manager's host again, or give both the same BATCHBOARD_AGENT_TOKEN"
        yield Checked("agent token", False, f"the manager at {url} refuses it", cure)
    yield fitness.clock("clock", answer.headers.get("Date"), now)


def commands(environment: Mapping[str, str], with_profile: bool) -> Iterator[Checked]:
    """Those that must be there, and those that are missed."""
    path = environment.get("PATH", os.defpath)
    places = {name: shutil.which(name, path=path) for name in (*NEEDED, *USEFUL)}
    missing = [name for name in NEEDED if places[name] is None]
    if missing:
        cure = (
            "the profile does not put LSF on PATH"
            if with_profile
            else "name the site's profile.lsf in BATCHBOARD_LSF_PROFILE"
        )
        yield Checked("commands", False, f"not on PATH: {', '.join(missing)}", cure)
    else:
        yield Checked("commands", True, f"{places['bsub']} and the others")
    for name, loss in USEFUL.items():
        if not missing and places[name] is None:
            yield Checked("commands", True, f"not on PATH: {name}", loss)


async def batch_system(scheduler: Scheduler) -> AsyncIterator[Checked]:
    """Whether LSF answers, and how it can be asked."""
    version = await scheduler.version()
    look = await scheduler.look([SOME_JOB])
    state = scheduler.state
    if not look.answered:
        found = look.problem or state.problem or "bjobs said nothing"
        yield Checked("LSF", False, f"does not answer: {found}", "lsid and bjobs by hand as this account say more")
        return
    name = version.name if version else "it answers, though lsid does not"
    yield Checked("LSF", True, f"{name}; bjobs is asked by {state.format or 'a format not found out yet'}")


async def acting(settings: Settings, hands: Hands) -> AsyncIterator[Checked]:
    """Whether scripts could be run: as this account, or as each of some members of the group."""
    if not hands.sudo:
        yield await _acting_as(getpass.getuser(), hands, "mend the installation: the runner cannot be started")
        return
    group = settings.run_as_group
    try:
        members = grp.getgrnam(group).gr_mem
    except KeyError:
        yield Checked("sudo", False, f"there is no group {group}", "make it, or set BATCHBOARD_RUN_AS_GROUP")
        return
    if not members:
        cure = f"add people to it: usermod -a -G {group} NAME"
        yield Checked("sudo", True, f"nobody is listed in the group {group}", cure)
    for user in members[:MEMBERS]:
        yield await _acting_as(
            user, hands, "install the shipped sudoers file (lsf_agent/deploy) and check it with visudo -c"
        )


async def _acting_as(user: str, hands: Hands, cure: str) -> Checked:
    name = "sudo" if hands.sudo else "runner"
    refusal = hands.refusal(user)
    if refusal is not None:
        return Checked(name, False, refusal, "take the account out of the group")
    try:
        request = {"do": "look", "executable": "/bin/sh", "path": os.defpath, "roots": []}
        await hands.ask(user, request, "/bin/sh", LOOK_LIMIT)
    except TimeoutError:
        return Checked(name, False, f"as {user}: no answer within {LOOK_LIMIT:g} s", cure)
    except OSError as error:
        return Checked(name, False, f"as {user}: {error.strerror or error}", cure)
    return Checked(name, True, f"scripts can be run as {user}")


async def print_checks(checks: AsyncIterator[Checked]) -> int:
    """0: all is well; 1: something is not."""
    well = True
    async for checked in checks:
        well = well and checked.ok
        print(encode(checked).decode(), flush=True)
    return 0 if well else 1
