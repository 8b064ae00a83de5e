"""A process that listens on a bus and prints what it hears: `python -m tests.bus.listening URL INSTANCE`."""

import asyncio
import sys

from realtime.bus.redis import RedisBus

SHORT = 100


async def listen(url: str, instance: str) -> None:
    """Until it is killed."""
    bus = RedisBus(url, instance)
    await bus.start()
    bus.listen("changes:", lambda topic, message: say(message[:SHORT].decode()), lambda: say("gap"))
    say("ready")
    await asyncio.Event().wait()


def say(line: str) -> None:
    """At once."""
    print(line, flush=True)


if __name__ == "__main__":
    asyncio.run(listen(sys.argv[1], sys.argv[2]))
