"""The open websockets of this process, so that a stopping server can say goodbye to all of them."""

import asyncio

from realtime.protocol.live import Bye
from realtime.protocol.wire import encode

GOING_AWAY = 1012
COME_BACK = (0, 2000)
"""Milliseconds within which a client comes back after a restart."""


class Sockets:
    """A set of sessions; each one waits for `leaving`."""

    def __init__(self) -> None:
        self.leaving = asyncio.Event()
        self._sessions: set[object] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def enter(self, session: object) -> None:
        """A session begins."""
        self._sessions.add(session)
        self._empty.clear()

    def leave(self, session: object) -> None:
        """A session has ended."""
        self._sessions.discard(session)
        if not self._sessions:
            self._empty.set()

    def __len__(self) -> int:
        return len(self._sessions)

    def goodbye(self) -> bytes:
        """The last message of every session."""
        return encode(Bye(code=GOING_AWAY, after=COME_BACK))

    async def close(self, timeout: float) -> None:
        """Ask every session to end, and wait for that at most `timeout` seconds."""
        self.leaving.set()
        try:
            await asyncio.wait_for(self._empty.wait(), timeout)
        except TimeoutError:
            return
