"""What the feed needs of a connection. The web edge has the connections; tests have others."""

from typing import Protocol

SLOW_AFTER = 30.0
"""Seconds in which a connection takes nothing at all, after which it is given up."""


class Gone(Exception):
    """The connection has ended, or is about to: nothing can be sent any more."""


class Slow(Exception):
    """The connection has taken nothing for SLOW_AFTER seconds."""


class Frame:
    """A message, encoded once and shared by all who are sent it. The text is kept once, within the packet."""

    __slots__ = ("_header", "packet")

    def __init__(self, payload: bytes) -> None:
        header = _header(len(payload))
        self._header = len(header)
        self.packet = header + payload
        """the message as an unmasked websocket text frame (RFC 6455, 5.2)"""

    @property
    def payload(self) -> bytes:
        """JSON text in UTF-8; a copy."""
        return self.packet[self._header :]


def _header(size: int) -> bytes:
    if size < 126:
        return bytes((0x81, size))
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")


class Wire(Protocol):
    """One connection."""

    def write(self, frame: Frame) -> bool:
        """Hand a message over without waiting. False, and nothing is done, while the connection still holds part of
        what it was given before (or cannot tell). Raises Gone."""

    async def send(self, frame: Frame) -> None:
        """Hand a message over as soon as the connection holds nothing else, and wait until it has been taken on. Raises
        Slow or Gone."""
