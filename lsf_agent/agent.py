"""The agent as a whole: a few loops that live and die together, and one short task for each thing to do.

| task | started by | ends | what ends it badly, who notices |
|---|---|---|---|
| lease | run | never | a programming error: the process ends, the manager shows the location as away |
| take work | run | never | the same |
| deliver observations | run | never | the same |
| follow LSF jobs | run | never | the same |
| one for each item of work or adopted script | take work, run | when done | logged; a script is taken up again, |
| | | | other items the manager hands out again |
| one for each question beside a look | follow | when LSF answered | logged |
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from lsf_agent.aside import Aside
from lsf_agent.backoff import Backoff, jittered
from lsf_agent.checks import check
from lsf_agent.follower import Follower
from lsf_agent.kills import Kills
from lsf_agent.link import HELD_LIMIT, Link, RefusedError
from lsf_agent.lsf.bsub import SUBMITTED
from lsf_agent.outbox import Outbox
from lsf_agent.places import LogPlaces
from lsf_agent.questions import Questions
from lsf_agent.scheduler import Scheduler, Version
from lsf_agent.spool import RunPlan, Spool
from lsf_agent.submissions import Submission, script_folder
from lsf_agent.tracker import Tracker
from realtime import __version__
from realtime.protocol.agent import (
    QUESTION_TIMEOUT,
    CheckPath,
    CheckSeen,
    Kill,
    Lease,
    LeaseRequest,
    Question,
    Submit,
    Work,
    WorkRequest,
)
from realtime.settings import Settings

log = logging.getLogger(__name__)

SCRIPTS_AT_ONCE = 8
"""Scripts that have not submitted yet."""
SCRIPTS_AT_ALL = 64
"""Those that stay for their job's whole life (`bsub -K`) included."""
AFTER_A_FAULT = 5.0
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
    ) -> None:
        self._settings = settings
        self._environment = {k: v for k, v in environment.items() if not k.startswith("BATCHBOARD_")}
        self._spool = spool
        self._scheduler = scheduler
        self._version: Version | None = None
        self._agent_id = spool.agent_id()
        self._group = asyncio.TaskGroup()
        self._holding: set[str] = set()
        self._ask_anew = asyncio.Event()
        self._asked_room = 0
        self._aside = Aside()
        self._tracker = Tracker()
        places = LogPlaces(spool, self._tracker, settings.script_cwd)
        self._submissions: dict[str, Submission] = {}
        self._outbox = Outbox(settings.location)
        self._link = Link(settings.manager_url, token, self._lease_request)
        self._follower = Follower(
            scheduler,
            self._tracker,
            self._outbox,
            settings.poll_interval,
            self._beside,
            places.remember,
            self._close_if_done,
        )
        self._kills = Kills(scheduler, self._outbox, self._tracker.submitted_at, self._follower.hurry)
        self._questions = Questions(scheduler, self._aside, places.of, places.remember)

    async def run(self) -> None:
        """For ever; cancelled, it leaves scripts and LSF jobs as they are."""
        self._spool.sweep()
        async with self._link.open(), self._group:
            self._adopt()
            for loop in (self._keep_lease, self._take_work, self._deliver, self._follower.run):
                self._group.create_task(loop())

    def _adopt(self) -> None:
        """Takes up what an earlier life has left in the spool."""
        for entry in self._spool.entries():
            request = entry.request()
            if request is not None and not entry.closed:
                self._begin(f"submit/{entry.job}", self._submit(request))

    async def _keep_lease(self) -> None:
        """A slow LSF must not keep the manager waiting: who answers may be told with the next lease."""
        learning = self._group.create_task(self._guard("asking LSF who it is", self._learn_version()))
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
        )

    def _leased(self, lease: Lease) -> None:
        """The manager may be a new one: everything is told again, and its jobs are followed though we know nothing."""
        for submission in self._submissions.values():
            submission.repeat()
        self._follower.repeat()
        for followed in lease.follow:
            if self._spool.is_job(followed.job):
                for lsf_id in followed.lsf_ids:
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
            holding=sorted(self._holding),
            scheduler_answered_at=self._scheduler.answered_at,
        )

    def _room(self) -> int:
        starting = sum(1 for submission in self._submissions.values() if not submission.lsf_ids)
        return max(0, min(SCRIPTS_AT_ONCE - starting, SCRIPTS_AT_ALL - len(self._submissions)))

    def _accept(self, work: Work) -> None:
        for submit in work.submit:
            self._begin(f"submit/{submit.job}", self._submit(submit))
        for kill in work.kill:
            self._begin(f"kill/{kill.job}", self._kill(kill))
        for path in work.check:
            self._begin(f"check/{path.definition}/{path.version}", self._check(path))
        for question in work.questions:
            self._begin(f"question/{question.id}", self._answer(question))

    def _begin(self, key: str, coroutine: Coroutine[Any, Any, None]) -> None:
        """At most one task for each item: what is in our hands already is not begun again."""
        if key in self._holding:
            coroutine.close()
            return
        self._holding.add(key)
        self._group.create_task(self._hold(key, coroutine), name=key)

    async def _hold(self, key: str, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            await self._guard(key, coroutine)
        finally:
            self._holding.discard(key)
        if key.startswith("kill/"):
            self._ask_anew.set()  # it may be asked for again at once, after a refusal
        self._tell_room()

    def _tell_room(self) -> None:
        if self._asked_room == 0 and self._room():
            self._ask_anew.set()

    def _beside(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._group.create_task(self._guard("a question to LSF", coroutine))

    async def _guard(self, what: str, coroutine: Coroutine[Any, Any, None]) -> bool:
        """The supervisor of one item: a fault is logged and must not end the others' work. Whether it went well."""
        try:
            await coroutine
        except Exception:
            log.exception("%s failed", what)
            await asyncio.sleep(jittered(AFTER_A_FAULT))
            return False
        return True

    async def _submit(self, request: Submit) -> None:
        """Also for a request that comes again: what its directory says of it decides. After a fault it is taken up
        again: nobody else can."""
        submission = Submission(self._spool.entry(request.job), self._settings.location, self._link, self._outbox)
        self._submissions[request.job] = submission
        while not await self._guard(f"submit/{request.job}", self._carry(submission, request)):
            log.info("job %s: taken up again", request.job)
        del self._submissions[request.job]
        self._holding.discard(f"submit/{request.job}")
        self._close_if_done(request.job)

    async def _carry(self, submission: Submission, request: Submit) -> None:
        await submission.store(request)
        if await submission.claim():
            await submission.begin(self._plan(request), self._environment)
            await submission.watch(self._settings.submit_timeout, partial(self._submitted, request.job))

    def _plan(self, request: Submit) -> RunPlan:
        return RunPlan(
            working_directory=script_folder(self._settings.script_cwd, request.executable),
            timeout=self._settings.submit_timeout,
            submitted=SUBMITTED,
        )

    def _submitted(self, job: str, lsf_id: str) -> None:
        self._follower.follow(job, lsf_id)
        self._tell_room()

    async def _kill(self, kill: Kill) -> None:
        await self._kills.kill(kill, self._submissions.get(kill.job))

    async def _check(self, item: CheckPath) -> None:
        found = await check(item.executable, self._environment.get("PATH", ""), self._aside)
        await self._outbox.tell(
            lambda n: CheckSeen(
                n=n, at=datetime.now(UTC), definition=item.definition, version=item.version, check=found
            )
        )

    async def _answer(self, question: Question) -> None:
        """An answer that cannot be delivered in time is worth nothing."""
        with suppress(TimeoutError, RefusedError):
            async with asyncio.timeout(QUESTION_TIMEOUT * 1.5):
                answer = await self._questions.answer(question)
                await self._link.ask("answers", lambda _: answer, type(None))

    def _close_if_done(self, job: str) -> None:
        """Nothing of the job is open any more: its directory may go after a while."""
        if f"submit/{job}" in self._holding or self._tracker.follows(job):
            return
        try:
            self._spool.entry(job).close()
        except OSError as error:
            log.warning("job %s: its directory cannot be closed: %s", job, error)
