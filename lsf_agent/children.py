"""What every child process of the agent needs: its output read with a bound, and its end not waited for too long."""

import asyncio
import os
import signal
from contextlib import suppress

DEATH_LIMIT = 0.5
"""Seconds that a killed child is waited for; one stuck in a dead file system is left behind."""


async def read_bounded(stream: asyncio.StreamReader | None, limit: int) -> tuple[bytes, bool]:
    """Up to `limit` bytes, and whether there were more; those are read and dropped, so that the writer goes on."""
    assert stream is not None
    kept = bytearray()
    cut = False
    while piece := await stream.read(65536):
        room = limit - len(kept)
        kept += piece[:room]
        cut = cut or len(piece) > room
    return bytes(kept), cut


def kill_group(process: asyncio.subprocess.Process) -> None:
    """SIGKILL to its process group, unless it has ended. Another user's process is left to its own limit."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


async def end(process: asyncio.subprocess.Process) -> None:
    """Killed with its group, and reaped if it dies soon."""
    kill_group(process)
    with suppress(TimeoutError):
        async with asyncio.timeout(DEATH_LIMIT):
            await process.wait()
