"""The bus of an installation that is one process: nothing to connect, nothing to lose."""

from datetime import UTC, datetime

from realtime.bus.base import BusState, EndListening, OnGap, OnMessage
from realtime.bus.listeners import Listeners


class InProcessBus:
    """A `Bus` within this process."""

    name = "in-process"

    def __init__(self) -> None:
        self._listeners = Listeners()
        self._since: datetime | None = None
        self._open = False

    async def start(self) -> None:
        """See Bus."""
        self._open, self._since = True, datetime.now(UTC)

    async def close(self) -> None:
        """See Bus."""
        self._open, self._since = False, datetime.now(UTC)

    def publish(self, topic: str, message: bytes) -> None:
        """See Bus."""
        self._listeners.message(topic, message)

    def listen(self, prefix: str, on_message: OnMessage, on_gap: OnGap) -> EndListening:
        """See Bus. There are no gaps here."""
        return self._listeners.add(prefix, on_message, on_gap)

    def state(self) -> BusState:
        """See Bus."""
        return BusState(
            name=self.name,
            connected=self._open,
            since=self._since,
            dropped=0,
            gaps=0,
            waiting=0,
            error=None if self._open else "not started",
        )
