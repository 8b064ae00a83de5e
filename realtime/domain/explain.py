"""Why a job failed: one plain sentence, what tells so, and what can be done about it.

Everything here is judged by what is stored: LSF's own word (`TERM_MEMLIMIT`) before exit codes, these before guesses
from the log, and a guess says that it is one.
"""

import re
from dataclasses import dataclass

from realtime.domain.assessment import CANCELLED_IN_DOUBT, speaker
from realtime.domain.failure import Advice, Cause, Explanation, Failure
from realtime.domain.job import Job, LsfJob
from realtime.domain.limits import Enlarged, more_memory, more_time
from realtime.domain.lsf_ends import CODES, TERMINATIONS
from realtime.domain.not_submitted import not_submitted, signal_name
from realtime.domain.spoken import memory, memory_of, one_line, span
from realtime.domain.status import Status


@dataclass(frozen=True)
class _Found:
    """`clause`: what follows "It", without a full stop."""

    clause: str
    cause: Cause
    advice: tuple[Advice, ...] = ()


def explain(failure: Failure) -> Explanation:
    """Why it failed; of several LSF jobs, why the first of those that failed did."""
    job = failure.job
    if job.lsf_jobs:
        return _explain_lsf(failure, speaker(job.lsf_jobs))
    if job.cancelled_at:
        return _cancelled(job)
    found = not_submitted(job.submission, failure.executable)
    advice = (Advice(found.advice),) if found.advice else ()
    evidence = _submission_evidence(job)
    return Explanation(sentence=_sentence(found.clause), cause=Cause(found.cause), evidence=evidence, advice=advice)


def _cancelled(job: Job) -> Explanation:
    by = f" by {job.kill_requested_by}" if job.kill_requested_by else ""
    at_once = job.submission.claimed_at is None and job.kill_requested_at is None
    clause = (
        f"it was cancelled{by} before LSF had it"
        if at_once
        else f"it was {CANCELLED_IN_DOUBT}".replace(":", f"{by}:", 1)
    )
    return Explanation(sentence=_sentence(clause), cause=Cause.CANCELLED)


def _submission_evidence(job: Job) -> tuple[str, ...]:
    submission = job.submission
    code = "" if submission.exit_code is None or submission.problem else f"Exit code {submission.exit_code}"
    bsub = "" if submission.bsub_called_at or submission.problem else "bsub was not seen to be called"
    where = f"On {submission.host}" if submission.host else ""
    return tuple(filter(None, (code, bsub, where)))


def _explain_lsf(failure: Failure, shown: LsfJob) -> Explanation:
    found = _found(failure, shown)
    return Explanation(
        sentence=_sentence(f"{_subject(failure.job, shown)} {found.clause}"),
        cause=found.cause,
        evidence=_evidence(failure, shown),
        advice=found.advice,
    )


def _subject(job: Job, shown: LsfJob) -> str:
    failed = {status: count for status, count in shown.elements.items() if status in ("EXIT", "ZOMBI", "UNKWN")}
    if shown.elements:
        return f"{sum(failed.values()) or 'some'} of its {sum(shown.elements.values())} array elements failed: it"
    if len(job.lsf_jobs) == 1:
        return "it"
    ended_so = sum(1 for lsf_job in job.lsf_jobs if lsf_job.status is shown.status)
    return f"{ended_so} of its {len(job.lsf_jobs)} LSF jobs failed: {shown.lsf_id}"


