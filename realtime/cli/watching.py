"""What `batchboard watch` does until it is left: draw pictures, or print lines."""

import asyncio
import sys
from contextlib import suppress
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live

from realtime.cli.watch_table import State, picture
from realtime.client import Subscription
from realtime.protocol.wire import encode

DRAW_EVERY = 0.2
"""Seconds between two pictures at least, however much changes."""
CLOCK_EVERY = 1.0


async def print_lines(subscription: Subscription) -> None:
    """Each change as a line of JSON; a reader that is slow holds the feed up, and nothing else."""
    async for change in subscription:
        await asyncio.to_thread(_write, encode(change) + b"\n")


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


async def show(subscription: Subscription, experiment: str) -> None:
    """The terminal is as it was when this ends, with the last picture on it."""
    console = Console()
    news = asyncio.Event()
    state = State(connected=False, problem=None, known_at=None)

    async def follow() -> None:
        try:
            async for _ in subscription:
                news.set()
        finally:
            news.set()

    following = asyncio.create_task(follow(), name="follow")
    try:
        with Live(console=console, screen=True, auto_refresh=False, redirect_stderr=False) as live:
            while not following.done():
                now = datetime.now(UTC)
                live_now = subscription.connected and subscription.position is not None
                state = State(live_now, subscription.problem, now if live_now else state.known_at)
                size = console.size
                drawn = picture(experiment, subscription.view, state, now, size.width, size.height, "Ctrl-C ends")
                live.update(drawn, refresh=True)
                await asyncio.sleep(DRAW_EVERY)
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), CLOCK_EVERY - DRAW_EVERY)
                news.clear()
        await following
    finally:
        following.cancel()
        await asyncio.wait([following])
        size = console.size
        console.print(
            picture(experiment, subscription.view, state, datetime.now(UTC), size.width, size.height - 1), end=""
        )
