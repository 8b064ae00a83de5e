"""A job beside the last good one of its hash: what differs, and what does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from realtime.domain.assessment import speaker
from realtime.domain.job import Job
from realtime.domain.spoken import memory, span

MUCH = 1.25
"""Times and memory that differ by less than this factor count as the same."""
LITTLE = 5.0
"""Seconds by which times may differ in any case."""
FLEETING = frozenset(
    {"_", "OLDPWD", "PWD", "SHLVL", "INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "XDG_SESSION_ID"}
    | {"SSH_AUTH_SOCK", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "DISPLAY", "TMPDIR", "KRB5CCNAME"}
)
"""Environment variables that are another one in each login and tell nothing."""

Environment = Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What of a job is compared. `environment`: what its script found besides what we gave it; None: not told."""

    job: Job
    parameters: str
    executable: str
    user: str
    location: str
    environment: Environment | None


@dataclass(frozen=True)
class Difference:
    """`this`, `that`: what the job has and what the other one had, in words; empty: nothing, or not told."""

    what: str
    this: str
    that: str


def compare(this: Compared, that: Compared) -> tuple[list[Difference], list[str]]:
    """What differs, the likeliest cause first, and the names of what is the same. What both do not tell is neither."""
    differences, same = [], []
    theirs = _plain(that)
    for what, mine in _plain(this).items():
        other = theirs[what]
        if mine is None or other is None or (not mine and not other):
            continue
        if mine == other:
            same += [] if what == "script changed" else [what]
        else:
            differences.append(Difference(what, mine, other))
    for what, (mine_amount, words) in _amounts(this).items():
        other_amount, other_words = _amounts(that)[what]
        if mine_amount is None or other_amount is None:
            continue
        if _alike(what, mine_amount, other_amount):
            same.append(what)
        else:
            differences.append(Difference(what, words, other_words))
    more = _of_environment(this.environment, that.environment)
    if more is not None:
        differences += more
        same += [] if more else ["environment"]
    return sorted(differences, key=lambda one: _ORDER.index(one.what)), same


_ORDER = (
    *("parameters", "executable", "script", "script changed", "memory limit", "run limit", "queue", "host", "user"),
    *("location", "folder", "submit host", "environment, set in one", "environment, other value"),
    *("memory peak", "run time", "wait"),
)


def _plain(of: Compared) -> dict[str, str | None]:
    """Texts that are the same or not; None: not told. A moment is told as RFC 3339."""
    submission = of.job.submission
    shown = speaker(of.job.lsf_jobs) if of.job.lsf_jobs else None
    changed = submission.modified_at
    return {
        "parameters": " ".join(of.parameters.split()),
        "executable": of.executable,
        "script": submission.sha256 and submission.sha256[:12],
        "script changed": None
        if changed is None
        else changed.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "queue": shown.queue if shown else None,
        "host": shown.host if shown else None,
        "memory limit": memory(shown.memory_limit) if shown and shown.memory_limit else None,
        "run limit": span(shown.run_limit) if shown and shown.run_limit else None,
        "user": of.user,
        "location": of.location,
        "folder": submission.folder,
        "submit host": submission.host,
    }


def _amounts(of: Compared) -> dict[str, tuple[float | None, str]]:
    """What is never quite the same, with its words."""
    shown = speaker(of.job.lsf_jobs) if of.job.lsf_jobs else None
    ran = _between(shown.started_at, shown.ended_at) if shown else None
    waited = _between(shown.submitted_at, shown.started_at) if shown else None
    most = shown.max_memory if shown else None
    return {
        "memory peak": (most, memory(most or 0)),
        "run time": (ran, span(ran or 0)),
        "wait": (waited, span(waited or 0)),
    }


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    return None if begin is None or end is None else max((end - begin) / timedelta(seconds=1), 0.0)


def _alike(what: str, one: float, other: float) -> bool:
    small, large = sorted((one, other))
    return large <= MUCH * small or (what != "memory peak" and large - small < LITTLE)


def _of_environment(this: Environment | None, that: Environment | None) -> list[Difference] | None:
    """Names alone are told, never values; a value that was left out as a secret is as good as any other."""
    if this is None or that is None:
        return None
    mine, theirs = this.keys() - FLEETING, that.keys() - FLEETING
    other = sorted(name for name in mine & theirs if None not in (this[name], that[name]) and this[name] != that[name])
    found = []
    if mine ^ theirs:
        found.append(
            Difference("environment, set in one", ", ".join(sorted(mine - theirs)), ", ".join(sorted(theirs - mine)))
        )
    if other:
        found.append(Difference("environment, other value", ", ".join(other), ", ".join(other)))
    return found
