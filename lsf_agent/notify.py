"""What systemd is told of the agent (`Type=notify`), in its own small protocol: datagrams to the socket it names."""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

VARIABLES = frozenset({"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
"""Meant for this process alone: scripts and commands must not speak in its name."""
LOOK_EVERY = 5.0
"""Seconds between two looks at what to tell, unless the watchdog wants to hear more often."""


class Notify:
    """Without NOTIFY_SOCKET in `environ` it says nothing. Nothing raises: systemd may be gone, the agent goes on."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watchdog = _watchdog(environ)
        self._status: str | None = None

    def ready(self) -> None:
        """The start has succeeded."""
        self._tell("READY=1")

    def status(self, text: str) -> None:
        """A line for `systemctl status`, told when it changes."""
        if text != self._status:
            self._status = text
            self._tell("STATUS=" + " ".join(text.split()))

    def stopping(self) -> None:
        """The end has begun."""
        self._tell("STOPPING=1")

    async def keep(self, alive: Callable[[], bool], status: Callable[[], str]) -> None:
        """Tells for ever, from the event loop, that the agent lives, while `alive` holds; and its status."""
        while True:
            if self._watchdog is not None and alive():
                self._tell("WATCHDOG=1")
            self.status(status())
            await asyncio.sleep(min(LOOK_EVERY, self._watchdog / 2) if self._watchdog else LOOK_EVERY)

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaker:
            speaker.setblocking(False)
            speaker.sendto(text.encode(), self._address)


def _watchdog(environ: Mapping[str, str]) -> float | None:
    """Seconds within which systemd wants to hear from this process; None: never."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    text = environ.get("WATCHDOG_USEC", "")
    return int(text) / 1e6 if text.isascii() and text.isdigit() and int(text) > 0 else None
