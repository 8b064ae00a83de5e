"""The scheduler: starts what may start, ends what must end, and records what happened.

Everything that happens is an event; `record` puts it into the journal and then into the book. A start is recorded
before it is tried and an end after it was seen: whoever is killed in between, nothing runs twice, no end is lost.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from lsf_agent.embedded import config, processes, selection, standing
from lsf_agent.embedded.ending import Endings
from lsf_agent.embedded.events import (
    Ended,
    Event,
    Killed,
    Requeued,
    Resumed,
    Returned,
    Started,
    Submission,
    Submitted,
    Suspended,
    Vanished,
)
from lsf_agent.embedded.jobs import AWAY, STARTED, Book, Job, Key, Status
from lsf_agent.embedded.journal import Journal
from lsf_agent.embedded.killing import Signals
from lsf_agent.embedded.running import Runners
from lsf_agent.embedded.texts import ADMIN, FORCED, MEMORY_LIMIT, NOT_RUN, REQUEUED, RUN_LIMIT, UNSEEN

TERMINATE = ("INT", "TERM", "KILL")
AT_RUN_LIMIT = ("USR2", *TERMINATE)
MEMORY_LOOK = 0.5
"""Seconds between two looks at what a job with a limit has measured."""
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
        self._signals = Signals(self.runners)
        self._endings = Endings(book, self.runners, self._signals, self.record, self.standing)
        self._attempts: dict[Key, int] = {}
        self._recover()

    def settings(self) -> config.Config:
        """As it is now."""
        return config.read(self._directory)

    def standing(self) -> standing.Standing:
        """The bad day that it is now."""
        return standing.read(self._directory)

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
            self._endings.end(Ended(id=job.id, index=job.index, at=at, exit=None, reason=reason))

    def drop(self, job: Job) -> None:
        """Forgets an unfinished job without waiting for its host; its processes are killed. Raises OSError."""
        self._attempts.pop(job.key, None)
        self._endings.end(Ended(id=job.id, index=job.index, at=datetime.now(UTC), exit=None, reason=FORCED))

    def requeue(self, job: Job) -> None:
        """Lets a job run once more under its id; one that runs is killed before. Raises OSError."""
        if job.status in STARTED:
            self.kill(job, TERMINATE, REQUEUED)
        elif job.finished:
            self.record(Requeued(id=job.id, index=job.index, at=datetime.now(UTC)))

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
            if job.status in AWAY:
                self.drop(job)
            else:
                self.kill(job, ("KILL",), ADMIN)
        deadline = asyncio.get_running_loop().time() + END_ALL_WITHIN
        while self.book.unfinished() or self._endings.left:
            turn = self.turn
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(turn.wait(), left)
        for job in self.book.unfinished():
            self._endings.gone(job, ADMIN)

    def _recover(self) -> None:
        """Takes over what an earlier daemon left behind."""
        for job in self.book.unfinished():
            if job.status in STARTED:
                self.runners.adopt(job.key)
        for job_id in self.runners.kept():
            for job in self.book.of(job_id):
                if job.finished:
                    self.runners.adopt(job.key)
                    self._endings.left.add(job.key)

    def _step(self, now: datetime) -> float | None:
        """Does what is due and answers the seconds until the next thing is, if any is foreseen. Raises OSError."""
        self._reap()
        settings = self.settings()
        over = list(self._endings.left)
        waits = [wait for key in over for wait in self._endings.clear(key)]
        if len(self._endings.left) < len(over):
            self.wake()
        startable, wait = selection.startable(self.book, now, settings)
        if wait is not None:
            waits.append(wait)
        for job in startable:
            if job.key not in self._endings.left:
                self.record(Started(id=job.id, index=job.index, at=now))
        day = self.standing()
        for job in self.book.unfinished():
            if job.status in STARTED:
                job = self._reached(job, standing.covers(day.away, job), now)
            if job.status is Status.RUN and job.killed is None and (reason := day.kill_reason(job)):
                self.kill(job, TERMINATE, reason)
                job = self.book.jobs[job.key]
            if job.status in STARTED - AWAY:
                waits += self._mind(job, now, settings)
        return min(waits, default=None)

    def _reached(self, job: Job, away: bool, now: datetime) -> Job:
        """The started job after its host has gone or come back, if it has."""
        if away and job.status not in AWAY:
            self.record(Vanished(id=job.id, index=job.index, at=now))
        elif not away and job.status in AWAY:
            self.record(Returned(id=job.id, index=job.index, at=now))
        return self.book.jobs[job.key]

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
        if job.submission.memory_limit is not None and not ending:
            if (processes.peak(self.runners.folder(job.key)) or 0) > job.submission.memory_limit:
                self.record(Killed(id=job.id, index=job.index, at=now, signals=TERMINATE, reason=MEMORY_LIMIT))
            else:
                waits.append(MEMORY_LOOK)
        killed = self.book.jobs[job.key].killed
        if killed is not None:
            waits += self._signals.send(job.key, killed, now, settings.kill_interval)
        return waits

    def _attend(self, job: Job) -> list[float]:
        """A started job without a runner: it has ended, or could not be started yet."""
        if self.runners.began(job.key):
            self._attempts.pop(job.key, None)
            self._endings.gone(job, UNSEEN)
            return []
        attempts = self._attempts.get(job.key, 0)
        if job.killed is not None or attempts == ATTEMPTS:
            reason = job.killed.reason if job.killed else NOT_RUN
            self._attempts.pop(job.key, None)
            self._endings.end(Ended(id=job.id, index=job.index, at=datetime.now(UTC), exit=None, reason=reason))
            return []
        try:
            self.runners.start(job)
        except OSError as error:
            print(f"job {job.label} cannot be started now: {error}", file=sys.stderr, flush=True)
            return [RETRY]
        self._attempts[job.key] = attempts + 1
        return []

    def _reap(self) -> None:
        """Children are watched by their FIFO; here they only get their rest."""
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                continue
