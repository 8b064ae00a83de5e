"""Many jobs at once: kill, delete, or cancel what LSF does not have yet. Each job is decided by its state in the store
at that moment, so that all of it may be repeated."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from realtime.domain.errors import Invalid
from realtime.service.applying import wanted_runs
from realtime.service.deeds import note_jobs
from realtime.service.jobs import record_at, to_kill
from realtime.service.rules import Rules, known_experiment
from realtime.store import Connection, chosen, definitions, jobs, locations
from realtime.store.jobs import StoredJob
from realtime.store.tx import Tx

MANY = 5000
PORTION = 200
"""Jobs of one transaction."""

Action = Literal["kill", "delete", "cancel"]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which jobs are meant: those of `ids`, else those on `runs` (as in `apply`), of one definition (name or id)."""

    ids: list[str] | None = None
    runs: int | str | None = None
    definition: int | str | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`done`: as they are stored now, deleted ones as they were; `skipped`: (id, job when there is one, reason)."""

    done: list[StoredJob]
    skipped: list[tuple[str, StoredJob | None, str]]


def find_wanted(conn: Connection, experiment: str, action: Action, wanted: Wanted) -> list[str]:
    """Ids of the jobs meant, each once. On runs, only live ones are meant by a kill and a cancel."""
    known_experiment(conn, experiment)
    if (wanted.ids is None) == (wanted.runs is None):
        raise Invalid("expected either jobs or runs", field="jobs")
    if wanted.ids is not None:
        if wanted.definition is not None:
            raise Invalid("expected a definition together with runs alone", field="definition")
        return list(dict.fromkeys(wanted.ids))
    assert wanted.runs is not None
    runs = None if wanted.runs == "all" else wanted_runs(conn, experiment, wanted.runs)
    definition = None if wanted.definition is None else _definition(conn, experiment, wanted.definition)
    found = chosen.jobs_on(conn, experiment, runs, definition, live_only=action != "delete", limit=MANY + 1)
    if len(found) > MANY:
        raise Invalid(f"expected runs with at most {MANY} such jobs at once: take fewer", field="runs")
    return found


def _definition(conn: Connection, experiment: str, wanted: int | str) -> int:
    found = definitions.find(conn, experiment, wanted)
    if found is None:
        raise Invalid(f"there is no hash {wanted!r} in {experiment}", field="definition")
    return int(found["id"])


def look(conn: Connection, experiment: str, action: Action, ids: list[str]) -> Outcome:
    """What would become of these jobs now."""
    outcome = Outcome(done=[], skipped=[])
    found = {stored.job.id: stored for stored in jobs.find_several(conn, ids) if stored.experiment == experiment}
    for job_id in ids:
        stored = found.get(job_id)
        reason = _REFUSED[action](stored) if stored else "there is no such job"
        if stored and reason is None:
            outcome.done.append(stored)
        else:
            outcome.skipped.append((job_id, stored, reason or ""))
    return outcome


def _not_killed(stored: StoredJob) -> str | None:
    return None if stored.status.live else f"it has ended already: {stored.status}"


def _not_deleted(stored: StoredJob) -> str | None:
    return f"it is live ({stored.status}): kill it first" if stored.status.live else None


def _not_cancelled(stored: StoredJob) -> str | None:
    if stored.job.lsf_jobs:
        return f"LSF has it: {stored.job.lsf_jobs[0].lsf_id}"
    return _not_killed(stored)


_REFUSED: dict[Action, Callable[[StoredJob], str | None]] = {
    "kill": _not_killed,
    "delete": _not_deleted,
    "cancel": _not_cancelled,
}
_DONE: dict[Action, str] = {"kill": "killed", "delete": "deleted", "cancel": "cancelled"}


def act(tx: Tx, rules: Rules, experiment: str, action: Action, ids: list[str], by: str) -> Outcome:
    """Do it to all of these that it can be done to, and note it once. A kill that is under way is not asked again."""
    seen = look(tx.conn, experiment, action, ids)
    if action == "delete":
        for stored in seen.done:
            jobs.remove(tx, stored)
        changed, outcome = seen.done, seen
    else:
        changed, outcome = _kill(tx, rules, seen, by)
    if changed:
        note_jobs(tx, changed, by, action, _DONE[action])
    return outcome


def _kill(tx: Tx, rules: Rules, seen: Outcome, by: str) -> tuple[list[StoredJob], Outcome]:
    places: dict[str, dict[str, Any] | None] = {}
    changed, done = [], []
    for stored in seen.done:
        if stored.location not in places:
            places[stored.location] = locations.find(tx.conn, stored.location)
        place = places[stored.location]
        if stored.job.kill_requested_at is not None and stored.job.kill_answered_at is None:
            done.append(stored)
            continue
        killed = to_kill(tx, stored, rules.restored(place), by)
        done.append(record_at(tx, rules.clock(tx.now, place), stored, killed, by))
        changed.append(stored)
    return changed, Outcome(done=done, skipped=seen.skipped)
