"""How commands that run for long are left: Ctrl-C, SIGTERM, a pipe whose reader has gone. None of them is an error."""

import asyncio
import os
import signal
import stat
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any


def run_until_left(doing: Coroutine[Any, Any, None]) -> None:
    """Run until it ends or is left; it is cancelled then. SIGTERM ends the process with its usual exit code."""
    with suppress(KeyboardInterrupt), closed_pipe_is_an_end():
        if asyncio.run(_leavable(doing)):
            sys.exit(128 + signal.SIGTERM)


async def _leavable(doing: Coroutine[Any, Any, None]) -> bool:
    """Whether SIGTERM ended it."""
    loop = asyncio.get_running_loop()
    work = asyncio.ensure_future(doing)
    terminated = asyncio.Event()

    def terminate() -> None:
        terminated.set()
        work.cancel()

    loop.add_signal_handler(signal.SIGTERM, terminate)
    watched = _is_pipe(sys.stdout.fileno())
    if watched:
        # The write end of a pipe is never readable, but it reports that the other end has gone.
        loop.add_reader(sys.stdout.fileno(), work.cancel)
    try:
        await asyncio.wait([work])
    finally:
        work.cancel()
        await asyncio.wait([work])
        loop.remove_signal_handler(signal.SIGTERM)
        if watched:
            loop.remove_reader(sys.stdout.fileno())
    if not work.cancelled():
        work.result()
    return terminated.is_set()


def _is_pipe(descriptor: int) -> bool:
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode)


@contextmanager
def closed_pipe_is_an_end() -> Iterator[None]:
    """A reader that has seen enough ends us quietly."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Nothing may be left to be flushed at exit, when it would be reported.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
