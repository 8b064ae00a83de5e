"""Sends the signals that end a job, one after the other, when their time has come."""

import signal
from datetime import datetime, timedelta

from lsf_agent.embedded import processes
from lsf_agent.embedded.events import Killed
from lsf_agent.embedded.jobs import Key
from lsf_agent.embedded.running import Runners

SOON = 0.02


class Signals:
    """What was sent to which job already. A newer kill begins anew."""

    def __init__(self, runners: Runners) -> None:
        self._runners = runners
        self._sent: dict[Key, tuple[Killed, int]] = {}

    def send(self, key: Key, killed: Killed, now: datetime, interval: float) -> list[float]:
        """Sends what is due; answers the seconds until the next one is. Raises OSError."""
        folder = self._runners.folder(key)
        order, sent = self._sent.get(key, (killed, 0))
        sent = sent if order is killed else 0
        while sent < len(killed.signals):
            wait = (killed.at + timedelta(seconds=sent * interval) - now).total_seconds()
            if wait > 0:
                return [wait]
            if processes.group(folder) is None:
                return [] if self._runners.over(key) else [SOON]
            if killed.reason is not None:
                (folder / "reason").write_text(killed.reason)
            processes.signal_job(folder, signal.Signals[f"SIG{killed.signals[sent]}"])
            processes.signal_job(folder, signal.SIGCONT)
            if killed.signals[sent] == "KILL":
                processes.sweep(folder)
            sent += 1
            self._sent[key] = (killed, sent)
        return []

    def kill_now(self, key: Key) -> None:
        """Kills whatever runs of a job."""
        processes.signal_job(self._runners.folder(key), signal.SIGKILL)
        processes.sweep(self._runners.folder(key))

    def forget(self, key: Key) -> None:
        """The job has ended."""
        self._sent.pop(key, None)
