"""Calls into the file system that may hang: made in threads that nobody waits for longer than they are worth."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 32
"""Threads, including those left behind in a file system that does not answer."""


class Aside:
    """Daemon threads: unlike those of a pool they do not hold up the end of the process."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = at_once

    async def call(self, limit: float, function: Callable[[], T]) -> T:
        """The function's answer or exception; TimeoutError after `limit` seconds, and at once when all threads hang."""
        if self._free <= 0:
            raise TimeoutError
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def finish(settle: Callable[[], None]) -> None:
            self._free += 1
            if not answer.done():
                settle()

        def work() -> None:
            try:
                value = function()
            except OSError as error:
                settle = partial(answer.set_exception, error)
            else:
                settle = partial(answer.set_result, value)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(finish, settle)

        self._free -= 1
        threading.Thread(target=work, daemon=True).start()
        async with asyncio.timeout(limit):
            return await answer


def place_of(path: str, mounts: str = "/proc/self/mounts") -> str:
    """What to name when `path` does not answer: the file system's mount point, or on the root one the folder."""
    points = [line.split(" ")[1] for line in Path(mounts).read_text(errors="replace").splitlines() if " " in line]
    named = [point for point in points if point != "/" and f"{path}/".startswith(f"{point}/")]
    return max(named, key=len, default=str(Path(path).parent))
