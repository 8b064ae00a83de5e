"""Kills: of every LSF job of a job, also of those that its script submits while it is being killed."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from lsf_agent.backoff import Backoff
from lsf_agent.following.tracker import NOT_FOUND_GRACE, Tracker
from lsf_agent.outbox import Outbox
from lsf_agent.scheduler import Killed, KillRefused, Scheduler
from lsf_agent.submission.submissions import Submission
from realtime.protocol.agent import Kill
from realtime.protocol.observations import KillSeen

log = logging.getLogger(__name__)


class Kills:
    """`hurry` asks for a look soon at ids of which LSF has just said something."""

    def __init__(
        self, scheduler: Scheduler, outbox: Outbox, tracker: Tracker, hurry: Callable[[Iterable[str]], None]
    ) -> None:
        self._scheduler = scheduler
        self._outbox = outbox
        self._tracker = tracker
        self._hurry = hurry

    async def kill(self, item: Kill, submission: Submission | None) -> None:
        """Until LSF has answered for every id that the job has, or will ever have."""
        done: set[str] = set()
        reported = False
        while True:
            known = dict.fromkeys([*item.lsf_ids, *(submission.lsf_ids if submission else ())])
            fresh = [lsf_id for lsf_id in known if lsf_id not in done]
            if fresh:
                error = await self._until_answered(item, fresh)
                done.update(fresh)
                reported = True
                await self._report(item.job, error)
            elif submission is None or submission.over:
                break
            else:
                await submission.grown(len(submission.lsf_ids))
        if not reported:
            await self._report(item.job, None)

    async def _until_answered(self, item: Kill, ids: Sequence[str]) -> str | None:
        """LSF's refusal, or None: every id is being killed or has ended."""
        pause = Backoff(1.0, 30.0)
        refusals = [f"{lsf_id}: it is another job's" for lsf_id in ids if not self._own(item.job, lsf_id)]
        left = [lsf_id for lsf_id in ids if self._own(item.job, lsf_id)]
        while left:
            log.info("job %s: bkill %s%s", item.job, "-r " if item.force else "", " ".join(left))
            answers = await self._scheduler.kill(left, item.user, item.force)
            answered = [lsf_id for lsf_id in left if answers[lsf_id] is not Killed.SILENT]
            if answered:
                self._hurry(answered)
            for lsf_id, answer in answers.items():
                if isinstance(answer, KillRefused):
                    refusals.append(f"{lsf_id}: {answer.reason}")
            left = [lsf_id for lsf_id in left if self._again(item.job, lsf_id, answers[lsf_id])]
            if left:
                await pause.wait()
        return "; ".join(refusals) or None

    def _own(self, job: str, lsf_id: str) -> bool:
        """A script can print any id: one that another job has had before is not killed for it."""
        return self._tracker.jobs_of(lsf_id)[:1] in ([], [job])

    def _again(self, job: str, lsf_id: str, answer: Killed | KillRefused) -> bool:
        """No answer is none; and LSF may not know yet what it has just taken."""
        if answer is Killed.NOT_FOUND:
            submitted = self._tracker.submitted_at(job, lsf_id)
            return submitted is not None and datetime.now(UTC) - submitted < NOT_FOUND_GRACE
        return answer is Killed.SILENT

    async def _report(self, job: str, error: str | None) -> None:
        log.info("job %s: kill %s", job, f"refused: {error}" if error else "taken")
        await self._outbox.tell(lambda n: KillSeen(n=n, at=datetime.now(UTC), job=job, error=error))
