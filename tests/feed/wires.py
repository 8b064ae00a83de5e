"""Connections of different temper, in memory."""

import asyncio
import json
from typing import Any

from realtime.feed import Frame, Gone, Slow


class Recorder:
    """Takes everything at once and keeps it; a client that checks the rules of the protocol."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.frames: list[Frame] = []
        self.written = 0
        self.rows: dict[str, int] = {}
        self.epoch, self.seq = "", -1
        self._more = asyncio.Event()

    def write(self, frame: Frame) -> bool:
        """See Wire."""
        self.written += 1
        self._take(frame)
        return True

    async def send(self, frame: Frame) -> None:
        """See Wire."""
        self._take(frame)

    def _take(self, frame: Frame) -> None:
        message = json.loads(frame.payload)
        self.messages.append(message)
        self.frames.append(frame)
        match message["type"]:
            case "hello":
                assert len(self.messages) == 1
                self.epoch = message["epoch"]
            case "snapshot":
                self.rows = {} if message.get("reset") else self.rows
                self._put(message["rows"])
                self.seq = message["seq"] if message["last"] else self.seq
            case "delta":
                assert message["from"] == self.seq, "a delta joins where the client stands"
                self._put(message["put"])
                for key, seq in message["drop"]:
                    if seq > self.rows.get(key, 0):
                        self.rows.pop(key, None)
                self.seq = message["to"]
            case "heartbeat":
                assert message["seq"] >= self.seq
                self.seq = message["seq"]
        self._more.set()

    def _put(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            if row["seq"] > self.rows.get(row["key"], 0):
                self.rows[row["key"]] = row["seq"]

    def kinds(self) -> list[str]:
        """Types of the messages so far."""
        return [message["type"] for message in self.messages]

    async def until(self, seq: int) -> None:
        """Wait until the client stands there."""
        await self.sees(lambda: self.seq >= seq)

    async def sees(self, condition: Any) -> None:
        """Wait until the messages so far make this true."""
        async with asyncio.timeout(10):
            while not condition():
                self._more.clear()
                await self._more.wait()


class Stuck(Recorder):
    """Takes `room` messages, and then nothing until it is opened."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.waiting = asyncio.Event()
        self._opened = asyncio.Event()

    def open(self) -> None:
        """From now on everything is taken."""
        self._opened.set()

    def write(self, frame: Frame) -> bool:
        """See Wire."""
        if len(self.messages) >= self.room and not self._opened.is_set():
            return False
        return super().write(frame)

    async def send(self, frame: Frame) -> None:
        """See Wire."""
        if len(self.messages) >= self.room:
            self.waiting.set()
            await self._opened.wait()
        await super().send(frame)


class Leaving(Recorder):
    """Takes `room` messages, and is then gone, or too slow."""

    def __init__(self, room: int, how: type[Gone] | type[Slow] | type[ValueError] = Gone) -> None:
        super().__init__()
        self.room = room
        self.how = how

    def write(self, frame: Frame) -> bool:
        """See Wire."""
        if len(self.messages) >= self.room:
            if self.how is Slow:
                return False
            raise self.how
        return super().write(frame)

    async def send(self, frame: Frame) -> None:
        """See Wire."""
        if len(self.messages) >= self.room:
            raise self.how
        await super().send(frame)


class OneByOne(Recorder):
    """Never takes anything in passing, as over a server whose buffers cannot be seen."""

    def write(self, frame: Frame) -> bool:
        """See Wire."""
        return False

    async def send(self, frame: Frame) -> None:
        """See Wire."""
        await asyncio.sleep(0)
        await super().send(frame)
