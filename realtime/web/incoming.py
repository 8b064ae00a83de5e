"""What a client may say on a websocket: little, since news flow one way. Pure: counts in, close codes out."""

from collections.abc import Sized

import msgspec
from wsproto.events import BytesMessage, Event, Ping, Pong, TextMessage

from realtime.protocol.live import Close

MESSAGE_LIMIT = 64 * 1024
"""Bytes of a message."""
MESSAGES_A_SECOND = 20
"""Also of pings, and of pongs."""
PIECES_A_SECOND = 1000
"""Messages come in frames, and frames in what the network makes of them; empty frames cost nothing else."""
BYTES_A_SECOND = (MESSAGES_A_SECOND + 1) * MESSAGE_LIMIT


class Incoming:
    """What one client has said in the present second, and the message that it is in the middle of."""

    __slots__ = ("_bytes", "_controls", "_messages", "_pieces", "_second", "_text")

    def __init__(self) -> None:
        self._second = 0.0
        self._bytes = self._pieces = self._messages = self._controls = 0
        self._text = bytearray()

    def data(self, data: Sized, now: float) -> Close | None:
        """Bytes from the network, before anybody looks into them; `now` in seconds."""
        if now - self._second >= 1:
            self._second = now
            self._bytes = self._pieces = self._messages = self._controls = 0
        self._bytes += len(data)
        return Close.TOO_MANY if self._bytes > BYTES_A_SECOND else None

    def event(self, event: Event) -> Close | None:
        """What the bytes meant. Messages are looked at and dropped."""
        self._pieces += 1
        if self._pieces > PIECES_A_SECOND:
            return Close.TOO_MANY
        match event:
            case TextMessage():
                return self._message(event)
            case BytesMessage():
                return Close.BAD_MESSAGE
            case Ping() | Pong():
                self._controls += 1
                return Close.TOO_MANY if self._controls > MESSAGES_A_SECOND else None
        return None

    def _message(self, event: TextMessage) -> Close | None:
        text = self._text
        text += event.data.encode()
        if len(text) > MESSAGE_LIMIT:
            return Close.TOO_BIG
        if not event.message_finished:
            return None
        self._text = bytearray()
        self._messages += 1
        if self._messages > MESSAGES_A_SECOND:
            return Close.TOO_MANY
        return None if _is_json(text) else Close.BAD_MESSAGE


def _is_json(text: bytearray) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
