"""The line between a parent and its servers: they say that they serve, or why they refuse to; its end is the parent's.

One pair of connected sockets for all servers and all their lives. The parent alone holds one end, so whoever holds the
other hears of the parent's death, however it dies.
"""

import asyncio
import json
import os
import socket
from typing import Protocol


class Runs(Protocol):
    """A program that is a process now, or none."""

    @property
    def pid(self) -> int | None:
        """Its process id."""


class ReadyLine:
    """The parent's end. Made and closed inside the loop."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._rest = b""
        self._said: dict[int, str | None] = {}
        self._news = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._ours, self._hear)

    @property
    def descriptor(self) -> int:
        """What a server gets."""
        return self._theirs.fileno()

    def refusal(self, pid: int | None) -> str | None:
        """Why the server of this process id refused to serve."""
        return self._said.get(pid) if pid is not None else None

    def serves(self, pid: int) -> bool:
        """Whether the process has said that it serves."""
        return self._said.get(pid, "") is None

    async def serving(self, server: Runs) -> None:
        """Wait until it serves, in whichever of its lives."""
        while not self.serves(server.pid or 0):
            self._news.clear()
            await self._news.wait()

    def close(self) -> None:
        """Servers that still run hear that the parent is gone."""
        asyncio.get_running_loop().remove_reader(self._ours)
        self._ours.close()
        self._theirs.close()

    def _hear(self) -> None:
        try:
            heard = self._ours.recv(65536)
        except BlockingIOError:
            return
        *lines, self._rest = (self._rest + heard).split(b"\n")
        for line in lines:
            word = json.loads(line)
            self._said[word["pid"]] = word["refused"]
        self._news.set()


def say(descriptor: int, refused: str | None) -> None:
    """A server tells its parent that it serves, or why it refuses to."""
    os.write(descriptor, json.dumps({"pid": os.getpid(), "refused": refused}).encode() + b"\n")


async def parent_gone(descriptor: int) -> None:
    """Wait until the parent is no more."""
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    loop.add_reader(descriptor, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(descriptor)
