"""A shift, and what of it is handed over to the next one, as Markdown for the logbook."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from realtime.domain.names import listed_runs

GROUPS_LIMIT = 40
"""Causes of failures that are told each by itself."""
HASHES_LIMIT = 4
"""Hashes that are named with a cause."""


@dataclass(frozen=True, kw_only=True)
class RunNote:
    """What people wrote on a run."""

    run: int
    comment: str
    tags: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class JobOfShift:
    """A job that failed in it (`at`: when; `sentence`: why), or that was not through at its end (`at`: since when)."""

    job: str
    run: int
    hash: str
    status: str
    at: datetime
    sentence: str


@dataclass(frozen=True, kw_only=True)
class HashOfShift:
    """How many jobs of a hash ended in the shift, and how many were not through at its end."""

    name: str
    done: int
    failed: int
    running: int
    pending: int


@dataclass(frozen=True, kw_only=True)
class Applied:
    """How often somebody applied a hash."""

    by: str
    times: int


@dataclass(frozen=True, kw_only=True)
class Done:
    """What somebody did."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A span of an experiment, from `begin` up to `end`. Lists of jobs are cut at some length; the counts beside them
    are not. Of several jobs of a hash on a run only the newest is told of."""

    experiment: str
    begin: datetime
    end: datetime
    runs: Sequence[int]
    """taken in it, ascending"""
    unprocessed: Sequence[int]
    """those of them without a job that is DONE"""
    notes: Sequence[RunNote]
    hashes: Sequence[HashOfShift]
    failed: Sequence[JobOfShift]
    failed_count: int
    again: int
    """more jobs that failed in it and were made again since"""
    running: Sequence[JobOfShift]
    running_count: int
    pending: Sequence[JobOfShift]
    pending_count: int
    applied: Sequence[Applied]
    activity: Sequence[Done]
    """the last of what else people did, oldest first"""
    activity_count: int
    trouble: Sequence[str]
    """with batch clients and LSF, as it is now"""


def markdown(shift: Shift, zone: tzinfo) -> str:
    """All of it, times in that zone. What people and programs wrote is escaped: it is text, and stays on its line."""
    times = _Times(shift.begin, zone)
    parts = [
        f"# {escaped(shift.experiment)}: {times.span(shift.end)}",
        *_runs(shift),
        *_hashes(shift),
        *_failed(shift),
        *_unfinished("Still running", shift.running, shift.running_count),
        *_unfinished("Still pending", shift.pending, shift.pending_count),
        *_trouble(shift),
        *_activity(shift, times),
    ]
    return "\n\n".join(parts) + "\n"


class _Times:
    """Times as they are told: the day where it is another one than that of the beginning."""

    def __init__(self, begin: datetime, zone: tzinfo) -> None:
        self._zone = zone
        self._begin = begin.astimezone(zone)

    def span(self, end: datetime) -> str:
        last = end.astimezone(self._zone)
        zones = " / ".join(dict.fromkeys(_zone_name(at) for at in (self._begin, last)))
        return f"{_day(self._begin)} {self._begin.year}, {self._begin:%H:%M} to {self(end)} {zones}"

    def __call__(self, at: datetime) -> str:
        here = at.astimezone(self._zone)
        return f"{here:%H:%M}" if here.date() == self._begin.date() else f"{_day(here)} {here:%H:%M}"


def _day(at: datetime) -> str:
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{at.day} {months[at.month - 1]}"


def _zone_name(at: datetime) -> str:
    name = at.tzname() or ""
    return name if name[:1].isalpha() else f"UTC{name}"


def _runs(shift: Shift) -> list[str]:
    runs, missing = shift.runs, shift.unprocessed
    if not runs:
        return ["## Runs", "No run was taken."]
    processed = len(runs) - len(missing)
    said = f"{_count(len(runs), 'run')} taken: {listed_runs(runs)}. {processed} processed"
    said += f", {len(missing)} not: {listed_runs(missing)}." if missing else "."
    notes = [(str(note.run), ", ".join(note.tags), note.comment) for note in shift.notes]
    return ["## Runs", said, *(_table(("Run", "Tags", "Comment"), notes) if notes else [])]


def _hashes(shift: Shift) -> list[str]:
    if not shift.hashes:
        return ["## Jobs", "No job ended, and none is under way."]
    lines = [(each.name, *map(str, (each.done, each.failed, each.running, each.pending))) for each in shift.hashes]
    return ["## Jobs", *_table(("Hash", "Done", "Failed", "Running", "Pending"), lines)]


def _table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    rows = [titles, ["---"] * len(titles), *([escaped(cell) for cell in line] for line in lines)]
    return ["\n".join(f"| {' | '.join(row)} |" for row in rows)]


def _failed(shift: Shift) -> list[str]:
    again = f"{_count(shift.again, 'job')} more failed and {'was' if shift.again == 1 else 'were'} made again since."
    words = [again] if shift.again else []
    if not shift.failed_count:
        return ["## Failed", "No job has failed.", *words] if words else []
    lines = [
        f"{len(jobs)} x {escaped(why).rstrip('.')}: {_on_runs(jobs)} ({_of(jobs)})" for why, jobs in _by_cause(shift)
    ]
    told = f" The first {len(shift.failed)} of them by cause:" if len(shift.failed) < shift.failed_count else ""
    heading = f"{_count(shift.failed_count, 'job')} failed.{told}"
    return ["## Failed", heading, _list(lines, "cause"), *words]


def _by_cause(shift: Shift) -> list[tuple[str, list[JobOfShift]]]:
    """Why, and the jobs: the most frequent first. Those that differ in fractions alone (peaks of memory) are one."""
    alike: dict[str, list[JobOfShift]] = defaultdict(list)
    for job in shift.failed:
        alike[re.sub(r"\d+\.\d+", "…", job.sentence)].append(job)
    found = {
        (jobs[0].sentence if len({job.sentence for job in jobs}) == 1 else why): jobs for why, jobs in alike.items()
    }
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def _of(jobs: Sequence[JobOfShift]) -> str:
    """The hashes, the most frequent first."""
    hashes = Counter(job.hash for job in jobs)
    told = [escaped(name) for name, _ in sorted(hashes.items(), key=lambda item: (-item[1], item[0]))]
    more = len(told) - HASHES_LIMIT
    return ", ".join(told[:HASHES_LIMIT]) + (f" and {more} more" if more > 0 else "")


def _on_runs(jobs: Sequence[JobOfShift]) -> str:
    known = sorted({job.run for job in jobs})
    return f"run{'' if len(known) == 1 else 's'} {listed_runs(known)}"


def _list(lines: Sequence[str], of: str) -> str:
    more = len(lines) - GROUPS_LIMIT
    shown = [f"- {line}" for line in lines[:GROUPS_LIMIT]]
    return "\n".join(shown + ([f"- and {_count(more, 'more ' + of)}"] if more > 0 else []))


def _unfinished(heading: str, jobs: Sequence[JobOfShift], count: int) -> list[str]:
    if not count:
        return []
    found: dict[str, list[JobOfShift]] = defaultdict(list)
    for job in jobs:
        found[job.hash].append(job)
    lines = [f"{len(some)} x {escaped(name)}: {_on_runs(some)}" for name, some in sorted(found.items())]
    told = f" The first {len(jobs)} of them:" if len(jobs) < count else ""
    return [f"## {heading}", f"{_count(count, 'job')}.{told}", _list(lines, "hash")]


def _trouble(shift: Shift) -> list[str]:
    return ["## Trouble", "\n".join(f"- {escaped(line)}" for line in shift.trouble)] if shift.trouble else []


def _activity(shift: Shift, times: _Times) -> list[str]:
    lines = [f"- {escaped(one.by)} applied hashes {_count(one.times, 'time')}" for one in shift.applied]
    before = shift.activity_count - len(shift.activity)
    if before > 0:
        lines.append(f"- {_count(before, 'change')} before these")
    lines += [f"- {times(done.at)} {escaped(done.by)} {escaped(done.text)}" for done in shift.activity]
    return ["## What people did", "\n".join(lines)] if lines else []


def _count(number: int, of: str) -> str:
    return f"{number} {of}" if number == 1 else f"{number} {of}{'es' if of.endswith('sh') else 's'}"


def escaped(text: str) -> str:
    """As plain text of Markdown, on one line. Underlines within a word mean nothing there and stay as they are."""
    line = " ".join(text.split())
    line = re.sub(r"([\\`*\[\]<>|~#&])", r"\\\1", line)
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", line)