def _found(failure: Failure, shown: LsfJob) -> _Found:
    if shown.status is Status.LOST:
        return _lost(shown)
    word = _word(shown.reason or "")
    if word in (None, "TERM_OWNER", "TERM_FORCE_OWNER", "TERM_EXTERNAL_SIGNAL") and _killed_by_us(failure.job, shown):
        by = f" by {failure.job.kill_requested_by}" if failure.job.kill_requested_by else ""
        return _Found(f"was killed{by} with Batchboard", Cause.KILLED_BY_US)
    if word == "TERM_MEMLIMIT" or (word is None and _at_memory_limit(shown)):
        return _out_of_memory(failure, shown, certain=word is not None)
    if word == "TERM_RUNLIMIT" or (word is None and _at_run_limit(shown)):
        return _out_of_time(failure, shown)
    if word in TERMINATIONS:
        clause, cause, advice = TERMINATIONS[word]
        return _Found(clause, cause, (Advice(advice),) if advice else ())
    if word is not None:
        return _Found(f"was ended by LSF: {one_line(shown.reason or word).rstrip('.')}", Cause.OTHER)
    return _by_exit_code(failure, shown)


def _word(reason: str) -> str | None:
    """LSF's word in its reason, or the one that the reason means."""
    if found := re.search(r"\bTERM_[A-Z_]+\b", reason):
        return found[0]
    if reason.startswith("exit "):
        return None  # these are not LSF's words, but ours for a code
    return next((word for words, word in _MEANT if words in reason.lower()), None)


_MEANT = (
    ("ran out of memory", "TERM_MEMLIMIT"),
    ("memory usage limit", "TERM_MEMLIMIT"),
    ("memory limit", "TERM_MEMLIMIT"),
    ("run limit", "TERM_RUNLIMIT"),
    ("run time limit", "TERM_RUNLIMIT"),
    ("killed by its owner", "TERM_OWNER"),
)


def _lost(shown: LsfJob) -> _Found:
    clause = "is not known to LSF any more: neither bjobs nor bhist tell how it ended"
    return _Found(clause, Cause.LOST, (Advice("Its log may tell whether it did its work."),))


def _killed_by_us(job: Job, shown: LsfJob) -> bool:
    if job.kill_requested_at is None or job.kill_answered_at is None:
        return False
    return shown.ended_at is None or shown.ended_at >= job.kill_requested_at


def _at_memory_limit(shown: LsfJob) -> bool:
    killed = shown.exit_code in (None, 130, 137, 143)
    return bool(killed and shown.memory_limit and shown.max_memory and shown.max_memory >= 0.97 * shown.memory_limit)


def _at_run_limit(shown: LsfJob) -> bool:
    ran = _ran(shown)
    if shown.exit_code == 140:
        return not (shown.run_limit and ran is not None and ran < 0.9 * shown.run_limit)
    return bool(
        shown.exit_code in (137, 143, 152) and shown.run_limit and ran is not None and ran >= 0.99 * shown.run_limit
    )


def _ran(shown: LsfJob) -> float | None:
    if shown.started_at is None or shown.ended_at is None:
        return None
    return max((shown.ended_at - shown.started_at).total_seconds(), 0.0)


def _out_of_memory(failure: Failure, shown: LsfJob, *, certain: bool) -> _Found:
    most, limit = shown.max_memory, shown.memory_limit
    if most and limit:
        use = f"its peak was {memory_of(most, limit)}"
    elif most:
        use = f"its peak was {memory(most)}"
    else:
        use = f"its limit was {memory(limit)}" if limit else ""
    killed = (
        "was killed by LSF because it ran out of memory"
        if certain
        else "was killed, most likely because it ran out of memory"
    )
    peak = (use or "it ran out of memory").removeprefix("its ")
    enlarged = more_memory(failure.parameters, limit, most)
    option = "bsub -M, and rusage[mem=...] in -R"
    return _Found(
        f"{killed}{': ' if use else ''}{use}", Cause.MEMORY, (_raise(failure, enlarged, peak, "memory limit", option),)
    )


def _out_of_time(failure: Failure, shown: LsfJob) -> _Found:
    limit, ran = shown.run_limit, _ran(shown)
    told = span(limit) if limit else ""
    of = f" of {told}" if told else (f" after {span(ran)}" if ran else "")
    why = f"its run limit was {told}" if told else "it reached its run limit"
    enlarged = more_time(failure.parameters, limit)
    advice = _raise(failure, enlarged, why.removeprefix("its "), "run limit", "bsub -W")
    return _Found(f"was killed by LSF because it reached its run limit{of}", Cause.RUN_TIME, (advice,))


