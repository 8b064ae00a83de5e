"""`python -m realtime.server`: started by `batchboard serve` alone, which hands over the listening socket."""

import argparse
import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Any

import uvloop

from realtime.app import open_bus, open_house
from realtime.logs import log_to_stderr
from realtime.ready import parent_gone, say
from realtime.server.config import hypercorn_config
from realtime.server.serving import serve
from realtime.settings import Settings, SettingsError, read
from realtime.web.edge import application

REFUSED = 2
GOODBYE = 1.0
"""Seconds that open websockets get to say goodbye."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """What the parent hands over: descriptors of the listening socket and of the line to it, the name of this process,
    what carries the news in words."""

    socket: int
    ready: int
    name: str
    news_by: str


def main() -> None:
    """Serve; exit code 2 when the settings are refused, which the parent is told."""
    start = parse(sys.argv[1:])
    log_to_stderr()
    _open_as_many_files_as_allowed()
    try:
        settings = read(os.environ)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(settings, start))
    except SettingsError as error:
        say(start.ready, refused=str(error))
        sys.exit(REFUSED)


def parse(arguments: list[str]) -> Start:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m realtime.server", description=__doc__)
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--ready", type=int, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--news-by", required=True)
    return Start(**vars(parser.parse_args(arguments)))


async def run(settings: Settings, start: Start) -> None:
    """Serve until SIGTERM, SIGINT or the parent's death."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_without_cancellations)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    orphaned = asyncio.create_task(_stop_without_parent(start.ready, stop), name="parent")
    try:
        with socket.socket(fileno=start.socket) as listening:
            async with (
                open_bus(settings, start.news_by) as bus,
                open_house(settings, bus, start.news_by, start.name) as house,
            ):
                # A full collection walks every connection's objects and would delay a fan-out by some 100 ms.
                gc.freeze()
                gc.set_threshold(50_000, 20, 100)
                await serve(
                    application(house),
                    hypercorn_config(),
                    listening,
                    serving=lambda: say(start.ready, refused=None),
                    told_to_end=stop.wait(),
                    goodbye=lambda: house.sockets.close(GOODBYE),
                )
    finally:
        orphaned.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await orphaned


async def _stop_without_parent(ready: int, stop: asyncio.Event) -> None:
    await parent_gone(ready)
    stop.set()


def _open_as_many_files_as_allowed() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS calls its limit infinite and refuses it
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _without_cancellations(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # asyncio's streams report connections that were cancelled at the end as if they had failed.
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


if __name__ == "__main__":
    main()
