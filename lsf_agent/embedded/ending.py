"""How jobs end: what becomes known of it, and the clearing away of what is left of a run."""

from collections.abc import Callable
from datetime import UTC, datetime
from signal import Signals as Numbers

from lsf_agent.embedded import processes
from lsf_agent.embedded.events import Ended, Event, Requeued
from lsf_agent.embedded.jobs import Book, Job, Key
from lsf_agent.embedded.killing import SOON, Signals
from lsf_agent.embedded.running import Runners
from lsf_agent.embedded.spec import End
from lsf_agent.embedded.standing import Standing
from lsf_agent.embedded.texts import FORCED, OUTSIDE, OWNER, REQUEUED


class Endings:
    """`left`: runs that are over for LSF and not cleared away yet; their jobs cannot start again before."""

    def __init__(
        self,
        book: Book,
        runners: Runners,
        signals: Signals,
        record: Callable[[Event], None],
        standing: Callable[[], Standing],
    ) -> None:
        self.left: set[Key] = set()
        self._book = book
        self._runners = runners
        self._signals = signals
        self._record = record
        self._standing = standing

    def gone(self, job: Job, otherwise: str) -> None:
        """The end of a job that ran: as its runner wrote it, else with the reason given. Raises OSError."""
        folder = self._runners.folder(job.key)
        end = End.read(folder / "status")
        if end is None:
            processes.sweep(folder)  # by their mark: after a reboot the process ids belong to others
            event = Ended(id=job.id, index=job.index, at=datetime.now(UTC), exit=None, reason=otherwise)
        else:
            event = Ended(
                id=job.id,
                index=job.index,
                at=end.ended_at,
                exit=self._exit(end),
                reason=_reason(job, end),
                cpu=end.cpu,
                memory=end.memory,
                pid=end.pid,
            )
        self.end(event)

    def _exit(self, end: End) -> int:
        """A descendant of LSF calls a job done whose own shell died by a signal."""
        return 0 if end.reason == OUTSIDE and self._standing().dialect.descends else end.exit

    def end(self, event: Ended) -> None:
        """Makes it happen; a job that was killed to be requeued waits again instead. Raises OSError."""
        key = (event.id, event.index)
        killed = self._book.jobs[key].killed
        if killed is not None and killed.reason == REQUEUED and event.reason != FORCED:
            self._record(Requeued(id=event.id, index=event.index, at=event.at))
        else:
            self._record(event)
        self._signals.forget(key)
        self.left.add(key)

    def clear(self, key: Key) -> list[float]:
        """Removes what is left of a run; answers when to try again, as long as its runner lives."""
        if self._runners.alive(key):
            self._signals.kill_now(key)
            return [SOON]
        self.left.discard(key)
        self._runners.forget(key)
        if all(job.finished for job in self._book.of(key[0])):
            self._runners.forget_all(key[0])
        return []


def _reason(job: Job, end: End) -> str | None:
    """Why a job failed, as far as it is known. One signal that the owner sent counts when the job died of it."""
    if end.exit == 0:
        return None
    sent = job.killed.signals if job.killed else ()
    if len(sent) == 1 and end.exit == 128 + Numbers[f"SIG{sent[0]}"]:
        return job.killed.reason or OWNER if job.killed else None
    return end.reason
