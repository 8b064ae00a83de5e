"""The scheduler: starts what may start, ends what must end, and records what happened.

Everything that happens is an event; `record` puts it into the journal and then into the book. A start is recorded
before it is tried and an end after it was seen: whoever is killed in between, nothing runs twice, no end is lost.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lsf_agent.embedded import config, processes, selection
from lsf_agent.embedded.jobs import (
    STARTED,
    Book,
    Ended,
    Event,
    Job,
    Key,
    Killed,
    Resumed,
    Started,
    Status,
    Submission,
    Submitted,
    Suspended,
)
from lsf_agent.embedded.journal import Journal
from lsf_agent.embedded.running import Runners
from lsf_agent.embedded.spec import End
from lsf_agent.embedded.texts import ADMIN, NOT_RUN, OWNER, RUN_LIMIT, UNSEEN

TERMINATE = ("INT", "TERM", "KILL")
AT_RUN_LIMIT = ("USR2", *TERMINATE)
SOON = 0.02
RETRY = 1.0
ATTEMPTS = 5
END_ALL_WITHIN = 1.5


class Farm:
    """The jobs of a directory while its daemon runs. All methods are called in the daemon's event loop."""

    def __init__(self, directory: Path, journal: Journal, book: Book) -> None:
        self.book = book
        self.runners = Runners(directory, self.wake)
        self.turn = asyncio.Event()
        """set when something happened, and then replaced by a new one"""
        self._directory = directory
        self._journal = journal
        self._sent: dict[Key, tuple[Killed, int]] = {}
        self._attempts: dict[Key, int] = {}
        self._recover()

    def settings(self) -> config.Config:
        """As it is now."""
        return config.read(self._directory)

    def submit(self, submission: Submission, handed_on: dict[str, str]) -> int:
        """The new job's id, or that of the job that the same bsub has made already. Raises OSError."""
        known = self.book.tokens.get(submission.token)
        if known is not None:
            return known
        job_id = self.book.next_id
        self.runners.keep(job_id, handed_on)
        self.record(Submitted(id=job_id, at=datetime.now(UTC), submission=submission))
        return job_id

    def kill(self, job: Job, signals: tuple[str, ...], reason: str | None) -> None:
        """Signals for an unfinished job, one after the other; one that has not started ends at once. Raises OSError."""
        at = datetime.now(UTC)
        if job.status in STARTED:
            self.record(Killed(id=job.id, index=job.index, at=at, signals=signals, reason=reason))
        else:
            self._end(Ended(id=job.id, index=job.index, at=at, exit=None, reason=reason))

    def suspend(self, job: Job) -> None:
        """Stops an unfinished job, or holds it back. Raises OSError."""
        if job.status in (Status.RUN, Status.PEND):
            self.record(Suspended(id=job.id, index=job.index, at=datetime.now(UTC)))
        processes.signal_job(self.runners.folder(job.key), signal.SIGSTOP)

    def resume(self, job: Job) -> None:
        """Undoes `suspend`. Raises OSError."""
        if job.status in (Status.USUSP, Status.PSUSP):
            self.record(Resumed(id=job.id, index=job.index, at=datetime.now(UTC)))
        processes.signal_job(self.runners.folder(job.key), signal.SIGCONT)

    def record(self, event: Event) -> None:
        """Makes an event happen; raises OSError when the disk refuses, and then it has not happened."""
        self._journal.append(event)
        self.book.apply(event)
        self.wake()

    def wake(self) -> None:
        """Lets everybody who waits look again."""
        self.turn.set()
        self.turn = asyncio.Event()

    async def run(self) -> None:
        """Does what is due when it is due, until cancelled. A full disk delays, it does not end it."""
        while True:
            turn = self.turn
            try:
                pause = self._step(datetime.now(UTC))
            except OSError as error:
                print(f"trying again in {RETRY:g} s: {error}", file=sys.stderr, flush=True)
                pause = RETRY
            with suppress(TimeoutError):
                await asyncio.wait_for(turn.wait(), pause)

    async def end_all(self) -> None:
        """Ends every job, and returns when nothing of them is left. Raises OSError."""
        for job in self.book.unfinished():
            self.kill(job, ("KILL",), ADMIN)
        deadline = asyncio.get_running_loop().time() + END_ALL_WITHIN
        while unfinished := self.book.unfinished():
            turn = self.turn
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(turn.wait(), left)
        for job in unfinished:
            self._gone(job, ADMIN)

    def _recover(self) -> None:
        """Takes over what an earlier daemon left behind."""
        for job in self.book.unfinished():
            if job.status in STARTED:
                self.runners.adopt(job.key)
        for job_id in self.runners.kept():
            if all(job.finished for job in self.book.of(job_id)):
                self.runners.forget_all(job_id)

    def _step(self, now: datetime) -> float | None:
        """Does what is due and answers the seconds until the next thing is, if any is foreseen. Raises OSError."""
        self._reap()
        settings = self.settings()
        waits: list[float] = []
        startable, wait = selection.startable(self.book, now, settings)
        if wait is not None:
            waits.append(wait)
        for job in startable:
            self.record(Started(id=job.id, index=job.index, at=now))
        for job in self.book.unfinished():
            if job.status in STARTED:
                waits += self._mind(job, now, settings)
        return min(waits, default=None)

    def _mind(self, job: Job, now: datetime, settings: config.Config) -> list[float]:
        """What is due for one started job; answers when more is."""
        if not self.runners.alive(job.key):
            return self._attend(job)
        waits: list[float] = []
        ending = job.killed is not None and job.killed.signals[-1] == "KILL"
        if job.submission.run_limit is not None and not ending:
            left = selection.run_time_left(job, now, settings)
            if left <= 0:
                self.record(Killed(id=job.id, index=job.index, at=now, signals=AT_RUN_LIMIT, reason=RUN_LIMIT))
            elif left < float("inf"):
                waits.append(left)
        killed = self.book.jobs[job.key].killed
        if killed is not None:
            waits += self._send(job.key, killed, now, settings.kill_interval)
        return waits

    def _attend(self, job: Job) -> list[float]:
        """A started job without a runner: it has ended, or could not be started yet."""
        if self.runners.began(job.key):
            self._gone(job, UNSEEN)
            return []
        attempts = self._attempts.get(job.key, 0)
        if job.killed is not None or attempts == ATTEMPTS:
            reason = job.killed.reason if job.killed else NOT_RUN
            self._end(Ended(id=job.id, index=job.index, at=datetime.now(UTC), exit=None, reason=reason))
            return []
        try:
            self.runners.start(job)
        except OSError as error:
            print(f"job {job.label} cannot be started now: {error}", file=sys.stderr, flush=True)
            return [RETRY]
        self._attempts[job.key] = attempts + 1
        return []

    def _gone(self, job: Job, otherwise: str) -> None:
        """The end of a job that ran: as its runner wrote it, else with the reason given."""
        folder = self.runners.folder(job.key)
        end = End.read(folder / "status")
        if end is None:
            processes.sweep(folder)  # by their mark: after a reboot the process ids belong to others
            event = Ended(id=job.id, index=job.index, at=datetime.now(UTC), exit=None, reason=otherwise)
        else:
            event = Ended(
                id=job.id,
                index=job.index,
                at=end.ended_at,
                exit=end.exit,
                reason=_reason(job, end),
                cpu=end.cpu,
                pid=end.pid,
            )
        self._end(event)

    def _end(self, event: Ended) -> None:
        self.record(event)
        key = (event.id, event.index)
        self._sent.pop(key, None)
        self._attempts.pop(key, None)
        self.runners.forget(key)
        if all(job.finished for job in self.book.of(event.id)):
            self.runners.forget_all(event.id)

    def _send(self, key: Key, killed: Killed, now: datetime, interval: float) -> list[float]:
        """Sends the signals whose time has come; answers when the next one's comes."""
        folder = self.runners.folder(key)
        order, sent = self._sent.get(key, (killed, 0))
        sent = sent if order is killed else 0
        while sent < len(killed.signals):
            wait = (killed.at + timedelta(seconds=sent * interval) - now).total_seconds()
            if wait > 0:
                return [wait]
            if processes.group(folder) is None:
                return [] if self.runners.over(key) else [SOON]
            if killed.reason is not None:
                (folder / "reason").write_text(killed.reason)
            processes.signal_job(folder, signal.Signals[f"SIG{killed.signals[sent]}"])
            processes.signal_job(folder, signal.SIGCONT)
            if killed.signals[sent] == "KILL":
                processes.sweep(folder)
            sent += 1
            self._sent[key] = (killed, sent)
        return []

    def _reap(self) -> None:
        """Children are watched by their FIFO; here they only get their rest."""
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                continue


def _reason(job: Job, end: End) -> str | None:
    """Why a job failed, as far as it is known. One signal that the owner sent counts when the job died of it."""
    if end.exit == 0:
        return None
    sent = job.killed.signals if job.killed else ()
    if len(sent) == 1 and end.exit == 128 + signal.Signals[f"SIG{sent[0]}"]:
        return job.killed.reason or OWNER if job.killed else None
    return end.reason
