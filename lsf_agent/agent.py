"""The agent as a whole: a few loops that live and die together, and one short task for each thing to do.

| task | started by | ends | what ends it badly, who notices |
|---|---|---|---|
| lease | run | never | a programming error: the process ends, the manager shows the location as away |
| take work | run | never | the same |
| deliver observations | run | never | the same |
| follow LSF jobs | run | never | the same |
| ask for the queues | run | never | the same; a fault in one answer is logged |
| ask about ends and log files, one each | follow | never | the same; a fault in one answer is logged |
| one for each kind of question that is gathered | `gathered` | nobody waits | whoever waits gets the fault |
| one for each item of work or adopted script | take work, run | when done | logged; a script is taken up again, |
| | | | other items the manager hands out again |
| one for each submission that LSF is asked about | its own task | when nothing is in doubt | logged; asked anew |
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from lsf_agent.answers.checks import check
from lsf_agent.answers.places import LogPlaces
from lsf_agent.answers.posted import PostedLogs
from lsf_agent.answers.questions import Questions
from lsf_agent.answers.trying import Trying
from lsf_agent.answers.verify import Verifier
from lsf_agent.backoff import Backoff, jittered
from lsf_agent.following.follower import Follower
from lsf_agent.following.kills import Kills
from lsf_agent.following.tracker import Tracker
from lsf_agent.hands import Hands
from lsf_agent.items import Items, guarded
from lsf_agent.link import HELD_LIMIT, Link, RefusedError
from lsf_agent.outbox import Outbox
from lsf_agent.queues import Queues
from lsf_agent.scheduler import Scheduler, Version
from lsf_agent.state import agent_state
from lsf_agent.submission.lookout import Lookout
from lsf_agent.submission.spool import KeptLease, Spool
from lsf_agent.submission.submissions import Means, Submission
from realtime import __version__
from realtime.protocol.agent import (
    CheckPath,
    Followed,
    Kill,
    Lease,
    LeaseRequest,
    Submit,
    Unsettled,
    Verify,
    Work,
    WorkRequest,
)
from realtime.protocol.observations import CheckSeen
from realtime.protocol.questions import Question, answer_within
from realtime.settings import Settings

log = logging.getLogger(__name__)

SCRIPTS_AT_ONCE = 8
"""Scripts that have not submitted yet."""
SCRIPTS_AT_ALL = 64
"""Those that stay for their job's whole life (`bsub -K`) included."""
FIRST_ANSWER = 1.0
"""Seconds that the first lease waits for LSF to say who it is."""


