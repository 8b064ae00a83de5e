"""Delivery to the listeners of this process, shared by all buses."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from realtime.bus.base import EndListening, OnGap, OnMessage

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Listener:
    prefix: str
    on_message: OnMessage
    on_gap: OnGap
    listening: bool = True

    def end(self) -> None:
        self.listening = False


class Listeners:
    """Who listens in this process. Calls are made one after the other: what a listener publishes is delivered once the
    message it is hearing has reached everybody, so that all hear the same order."""

    def __init__(self) -> None:
        self._listeners: list[_Listener] = []
        self._waiting: deque[tuple[_Listener, Callable[[], None]]] = deque()
        self._delivering = False

    def add(self, prefix: str, on_message: OnMessage, on_gap: OnGap) -> EndListening:
        """From now on `on_message` hears topics that start with `prefix`; the function returned ends it."""
        listener = _Listener(prefix, on_message, on_gap)
        self._listeners.append(listener)
        return partial(self._end, listener)

    def _end(self, listener: _Listener) -> None:
        listener.end()
        self._listeners = [other for other in self._listeners if other is not listener]

    def message(self, topic: str, message: bytes) -> None:
        """Deliver one message."""
        for listener in self._listeners:
            if topic.startswith(listener.prefix):
                self._waiting.append((listener, partial(listener.on_message, topic, message)))
        self._deliver()

    def gap(self) -> None:
        """Tell everybody that messages may have been lost."""
        self._waiting.extend((listener, listener.on_gap) for listener in self._listeners)
        self._deliver()

    def _deliver(self) -> None:
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._waiting:
                listener, call = self._waiting.popleft()
                if listener.listening:
                    _guarded(call, listener.prefix)
        finally:
            self._delivering = False


def _guarded(call: Callable[[], None], prefix: str) -> None:
    try:
        call()
    except Exception:
        log.exception("a listener of %r failed; the message is lost to it", prefix)
