"""Submit scripts from the request to the acknowledged end: intent, claim, runner, watch. Each is run once, or never.

Whatever moment a directory was left at by the last agent, it is taken up there; only the runner's exclusive `began`
decides whether a script may still be run.
"""

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from lsf_agent import runner
from lsf_agent.backoff import Backoff
from lsf_agent.link import Link, RefusedError
from lsf_agent.outbox import Outbox
from lsf_agent.spool import Entry, RunPlan
from lsf_agent.watch import Seen, Watch
from realtime.protocol.agent import OUTPUT_LIMIT, Claim, Claimed, Lease, SubmissionSeen, Submit

log = logging.getLogger(__name__)

QUICK, SLOW = 0.1, 0.5
"""Seconds between two looks at a script: young, and one that runs for long (`bsub -K`)."""
YOUNG = 30.0


class Submission:
    """One job's script. `lsf_ids` grows in the order found; `over`: it will not grow any more."""

    def __init__(self, entry: Entry, location: str, link: Link, outbox: Outbox) -> None:
        self.job = entry.job
        self.lsf_ids: tuple[str, ...] = ()
        self.over = False
        self._entry = entry
        self._location = location
        self._link = link
        self._outbox = outbox
        self._seen: Seen | None = None
        self._grown = asyncio.Event()
        self._child: subprocess.Popen[bytes] | None = None

    async def grown(self, known: int) -> None:
        """Returns when more than `known` ids are found or the script is over."""
        while len(self.lsf_ids) <= known and not self.over:
            self._grown.clear()
            await self._grown.wait()

    async def store(self, request: Submit) -> None:
        """The intent, on disk. A disk that is full or gone holds the request back, not the other work."""
        await self._insist("the request", lambda: self._entry.store(request))

    async def claim(self) -> bool:
        """Whether the script may be run; a refused request is forgotten, unless it began in an earlier life."""
        if self._entry.claimed or self._entry.began_at is not None:
            return True
        try:
            claimed = await self._link.ask("claim", self._claim_body, Claimed)
        except RefusedError as refusal:
            claimed = Claimed(granted=False, reason=str(refusal))
        if not claimed.granted:
            log.info("job %s: not to be run: %s", self.job, claimed.reason)
            self._entry.discard()
            self.over = True
            self._grown.set()
            return False
        await self._insist("the claim", self._entry.mark_claimed)
        return True

    def _claim_body(self, lease: Lease) -> Claim:
        return Claim(location=self._location, generation=lease.generation, job=self.job)

    async def begin(self, plan: RunPlan, environment: Mapping[str, str]) -> None:
        """Returns when a runner has begun, now or in an earlier life of the agent."""
        pause = Backoff(0.5, 30.0)
        while self._entry.began_at is None:
            if not self._entry.runner_lives():
                await self._insist("the plan", lambda: self._entry.plan(plan))
                await self._run(environment)
            if self._entry.began_at is None:
                await pause.wait()

    async def _run(self, environment: Mapping[str, str]) -> None:
        """Starts a runner and returns when it has begun or ended."""
        try:
            self._child = start_runner(self._entry.directory, environment)
        except OSError as error:
            log.error("job %s: the runner cannot be started: %s", self.job, error)
            return
        while self._entry.began_at is None:
            if self._child.poll() is not None and self._entry.began_at is None:
                log.error("job %s: the runner ended before it began; is the spool's disk full?", self.job)
                return
            await asyncio.sleep(0.02)

    async def watch(self, timeout: float, found: Callable[[str], None]) -> None:
        """Tells each change until the script's end is acknowledged; `found` gets each id once."""
        watch = Watch(self._entry, timeout)
        began = time.monotonic()
        acknowledged = asyncio.Event()
        while True:
            seen = watch.look(time.monotonic())
            for lsf_id in seen.lsf_ids[len(self.lsf_ids) :]:
                log.info("job %s: submitted as LSF %s", self.job, lsf_id)
                found(lsf_id)
            changed = seen != self._seen
            self._seen = seen
            if changed:
                acknowledged = asyncio.Event()
                self._outbox.add(self._observation, acknowledged.set)
            if len(seen.lsf_ids) > len(self.lsf_ids) or watch.settled:
                self.lsf_ids, self.over = seen.lsf_ids, watch.settled
                self._grown.set()
            if watch.settled:
                break
            await asyncio.sleep(QUICK if time.monotonic() - began < YOUNG else SLOW)
        assert seen.ended is not None
        log.info("job %s: script ended: %s", self.job, seen.ended.problem or f"exit code {seen.ended.exit_code}")
        await acknowledged.wait()
        await self._reap()

    def repeat(self) -> None:
        """Tells the whole state again: the manager may be another one than before."""
        if self._seen is not None:
            self._outbox.add(self._observation)

    def _observation(self, n: int) -> SubmissionSeen:
        seen, script = self._seen, self._entry.script()
        assert seen is not None
        ended = seen.ended
        return SubmissionSeen(
            n=n,
            at=datetime.now(UTC),
            job=self.job,
            began_at=seen.began_at,
            bsub_called_at=seen.bsub_called_at,
            lsf_ids=list(seen.lsf_ids),
            ended_at=ended.ended_at if ended else None,
            exit_code=ended.exit_code if ended else None,
            timed_out=ended.timed_out if ended else False,
            problem=ended.problem if ended else None,
            stdout=self._entry.output_end("stdout", OUTPUT_LIMIT),
            stderr=self._entry.output_end("stderr", OUTPUT_LIMIT),
            sha256=script.sha256 if script else None,
            modified_at=script.modified_at if script else None,
        )

    async def _reap(self) -> None:
        """Waits for the runner that we started; one of an earlier agent belongs to init."""
        while self._child is not None:
            if self._child.poll() is not None:
                return
            await asyncio.sleep(QUICK)

    async def _insist(self, what: str, write: Callable[[], None]) -> None:
        """Repeats a write that fails; the first failure is logged."""
        pause = Backoff(0.5, 30.0)
        failed = False
        while True:
            try:
                write()
            except OSError as error:
                if not failed:
                    log.error("job %s: %s cannot be written: %s", self.job, what, error)
                failed = True
                await pause.wait()
            else:
                return


def start_runner(directory: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A process that shares neither session nor files with us, so that our end is not its end."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(Path(runner.__file__).resolve()), str(directory)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(environment),
        cwd="/",
        start_new_session=True,
    )


def script_folder(setting: str, executable: str) -> str:
    """The working directory of a script: its own folder, our home, or the path that is set."""
    if setting == "script":
        return str(Path(executable).parent)
    return str(Path.home()) if setting == "home" else setting
