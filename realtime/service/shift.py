"""A shift with the sentences that say why its jobs failed, and what is wrong with its farms now."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from realtime.domain.handover import JobOfShift, Shift
from realtime.service.explaining import explained
from realtime.service.rules import known_experiment
from realtime.store import Connection, jobs, shift
from realtime.store.explanation import log_ends


def read_shift(conn: Connection, experiment: str, begin: datetime, end: datetime, zone: tzinfo) -> Shift:
    """Raises NotFound. Times in words are of that zone."""
    known_experiment(conn, experiment)
    found = shift.find(conn, experiment, begin, end)
    trouble = [said for location in shift.locations(conn, experiment) for said in _trouble(location, zone)]
    return replace(found, failed=_with_sentences(conn, found.failed), trouble=trouble)


def _with_sentences(conn: Connection, failed: Sequence[JobOfShift]) -> list[JobOfShift]:
    ids = [job.job for job in failed]
    ends = log_ends(conn, ids)
    said = {
        stored.job.id: explained(stored, ends.get(stored.job.id)).sentence for stored in jobs.find_several(conn, ids)
    }
    return [replace(job, sentence=said.get(job.job, job.sentence)) for job in failed]


def _trouble(location: dict[str, Any], zone: tzinfo) -> list[str]:
    name, heard, silent = location["name"], location["heard_at"], location["scheduler_silent_since"]
    if not location["agent_connected"]:
        last = f"last heard of at {heard.astimezone(zone):%H:%M}" if heard else "never heard of"
        return [f"The batch client of {name} is away, {last}."]
    if silent is None:
        return []
    problem = location["scheduler_problem"]
    said = f"LSF has not answered since {silent.astimezone(zone):%H:%M} ({name})"
    return [f"{said}: {problem}" if problem else f"{said}."]
