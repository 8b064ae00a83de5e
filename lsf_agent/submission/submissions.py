"""Submit scripts from the request to the acknowledged end: intent, claim, runner, watch, and what LSF knows of calls
without a clear answer. Each is run once, or never.

Whatever moment a directory was left at by the last agent, it is taken up there; only the runner's `began` decides
whether a script may still be run.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import msgspec

from lsf_agent.backoff import jittered
from lsf_agent.hands import Hands
from lsf_agent.link import Link, RefusedError
from lsf_agent.outbox import Outbox
from lsf_agent.submission.calls import Answer, Call, answer, needs_asking, unnoted
from lsf_agent.submission.durable import insist
from lsf_agent.submission.entry import Entry, Resolution
from lsf_agent.submission.reconcile import Finding, Reconciliation, TaggedJobs
from lsf_agent.submission.starting import Start, script_folder
from lsf_agent.submission.watch import CUT_OFF, Seen, Watch
from realtime.protocol.agent import Claim, Claimed, Lease, Submit
from realtime.protocol.observations import OUTPUT_LIMIT, SubmissionSeen
from realtime.settings import Settings

log = logging.getLogger(__name__)

__all__ = ["Means", "Submission", "script_folder"]

QUICK, SLOW = 0.1, 0.5
"""Seconds between two looks at a script: young, and one that runs for long (`bsub -K`)."""
YOUNG = 30.0
AFTER_A_FAULT = 5.0
NOTHING = Seen(began_at=None, bsub_called_at=None, calls=(), lsf_ids=(), ended=None)


@dataclass(frozen=True, kw_only=True)
class Means:
    """What submissions are made with. `instance` waits until it is known; `follow` hears of each LSF ID once, with its
    job; `freed`, that there may be room for another script."""

    settings: Settings
    environment: Mapping[str, str]
    hands: Hands
    scheduler: TaggedJobs
    link: Link
    outbox: Outbox
    instance: Callable[[], Awaitable[str]]
    follow: Callable[[str, str], None]
    freed: Callable[[], None]


class Submission:
    """One job's script. `lsf_ids` grows in the order found; `script_over`: nothing of the script runs any more."""

    def __init__(self, entry: Entry, user: str, means: Means) -> None:
        self.job = entry.job
        self.lsf_ids: tuple[str, ...] = ()
        self.script_over = False
        self._entry = entry
        self._user = user
        self._means = means
        self._start = Start(entry, means.settings, means.environment, means.hands)
        self._seen: Seen | None = None
        self._finding = Finding(adopted=(), surplus=(), doubt=None)
        self._told: tuple[object, ...] | None = None
        self._doubt_told: str | None = None
        self._acknowledged = asyncio.Event()
        self._grown = asyncio.Event()
        self._asked: object = None
        self._asking: asyncio.Task[None] | None = None
        self._reconciliation: Reconciliation | None = None
        self._forsaken = False
        self._named: set[str] = set()

    @property
    def doubt(self) -> str | None:
        """Why it is not known whether LSF has a job of the script."""
        return self._finding.doubt

    @property
    def over(self) -> bool:
        """No more ids are to be waited for; what is still found of a job that is being killed is killed."""
        asking = self._asking is not None and not self._asking.done()
        return self.script_over and (self._forsaken or not asking)

    async def grown(self, known: int) -> None:
        """Returns when more than `known` ids are found or it is over."""
        while len(self.lsf_ids) <= known and not self.over:
            self._grown.clear()
            await self._grown.wait()

    async def carry(self, request: Submit) -> None:
        """From the request to the acknowledged end. One that may be older than what is remembered of it is not run."""
        await insist(self.job, "the request", lambda: self._entry.store(request))
        if self._entry.began_unrecorded or (request.restored and self._entry.began_at is None):
            await self.settle()
        elif await self._claim():
            if self._entry.began_at is None:
                await self._start.begin(request, f"bb.{await self._means.instance()}.{self.job}")
            await self._watch()

    async def settle(self, known: tuple[str, ...] = ()) -> None:
        """For a script of which nothing but `known` LSF IDs is known here: only LSF can tell what became of it."""
        self._seen = replace(NOTHING, lsf_ids=known)
        self.script_over = True
        await self._ask(())
        self._tell()
        await self._settled()

    async def _claim(self) -> bool:
        """Whether the script may be run; a refused request is forgotten, unless it began in an earlier life."""
        if self._entry.claimed or self._entry.began_at is not None:
            return True
        try:
            claimed = await self._means.link.ask("claim", self._claim_body, Claimed)
        except RefusedError as refusal:
            claimed = Claimed(granted=False, reason=str(refusal))
        if not claimed.granted:
            log.info("job %s: not to be run: %s", self.job, claimed.reason)
            self._entry.discard()
            self.script_over = True
            self._grown.set()
            return False
        await insist(self.job, "the claim", self._entry.mark_claimed)
        return True

    def _claim_body(self, lease: Lease) -> Claim:
        return Claim(location=self._means.settings.location, generation=lease.generation, job=self.job)

    async def _watch(self) -> None:
        """Tells each change until all is known and acknowledged."""
        watch = Watch(self._entry, self._means.settings.submit_timeout)
        began = time.monotonic()
        while not watch.settled:
            self._seen = watch.look(time.monotonic())
            self.script_over = watch.settled
            questions = self._questions(self._seen, watch.settled)
            if questions is not None:
                await self._ask(questions)
            self._tell()
            if not watch.settled:
                await asyncio.sleep(QUICK if time.monotonic() - began < YOUNG else SLOW)
        assert self._seen is not None and self._seen.ended is not None
        ended = self._seen.ended
        log.info("job %s: script ended: %s", self.job, ended.problem or f"exit code {ended.exit_code}")
        self._means.freed()
        await self._settled()

    def _questions(self, seen: Seen, over: bool) -> tuple[Call, ...] | None:
        """The calls that have had their chance to answer, when one of them needs asking. (): the script had calls of
        which nothing is known. None: there is nothing to ask."""
        overdue = datetime.now(UTC) - timedelta(seconds=self._means.settings.submit_timeout)
        calls = tuple(
            call
            for call in seen.calls
            if over or call.ended_at is not None or (call.called_at < overdue and not call.lsf_ids)
        )
        if any(needs_asking(call) for call in calls):
            return calls
        if not over or seen.lsf_ids or calls:
            return None
        story = self._entry.story()
        if seen.ended is not None and seen.ended.problem == CUT_OFF and not story.ours:
            return ()
        output = "\n".join(self._entry.output_end(name, OUTPUT_LIMIT) for name in ("stdout", "stderr"))
        past_the_shim = unnoted(seen.began_at or datetime.now(UTC), output)
        return (past_the_shim,) if past_the_shim else None

    async def _ask(self, calls: tuple[Call, ...]) -> None:
        """LSF is asked anew when there is more to ask about, or an id more that is not to be asked about."""
        assert self._seen is not None
        question = calls, self._seen.lsf_ids
        if question == self._asked or self._decided_by_name(calls):
            return
        self._asked = question
        if self._asking is not None:
            self._asking.cancel()
        if not calls or any(answer(call) is Answer.NONE for call in calls):
            self._finding = replace(self._finding, doubt=self._finding.doubt or "LSF did not answer")
        self._asking = asyncio.create_task(self._reconcile(calls, self._seen.lsf_ids), name=f"reconcile/{self.job}")
        await asyncio.sleep(0)  # what an earlier life has found is told at once

    async def _reconcile(self, calls: tuple[Call, ...], told: tuple[str, ...]) -> None:
        tag = self._entry.story().tag
        while True:
            prefix = tag or f"bb.{await self._means.instance()}.{self.job}"
            kept = self._entry.resolution() or Resolution()
            scheduler, keep = self._means.scheduler, self._entry.resolve
            owner = self._user if self._means.hands.sudo else None
            made = Reconciliation(scheduler, prefix, self._user, calls, told, kept, keep, self._found, owner=owner)
            self._reconciliation = made
            if self._forsaken:
                made.forsake()
            try:
                await made.run()
            except Exception:
                log.exception("job %s: asking LSF failed", self.job)
                await asyncio.sleep(jittered(AFTER_A_FAULT))
            else:
                self._grown.set()
                return

    def _found(self, finding: Finding) -> None:
        self._finding = finding
        self._tell()

    def _tell(self) -> None:
        """What is known now, if it is more than before; new ids are followed."""
        seen, finding = self._seen, self._finding
        assert seen is not None
        ids = dict.fromkeys([*self.lsf_ids, *seen.lsf_ids, *finding.adopted])
        known, self.lsf_ids = self.lsf_ids, tuple(lsf_id for lsf_id in ids if lsf_id not in finding.surplus)
        for lsf_id in self.lsf_ids:
            if lsf_id not in known:
                log.info("job %s: submitted as LSF %s", self.job, lsf_id)
                self._means.follow(self.job, lsf_id)
        state = seen.began_at, seen.bsub_called_at, seen.ended, self.lsf_ids, finding
        if state != self._told:
            if finding.doubt is not None and finding.doubt != self._doubt_told:
                log.warning("job %s: in doubt: %s", self.job, finding.doubt)
            self._told, self._doubt_told = state, finding.doubt
            self._acknowledged = asyncio.Event()
            self._means.outbox.add(self._observation, self._acknowledged.set)
            self._means.freed()
        self._grown.set()

    def repeat(self) -> None:
        """Tells the whole state again: the manager may be another one than before."""
        if self._seen is not None:
            self._means.outbox.add(self._observation)

    def _observation(self, n: int) -> SubmissionSeen:
        seen, story = self._seen, self._entry.story()
        script, around = story.script, story.surroundings
        assert seen is not None
        ended = seen.ended
        return SubmissionSeen(
            n=n,
            at=datetime.now(UTC),
            job=self.job,
            began_at=seen.began_at,
            bsub_called_at=seen.bsub_called_at,
            lsf_ids=list(self.lsf_ids),
            adopted=[lsf_id for lsf_id in self._finding.adopted if lsf_id not in seen.lsf_ids],
            surplus=list(self._finding.surplus),
            doubt=self._finding.doubt,
            ended_at=ended.at if ended else None,
            exit_code=ended.exit_code if ended else None,
            timed_out=ended.timed_out if ended else False,
            problem=ended.problem if ended else None,
            stdout=self._entry.output_end("stdout", OUTPUT_LIMIT),
            stderr=self._entry.output_end("stderr", OUTPUT_LIMIT),
            sha256=script.sha256 if script else None,
            modified_at=script.modified_at if script else None,
            host=story.began.host if story.began else None,
            folder=around.folder if around else None,
            environment=around.environment if around and ended else None,
        )

    async def forsake(self) -> None:
        """The job is being killed: what is found of it from now on is killed, also by a later agent."""
        self._forsaken = True
        if self._reconciliation is not None:
            self._reconciliation.forsake()
        if self.doubt is not None:
            await insist(self.job, "the kill", self._keep_forsaken)
        self._grown.set()

    def _keep_forsaken(self) -> None:
        kept = self._entry.resolution() or Resolution()
        self._entry.resolve(msgspec.structs.replace(kept, forsaken=True))

    def named(self, lsf_id: str) -> None:
        """An LSF job of this job was named by somebody else and verified: a doubt that no tag can end is over."""
        self._named.add(lsf_id)
        if self._asking is not None and self._seen is not None and self._decided_by_name(self._seen.calls):
            self._asking.cancel()
            self._found(replace(self._finding, doubt=None))

    def _decided_by_name(self, calls: tuple[Call, ...]) -> bool:
        new = self._named.difference(self.lsf_ids, self._finding.surplus)
        return bool(new) and not any(call.tag and needs_asking(call) for call in calls)

    async def _settled(self) -> None:
        """Returns when nothing is in doubt and all of it is acknowledged."""
        if self._asking is not None:
            await asyncio.wait({self._asking})
        self._grown.set()
        await self._acknowledged.wait()
        await self._start.reap()
