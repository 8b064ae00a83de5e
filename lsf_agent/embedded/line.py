"""The connection between a command and the daemon, at the daemon's end. See client.py for what is said on it."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from lsf_agent.embedded.view import Answer

LIMIT = 64 * 1024 * 1024
"""Bytes of one message: the environment of the caller, or a script."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a command tells of itself."""

    command: str
    words: list[str]
    environment: dict[str, str]
    cwd: str
    umask: int
    token: str
    jobs: int
    """that one bsub makes; more than one on a bad day"""
    streamed: int
    """bytes of an interactive job that were printed already, before an earlier daemon went away"""


class Line:
    """Sends and receives messages."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> dict[str, Any]:
        """Raises ConnectionError when the other side has gone, ValueError when it says nonsense."""
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise ConnectionResetError("the command went away")
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError("a message is a JSON object")
        return message

    async def send(self, *messages: dict[str, Any]) -> None:
        """Raises ConnectionError when the other side has gone."""
        self._writer.write(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
        await self._writer.drain()

    async def answer(self, answer: Answer) -> None:
        """All of it, and the end."""
        texts = [{name: text} for name, text in (("out", answer.out), ("err", answer.err)) if text]
        await self.send(*texts, {"exit": answer.code})
