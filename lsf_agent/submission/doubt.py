"""What LSF's answers settle about a script whose bsub did not tell its job. Pure: looks come in, decisions go out.

For each tag one job is adopted and stays so for ever; whatever else carries the tag is surplus. Silence settles
nothing. That there is no job is believed only after LSF has said so for a while, and its history, too.
"""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count

import msgspec

from lsf_agent.scheduler import Tagged
from lsf_agent.submission.calls import Answer, Call, answer, needs_asking
from lsf_agent.submission.entry import Resolution
from realtime.domain.status import Status

QUIET = 60.0
"""Seconds in which LSF's answers count as taken before a submission was known to all of it."""
QUIET_LOST = 180.0
"""The same without records of the script: it may still be running."""

_FURTHEST = (
    {Status.DONE},
    {Status.RUN},
    {Status.USUSP, Status.SSUSP, Status.UNKWN, Status.ZOMBI},
    {Status.PEND, Status.PSUSP, Status.WAIT, Status.PROV},
)
"""Which of several is adopted: the one that has come furthest; one that failed last."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`adopted`: LSF jobs that no bsub told of; `surplus`: doubles, which are killed; `doubt`: why it is not known
    whether LSF has a job of this script."""

    adopted: tuple[str, ...]
    surplus: tuple[str, ...]
    doubt: str | None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One job's script: `calls` none means that its records are lost. `told`: ids that bsub told, of any call.
    `owner`: the account whose jobs count; None when LSF shows no others."""

    prefix: str
    calls: tuple[Call, ...]
    told: frozenset[str]
    owner: str | None = None

    @property
    def lost(self) -> bool:
        return not self.calls

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """To be looked for. The notes of a script may say anything."""
        tags = (call.tag for call in self.calls if needs_asking(call))
        return tuple(tag for tag in tags if tag is not None and self.is_own(tag))

    @cached_property
    def nameless(self) -> Call | None:
        """A call in doubt that carries no tag, so that LSF cannot be asked about it."""
        return next((call for call in self.calls if call.tag is None and answer(call) is Answer.NONE), None)

    def told_of(self, tag: str) -> tuple[str, ...]:
        """Ids that bsub told of the call with this tag."""
        return tuple(lsf_id for call in self.calls if call.tag == tag for lsf_id in call.lsf_ids)

    def is_own(self, tag: str) -> bool:
        """Whether it is a tag of this job, exactly."""
        return re.fullmatch(rf"{re.escape(self.prefix)}\.[1-9]\d{{0,8}}", tag) is not None

    def owns(self, job: Tagged) -> bool:
        """Whether it is a job of this script, and not of somebody else who has borrowed the tag."""
        return self.is_own(job.tag) and (self.owner is None or job.user in (None, self.owner))


@dataclass(frozen=True, kw_only=True)
class State:
    """`kept`: what is decided, durable before anybody hears of it. The rest is found anew in each life. Times are of
    one clock, in seconds."""

    kept: Resolution
    silent: bool = False
    looks: int = 0
    first_look: float = 0.0
    last_look: float = 0.0
    alive: frozenset[str] = frozenset()
    """surplus jobs that the last look has shown alive under our tag"""
    unlisted: Mapping[str, float] = field(default_factory=dict)
    """surplus jobs that were not listed: since which look"""
    ended: frozenset[str] = frozenset()
    """surplus jobs that have ended"""
    seen: frozenset[str] = frozenset()
    """tags of which LSF has told a job"""
    searched: bool = False
    """records lost: the history knows no further job"""

    def quiet(self, seconds: float) -> bool:
        """LSF has answered for so long, and so at least twice."""
        return self.last_look - self.first_look >= seconds


def looked(case: Case, state: State, found: Iterable[Tagged], now: float) -> State:
    """LSF has told of all jobs with this job's tags."""
    own = [job for job in found if case.owns(job)]
    kept = state.kept
    for tag in dict.fromkeys(job.tag for job in own):
        kept = _sorted_out(case, kept, tag, sorted((job for job in own if job.tag == tag), key=_preference))
    surplus = frozenset(kept.surplus)
    listed = {job.lsf_id: job.status for job in own if job.lsf_id in surplus}
    unlisted = {lsf_id: state.unlisted.get(lsf_id, now) for lsf_id in surplus - listed.keys()}
    ended = {lsf_id for lsf_id, status in listed.items() if not status.live}
    ended |= {lsf_id for lsf_id, since in unlisted.items() if now - since >= QUIET}
    return replace(
        state,
        kept=kept,
        silent=False,
        looks=state.looks + 1,
        first_look=state.first_look if state.looks else now,
        last_look=now,
        alive=frozenset(listed) - ended,
        unlisted=unlisted,
        ended=frozenset(ended),
        seen=state.seen | {job.tag for job in own},
    )


