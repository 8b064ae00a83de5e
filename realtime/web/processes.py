"""The processes of the installation: each tells the others how it is, so that whoever asks any of them sees all."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

import msgspec

from realtime.bus.base import Bus
from realtime.feed import Feed
from realtime.protocol.processes import ProcessReport
from realtime.protocol.wire import decode, encode
from realtime.web.sockets import Sockets

TOPIC = "process"
TELL_EVERY = 2.0
FORGET_AFTER = 10.0
"""Seconds after which a process that says nothing is not told of any more."""


class Processes:
    """What this process says of itself, and what others have said lately."""

    def __init__(self, name: str, bus: Bus, feed: Feed, sockets: Sockets, clock: Callable[[], float] = time.monotonic):
        self._id = secrets.token_hex(8)
        self._name = name
        self._bus = bus
        self._feed = feed
        self._sockets = sockets
        self._clock = clock
        self._started_at = datetime.now(UTC)
        self._others: dict[str, tuple[float, ProcessReport]] = {}

    async def run(self) -> None:
        """Tell and listen; runs until cancelled."""
        unlisten = self._bus.listen(TOPIC, self._on_report, lambda: None)
        try:
            while True:
                self._bus.publish(TOPIC, encode(self.own()))
                await asyncio.sleep(TELL_EVERY)
        finally:
            unlisten()

    def own(self) -> ProcessReport:
        """How this process is now."""
        sockets, bus = self._sockets.stats(), self._bus.state()
        return ProcessReport(
            id=self._id,
            name=self._name,
            started_at=self._started_at,
            websockets=sockets.open,
            websockets_refused=sockets.refused,
            websockets_ended=sockets.ended,
            **asdict(self._feed.stats()),
            bus_connected=bus.connected,
            bus_gaps=bus.gaps,
            bus_dropped=bus.dropped,
            bus_waiting=bus.waiting,
        )

    def reports(self) -> list[ProcessReport]:
        """Of all processes heard of lately, by name; of two with one name the one that was started last."""
        self._forget()
        found = [self.own(), *(report for _, report in self._others.values())]
        found.sort(key=lambda report: report.started_at)
        newest = {report.name: report for report in found}
        return [newest[name] for name in sorted(newest)]

    def _on_report(self, topic: str, message: bytes) -> None:
        try:
            report = decode(message, ProcessReport)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return  # of another version, while one replaces the other
        if report.id != self._id:
            self._others[report.id] = self._clock(), report
        self._forget()

    def _forget(self) -> None:
        oldest = self._clock() - FORGET_AFTER
        self._others = {name: heard for name, heard in self._others.items() if heard[0] > oldest}