def _raise(failure: Failure, enlarged: Enlarged | None, why: str, limit: str, option: str) -> Advice:
    if enlarged:
        return Advice(f"{enlarged.was}: {why}.", enlarged.now, enlarged.parameters)
    return Advice(f"Raise the {limit} ({option}) in {failure.executable}.")


def _by_exit_code(failure: Failure, shown: LsfJob) -> _Found:
    code, line = shown.exit_code, failure.error_line
    says = f"; its log says “{one_line(line).rstrip('.')}”" if line else ""
    guess = _from_log(failure, shown, says)
    if guess:
        return guess
    if code is None:
        words = f": {one_line(shown.reason).rstrip('.')}" if shown.reason else ", and LSF does not say why"
        return _Found(f"failed{words}{says}", Cause.OTHER)
    if code in CODES:
        clause, cause, advice = CODES[code]
        more = "" if line and one_line(line).rstrip(".").lower() in clause.lower() else says
        return _Found(f"{clause}{more}", cause, (Advice(advice),) if advice else ())
    if code > 128 and (name := signal_name(code - 128)):
        return _Found(f"was killed by signal {code - 128} ({name}){says}", Cause.SIGNAL)
    reason = one_line(shown.reason or "").rstrip(".")
    why = f" ({reason})" if reason and not reason.startswith("exit ") else ""
    return _Found(f"ended with exit code {code}{why}{says}", Cause.EXIT_CODE)


_LOG_SAYS = (
    (r"out of memory|oom.?kill|bad_alloc|\bMemoryError\b|cannot allocate memory", Cause.MEMORY),
    (r"command not found|: not found|no module named|cannot open shared object", Cause.NOT_FOUND),
)


def _from_log(failure: Failure, shown: LsfJob, says: str) -> _Found | None:
    """What the log's first error tells better than an exit code that may mean anything."""
    line = failure.error_line or ""
    cause = next((cause for pattern, cause in _LOG_SAYS if re.search(pattern, line, re.IGNORECASE)), None)
    if cause is Cause.MEMORY:
        found = _out_of_memory(failure, shown, certain=False)
        return _Found(f"ran out of memory{says}", cause, found.advice)
    if cause is Cause.NOT_FOUND and shown.exit_code in (1, 126, 127):
        advice = (
            f"Set up the environment in {failure.executable}, or in what it submits: the host has not what you have."
        )
        return _Found(f"did not find what it needs{says}", cause, (Advice(advice),))
    return None


def _evidence(failure: Failure, shown: LsfJob) -> tuple[str, ...]:
    """Facts beside the sentence, the most telling first."""
    most, limit, ran = shown.max_memory, shown.memory_limit, _ran(shown)
    ran_unseen = bool(most or shown.host)  # between two looks at it
    spent = f"Ran for {span(ran)}" if ran is not None else "" if shown.started_at or ran_unseen else "Never started"
    return tuple(
        line
        for line in (
            f"LSF: {one_line(shown.reason)}" if shown.reason and shown.reason != f"exit {shown.exit_code}" else "",
            ""
            if shown.exit_code is None or str(shown.exit_code) in (shown.reason or "")
            else f"Exit code {shown.exit_code}",
            f"Memory: {memory_of(most, limit) if limit else memory(most)} at its peak" if most else "",
            spent + (f" of {span(shown.run_limit)}" if spent and ran is not None and shown.run_limit else ""),
            f"On {shown.host}" + (f", queue {shown.queue}" if shown.queue else "") if shown.host else "",
            f"Killing was asked for by {failure.job.kill_requested_by}" if failure.job.kill_requested_by else "",
        )
        if line
    )


def _sentence(clause: str) -> str:
    words = one_line(clause, 400).rstrip(" .")
    return f"{words[:1].upper()}{words[1:]}."