def _sorted_out(case: Case, kept: Resolution, tag: str, jobs: Sequence[Tagged]) -> Resolution:
    """`jobs` of one tag, the best first: one is kept, the others are surplus."""
    ids = [job.lsf_id for job in jobs]
    keepers = _keepers(case, kept, tag) or {lsf_id for lsf_id in ids if lsf_id in case.told}
    fresh = [lsf_id for lsf_id in ids if lsf_id not in keepers and lsf_id not in kept.surplus]
    adopted = dict(kept.adopted)
    if fresh and not keepers and not kept.forsaken:
        adopted[tag] = fresh.pop(0)
    absent = [one for one in kept.absent if one != tag]
    return msgspec.structs.replace(kept, adopted=adopted, surplus=[*kept.surplus, *fresh], absent=absent)


def _keepers(case: Case, kept: Resolution, tag: str) -> set[str]:
    """What was adopted stays, also when bsub tells another one of its doubles later."""
    return {kept.adopted[tag]} if tag in kept.adopted else set(case.told_of(tag))


def _preference(job: Tagged) -> tuple[int, int]:
    rank = next((rank for rank, those in enumerate(_FURTHEST) if job.status in those), len(_FURTHEST))
    return rank, int(job.lsf_id)


def unanswered(state: State) -> State:
    """LSF did not answer."""
    return replace(state, silent=True, alive=frozenset())


def forsaken(state: State) -> State:
    """The job is being killed: nothing is adopted any more."""
    return replace(state, kept=msgspec.structs.replace(state.kept, forsaken=True))


def to_search(case: Case, state: State) -> tuple[str, ...]:
    """Tags of which LSF lists no job for so long that its history is to be asked."""
    if not state.quiet(QUIET):
        return ()
    if case.lost:
        unseen = next(tag for number in count(1) if (tag := f"{case.prefix}.{number}") not in state.seen)
        return () if state.searched else (unseen,)
    return tuple(tag for tag in case.tags if _open(case, state, tag))


def searched(case: Case, state: State, tag: str, ids: Sequence[str]) -> State:
    """The history has told of the jobs with a tag; they have ended, or it would not be history."""
    kept = state.kept
    fresh = [lsf_id for lsf_id in sorted(ids, key=int) if lsf_id not in kept.surplus]
    adopted = dict(kept.adopted)
    if fresh and tag not in adopted and not kept.forsaken:
        adopted[tag] = fresh.pop(0)
    surplus = [lsf_id for lsf_id in fresh if lsf_id not in _keepers(case, kept, tag)]
    absent = kept.absent if ids or case.lost else [*kept.absent, tag]
    return replace(
        state,
        kept=msgspec.structs.replace(kept, adopted=adopted, surplus=[*kept.surplus, *surplus], absent=absent),
        unlisted=dict.fromkeys(surplus, state.first_look) | dict(state.unlisted),
        ended=state.ended | frozenset(surplus),
        seen=state.seen | ({tag} if ids else set()),
        searched=case.lost and not ids,
    )


def _open(case: Case, state: State, tag: str) -> bool:
    """Neither a job of this tag is known, nor that there is none."""
    known = _keepers(case, state.kept, tag) or (state.kept.forsaken and tag in state.seen)
    return not known and tag not in state.kept.absent


def to_kill(state: State) -> tuple[str, ...]:
    """Surplus jobs, which LSF has just shown alive under our tag."""
    return tuple(lsf_id for lsf_id in state.kept.surplus if lsf_id in state.alive)


def looking(case: Case, state: State) -> bool:
    """LSF may still tell something."""
    if set(state.kept.surplus) - state.ended:
        return True
    if case.lost:
        known = _anything(case, state) or state.kept.forsaken
        return not (known and state.searched and state.quiet(QUIET_LOST))
    return bool(case.tags) and (not state.quiet(QUIET) or any(_open(case, state, tag) for tag in case.tags))


def over(case: Case, state: State) -> bool:
    """Nothing is in doubt any more, or it was given up, and every surplus job has ended."""
    return not looking(case, state) and (case.nameless is None or state.kept.forsaken)


def _anything(case: Case, state: State) -> bool:
    return bool(case.told or state.kept.adopted or state.kept.surplus or state.seen)


def finding(case: Case, state: State) -> Finding:
    """What is to be told."""
    adopted = tuple(state.kept.adopted[tag] for tag in sorted(state.kept.adopted, key=_number))
    return Finding(adopted=adopted, surplus=tuple(state.kept.surplus), doubt=_doubt(case, state))


def _number(tag: str) -> int:
    return int(tag.rpartition(".")[2])


def _doubt(case: Case, state: State) -> str | None:
    none_known = bool(state.looks) and not state.silent
    if case.lost:
        if _anything(case, state):
            return None
        answered = "LSF knows no job of it so far" if none_known else "LSF did not answer"
        return f"the batch client has lost its records of this script; {answered}"
    if any(_open(case, state, tag) for tag in case.tags):
        return "bsub told no LSF ID; LSF knows no job of it so far" if none_known else "LSF did not answer"
    if case.nameless is None:
        return None
    if not case.nameless.name:
        return "LSF did not answer; the job has no name to look for: look with bjobs -a"
    name = "".join(letter if letter.isprintable() else "?" for letter in case.nameless.name[:100])
    return f"LSF did not answer; the script named its job '{name}' itself: look with bjobs -a -J {shlex.quote(name)}"
