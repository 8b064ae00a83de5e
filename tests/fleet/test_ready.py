"""The line between a parent and its servers."""

import asyncio
import os
from dataclasses import dataclass

from realtime.ready import ReadyLine, parent_gone, say
from tests.bus.waiting import until


@dataclass
class Server:
    """A program that is this process."""

    pid: int | None = None


async def test_a_server_says_that_it_serves_and_another_why_it_does_not() -> None:
    line = ReadyLine()
    waiting = asyncio.create_task(line.serving(server := Server()))
    say(line.descriptor, refused="PORT: wrong")
    await until(lambda: line.refusal(os.getpid()) == "PORT: wrong")
    server.pid = os.getpid()
    assert not line.serves(os.getpid()) and not waiting.done()
    say(line.descriptor, refused=None)
    await asyncio.wait_for(waiting, 5)
    line.close()


async def test_whoever_holds_the_line_hears_that_the_parent_is_gone() -> None:
    line = ReadyLine()
    held = os.dup(line.descriptor)
    gone = asyncio.create_task(parent_gone(held))
    await asyncio.sleep(0.01)
    assert not gone.done()
    line.close()
    await asyncio.wait_for(gone, 5)
    os.close(held)