class Agent:
    """`environment` is what scripts get, with the PATH on which LSF's commands are found."""

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        token: Callable[[], str | None],
        spool: Spool,
        scheduler: Scheduler,
        hands: Hands,
    ) -> None:
        self._settings = settings
        self._environment = {k: v for k, v in environment.items() if not k.startswith("BATCHBOARD_")}
        self._spool = spool
        self._scheduler = scheduler
        self._version: Version | None = None
        self._agent_id = spool.agent_id()
        self._group = asyncio.TaskGroup()
        self._loops: list[asyncio.Task[None]] = []
        self._items = Items(self._group, self._item_ended)
        self._ask_anew = asyncio.Event()
        self._asked_room = 0
        self._hands = hands
        self._tracker = Tracker()
        places = LogPlaces(spool, self._tracker, settings.script_cwd, hands)
        posted = PostedLogs(scheduler, hands, [str(root) for root in settings.log_roots])
        self._submissions: dict[str, Submission] = {}
        self._outbox = Outbox(settings.location)
        self._link = Link(settings.manager_url, token, self._lease_request)
        self._follower = Follower(
            scheduler,
            self._tracker,
            self._outbox,
            settings.poll_interval,
            places.remember,
            self._close_if_done,
        )
        self._queues = Queues(scheduler)
        self._kills = Kills(scheduler, self._outbox, self._tracker, self._follower.hurry)
        self._questions = Questions(scheduler, hands, places, posted, Trying(settings, self._environment, hands))
        self._verifier = Verifier(scheduler, hands, posted)
        kept = spool.lease()
        self._seen_generation = kept.generation if kept else 0
        self._seen_epoch = kept.epoch if kept else None
        self._instance = kept.instance if kept else None
        self._instance_known = asyncio.Event()
        self._means = Means(
            settings=settings,
            environment=self._environment,
            hands=hands,
            scheduler=Lookout(scheduler),
            link=self._link,
            outbox=self._outbox,
            instance=self._our_instance,
            follow=self._follower.follow,
            freed=self._tell_room,
        )

    async def run(self) -> None:
        """For ever; cancelled, it leaves scripts and LSF jobs as they are."""
        self._spool.sweep()
        async with self._link.open(), self._group:
            self._adopt()
            loops = (self._keep_lease, self._take_work, self._deliver, self._follower.run, self._queues.run)
            self._loops = [self._group.create_task(loop()) for loop in loops]

    @property
    def alive(self) -> bool:
        """Whether every loop runs. They end together, but for a mistake of ours."""
        return not any(loop.done() for loop in self._loops)

    @property
    def standing(self) -> str:
        """For people, in a few words."""
        lease = self._link.lease
        return f"lease {lease.generation}" if lease else "waiting for the manager"

    def _adopt(self) -> None:
        """Takes up what an earlier life has left in the spool."""
        for entry in self._spool.entries():
            request = entry.request()
            if request is not None and not entry.closed:
                self._items.begin(f"submit/{entry.job}", self._submit(request))

    async def _keep_lease(self) -> None:
        """A slow LSF must not keep the manager waiting: who answers may be told with the next lease."""
        learning = self._group.create_task(guarded("asking LSF who it is", self._learn_version()))
        await asyncio.wait({learning}, timeout=FIRST_ANSWER)
        await self._link.keep_lease(self._leased)

    async def _learn_version(self) -> None:
        pause = Backoff(1.0, 60.0)
        while (version := await self._scheduler.version()) is None:
            await pause.wait()
        self._version = version
        self._link.renew()

    def _lease_request(self) -> LeaseRequest:
        name = "embedded" if self._settings.scheduler == "local" else self._version.name if self._version else None
        return LeaseRequest(
            location=self._settings.location,
            agent=self._agent_id,
            version=__version__,
            scheduler=name,
            scheduler_version=self._version.number if self._version else None,
            seen_generation=self._seen_generation,
            seen_epoch=self._seen_epoch,
        )

    def _leased(self, lease: Lease) -> None:
        """The manager may be a new one: everything is told again, its jobs are followed though we know nothing, and of
        scripts that left no trace here LSF is asked."""
        self._keep(lease)
        for submission in self._submissions.values():
            submission.repeat()
        self._follower.repeat()
        self._follow(lease.follow)
        known = {followed.job: tuple(followed.lsf_ids) for followed in lease.follow}
        for unsettled in lease.unsettled:
            if self._spool.is_job(unsettled.job):
                request = self._spool.entry(unsettled.job).request()
                ids = known.get(unsettled.job, ())
                settling = self._submit(request) if request is not None else self._settle(unsettled, ids)
                self._items.begin(f"submit/{unsettled.job}", settling)

    def _keep(self, lease: Lease) -> None:
        self._seen_generation = max(self._seen_generation, lease.generation)
        self._seen_epoch = lease.epoch
        self._instance = lease.instance
        self._instance_known.set()
        kept = KeptLease(generation=self._seen_generation, epoch=lease.epoch, instance=lease.instance)
        try:
            self._spool.keep_lease(kept)
        except OSError as error:
            log.error("the lease cannot be written down: %s", error)

    async def _our_instance(self) -> str:
        """The last one known; before any lease it is waited for."""
        while self._instance is None:
            await self._instance_known.wait()
        return self._instance

    def _follow(self, jobs: Sequence[Followed]) -> None:
        for followed in jobs:
            if self._spool.is_job(followed.job):
                submission = self._submissions.get(followed.job)
                for lsf_id in followed.lsf_ids:
                    if submission is not None:
                        submission.named(lsf_id)
                    self._follower.follow(followed.job, lsf_id)

    async def _deliver(self) -> None:
        await self._outbox.deliver(self._link, self._unknown)

    def _unknown(self, job: str) -> None:
        """The manager has deleted the job. A script under way is let end."""
        if self._spool.is_job(job):
            self._tracker.forget(job)
            self._close_if_done(job)

    async def _take_work(self) -> None:
        while True:
            began = time.monotonic()
            work = await self._ask_for_work()
            self._accept(work)
            if time.monotonic() - began < 0.05 and work == Work():
                await asyncio.sleep(jittered(0.2))

    async def _ask_for_work(self) -> Work:
        """Gives a held request up when there is more room than it says: it would be held in vain."""
        self._ask_anew.clear()
        asking = asyncio.create_task(self._link.ask("work", self._work_request, Work, HELD_LIMIT))
        changing = asyncio.create_task(self._ask_anew.wait())
        try:
            await asyncio.wait({asking, changing}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else Work()
        except RefusedError as refusal:
            log.error("the manager refuses to give work: %s", refusal)
            await asyncio.sleep(jittered(2.0))
            return Work()
        finally:
            asking.cancel()
            changing.cancel()
            await asyncio.wait({asking, changing})

    def _work_request(self, lease: Lease) -> WorkRequest:
        self._asked_room = self._room()
        return WorkRequest(
            location=self._settings.location,
            generation=lease.generation,
            room=self._asked_room,
            holding=self._items.keys,
            state=agent_state(
                self._scheduler,
                self._tracker,
                self._follower,
                self._queues,
                self._outbox,
                scripts=len(self._scripts()),
                doubts=sum(1 for submission in self._submissions.values() if submission.doubt is not None),
            ),
        )

    def _room(self) -> int:
        running = self._scripts()
        starting = sum(1 for one in running if not one.lsf_ids and one.doubt is None)
        return max(0, min(SCRIPTS_AT_ONCE - starting, SCRIPTS_AT_ALL - len(running)))

    def _scripts(self) -> list[Submission]:
        """Those under way."""
        return [submission for submission in self._submissions.values() if not submission.script_over]

    def _accept(self, work: Work) -> None:
        for submit in work.submit:
            self._items.begin(f"submit/{submit.job}", self._submit(submit))
        for kill in work.kill:
            self._items.begin(f"kill/{kill.job}", self._kill(kill))
        for path in work.check:
            self._items.begin(f"check/{path.definition}/{path.version}", self._check(path))
        for item in work.verify:
            self._items.begin(f"verify/{item.job}", self._verify(item))
        self._follow(work.follow)
        self._follower.look_early(work.look)
        for question in work.questions:
            self._items.begin(f"question/{question.id}", self._answer(question))

    def _item_ended(self, key: str) -> None:
        if key.startswith("kill/"):
            self._ask_anew.set()  # it may be asked for again at once, after a refusal
        self._tell_room()

    def _tell_room(self) -> None:
        if self._asked_room == 0 and self._room():
            self._ask_anew.set()

    async def _submit(self, request: Submit) -> None:
        """Also for a request that comes again: what its directory says of it decides. After a fault it is taken up
        again: nobody else can."""
        submission = Submission(self._spool.entry(request.job), request.user, self._means)
        await self._until_carried(submission, lambda: submission.carry(request))

    async def _settle(self, unsettled: Unsettled, known: tuple[str, ...]) -> None:
        """For a script that was granted, to us or to another agent, and that left no trace here but its `known` ids."""
        submission = Submission(self._spool.entry(unsettled.job), unsettled.user, self._means)
        await self._until_carried(submission, lambda: submission.settle(known))

    async def _until_carried(self, submission: Submission, carry: Callable[[], Coroutine[Any, Any, None]]) -> None:
        job = submission.job
        self._submissions[job] = submission
        while not await guarded(f"submit/{job}", carry()):
            log.info("job %s: taken up again", job)
        del self._submissions[job]
        self._items.let_go(f"submit/{job}")
        self._close_if_done(job)

    async def _kill(self, kill: Kill) -> None:
        submission = self._submissions.get(kill.job)
        if submission is not None:
            await submission.forsake()
        await self._kills.kill(kill, submission)

    async def _check(self, item: CheckPath) -> None:
        roots = [str(root) for root in self._settings.script_roots]
        found = await check(item, self._environment.get("PATH", ""), roots, self._hands)
        await self._outbox.tell(
            lambda n: CheckSeen(
                n=n, at=datetime.now(UTC), definition=item.definition, version=item.version, check=found
            )
        )

    async def _verify(self, item: Verify) -> None:
        await self._outbox.tell(await self._verifier.verify(item))

    async def _answer(self, question: Question) -> None:
        """An answer that cannot be delivered in time is worth nothing."""
        with suppress(TimeoutError, RefusedError):
            async with asyncio.timeout(answer_within(question.kind) * 1.5):
                answer = await self._questions.answer(question)
                await self._link.ask("answers", lambda _: answer, type(None))

    def _close_if_done(self, job: str) -> None:
        """Nothing of the job is open any more: its directory may go after a while."""
        if f"submit/{job}" in self._items or self._tracker.follows(job):
            return
        try:
            self._spool.entry(job).close()
        except OSError as error:
            log.warning("job %s: its directory cannot be closed: %s", job, error)
