"""Connections that are taken from a socket which others have too."""

import asyncio
import socket

from realtime.server.accepting import Acceptor


class Greeter:
    """Two servers over one listening socket that say their name."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))

    def acceptor(self, name: str) -> Acceptor:
        """One of them."""

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(name.encode())
            await writer.drain()
            await reader.read()

        return Acceptor(self.listening.dup(), greet)

    async def greeting(self) -> str:
        """The name of who takes a new connection."""
        reader, writer = await asyncio.open_connection(*self.listening.getsockname())
        said = (await reader.read(100)).decode()
        writer.close()
        await writer.wait_closed()
        return said


async def test_what_one_does_not_take_any_more_the_other_does() -> None:
    greeter = Greeter()
    first, second = greeter.acceptor("first"), greeter.acceptor("second")
    first.open()
    assert await greeter.greeting() == "first"
    first.close()
    early = asyncio.create_task(greeter.greeting())
    await asyncio.sleep(0.02)
    assert not early.done(), "it waits, and is not refused"
    second.open()
    assert await asyncio.wait_for(early, 5) == "second"
    second.close()
    greeter.listening.close()


async def test_many_at_once_are_all_taken() -> None:
    greeter = Greeter()
    acceptor = greeter.acceptor("me")
    acceptor.open()
    assert await asyncio.gather(*(greeter.greeting() for _ in range(100))) == ["me"] * 100
    acceptor.close()
    greeter.listening.close()
