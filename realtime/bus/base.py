"""What every bus promises. News on it may get lost; the store is where facts are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

OnMessage = Callable[[str, bytes], None]
OnGap = Callable[[], None]
EndListening = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class BusState:
    """How the bus is, for `/readyz` and the footer of the page."""

    name: str
    connected: bool
    """messages of other processes arrive and ours arrive there"""
    since: datetime | None
    """when `connected` last changed, UTC; None before the first start"""
    dropped: int
    """own messages that other processes may not have got, since the start of this process"""
    gaps: int
    """how often messages of other processes may have been lost on the way here, since the start of this process"""
    waiting: int
    """own messages that wait to be sent, in bytes; bounded"""
    error: str | None
    """why it is not connected; None while it is"""


class Bus(Protocol):
    """Messages by topic to every process of this installation. All methods belong to one event loop's thread."""

    name: str

    async def start(self) -> None:
        """Begin. Not reaching the other processes is no error: the bus goes on trying in the background."""

    async def close(self) -> None:
        """End. What was published just before is still sent when that takes no longer than half a second."""

    def publish(self, topic: str, message: bytes) -> None:
        """Send, at most once. Never waits, never raises. Own listeners have heard it when this returns (or, published
        from within a listener, right after the messages before it), exactly once, whatever the network does."""

    def listen(self, prefix: str, on_message: OnMessage, on_gap: OnGap) -> EndListening:
        """Call `on_message(topic, message)` for topics that start with `prefix`, in the order each sender published;
        call `on_gap()` when messages may have been lost on the way here. Returns what ends it; nothing is called
        afterwards. A listener that raises is logged, and the others hear the message all the same."""

    def state(self) -> BusState:
        """How it is now."""
