"""The daemon of a directory: one at a time, started by the first command, gone after a quiet while."""

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path

from lsf_agent.embedded import journal, reach
from lsf_agent.embedded.desk import Desk
from lsf_agent.embedded.farm import Farm
from lsf_agent.embedded.line import LIMIT

LOG_LIMIT = 1024 * 1024


def main(arguments: list[str]) -> int:
    """`DIRECTORY`. Returns at once when the directory has a daemon already."""
    directory = Path(arguments[0])
    os.chdir(directory)
    os.umask(0o077)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # whatever the command that started us had open
    with suppress(PermissionError):
        os.setsid()  # whoever started us may be killed with its whole group
    held = reach.lock(reach.LOCK)
    if held is None:
        return 0
    os.ftruncate(held, 0)
    os.pwrite(held, str(os.getpid()).encode(), 0)
    if Path(reach.LOG).exists() and Path(reach.LOG).stat().st_size > LOG_LIMIT:
        os.truncate(reach.LOG, 0)
    asyncio.run(serve(directory))
    return 0


async def serve(directory: Path) -> None:
    """Until a quiet while has passed, or stop was asked for."""
    path = directory / journal.FILE
    farm = Farm(directory, journal.Journal(path), journal.book(path))
    desk = Desk(farm)
    server = await asyncio.start_unix_server(desk.serve, sock=listener(), limit=LIMIT)
    async with asyncio.TaskGroup() as group:
        working = group.create_task(farm.run())
        await quiet(farm, desk)
        working.cancel()
    server.close()


def listener() -> socket.socket:
    """Under a relative path: a socket's may have 108 bytes, a directory's more."""
    path = Path(reach.SOCKET)
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(reach.SOCKET)
    path.chmod(0o600)
    return listening


async def quiet(farm: Farm, desk: Desk) -> None:
    """Returns when nobody needs the daemon any more. A command that comes too late starts another one."""
    loop = asyncio.get_running_loop()
    while True:
        turn = farm.turn
        left: float | None = None
        if not desk.busy:
            if desk.stopped:
                return
            if not farm.book.unfinished():
                left = desk.last_at + farm.settings().idle - loop.time()
                if left <= 0:
                    return
        with suppress(TimeoutError):
            await asyncio.wait_for(turn.wait(), left)
