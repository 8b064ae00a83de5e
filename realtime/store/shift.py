"""What happened in an experiment within a span: for the handover from one shift to the next."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from realtime.domain.handover import Applied, Done, HashOfShift, JobOfShift, RunNote, Shift
from realtime.domain.status import FAILED, Status
from realtime.store import schema

_job = schema.job.c
_run = schema.run.c
_definition = schema.definition.c
_activity = schema.activity.c
_location = schema.location.c
_use = schema.location_use.c

JOBS_LIMIT = 1000
"""Jobs of a list."""
DEEDS_LIMIT = 60
_FAILED = sorted(status.value for status in FAILED)


def find(conn: Connection, experiment: str, begin: datetime, end: datetime) -> Shift:
    """From `begin` up to `end`, which has passed. A job is live exactly while it has no time of its end."""
    mine = _job.experiment == experiment
    ended = and_(mine, _job.ended_at >= begin, _job.ended_at < end)
    open_then = or_(_job.ended_at.is_(None), and_(_job.ended_at >= end, ~_job.superseded))
    unfinished = and_(mine, _job.requested_at < end, open_then)
    began = _job.started_at < end
    runs, unprocessed = _runs(conn, experiment, begin, end)
    hashes, again = _hashes(conn, experiment, ended, unfinished, began)
    deeds, deeds_count = _deeds(conn, experiment, begin, end)
    return Shift(
        experiment=experiment,
        begin=begin,
        end=end,
        runs=runs,
        unprocessed=unprocessed,
        notes=_notes(conn, experiment, begin, end),
        hashes=hashes,
        failed=_jobs(conn, and_(ended, _job.status.in_(_FAILED), ~_job.superseded), _job.ended_at),
        failed_count=sum(each.failed for each in hashes),
        again=again,
        running=_jobs(conn, and_(unfinished, began), _job.started_at),
        running_count=sum(each.running for each in hashes),
        pending=_jobs(conn, and_(unfinished, func.coalesce(~began, True)), _job.requested_at),
        pending_count=sum(each.pending for each in hashes),
        applied=_applied(conn, experiment, begin, end),
        activity=deeds,
        activity_count=deeds_count,
        trouble=[],
    )


def _runs(conn: Connection, experiment: str, begin: datetime, end: datetime) -> tuple[list[int], list[int]]:
    """Those taken, and those of them that are not processed."""
    taken = select(_run.number).where(_run.experiment == experiment, _run.started_at >= begin, _run.started_at < end)
    runs = list(conn.execute(taken.order_by(_run.number)).scalars())
    if not runs:
        return [], []
    done = select(_job.run).where(
        _job.experiment == experiment,
        _job.run.between(runs[0], runs[-1]),
        _job.status == Status.DONE.value,
        ~_job.superseded,
        _job.ended_at < end,
    )
    processed = set(conn.execute(done).scalars())
    return runs, [run for run in runs if run not in processed]


def _notes(conn: Connection, experiment: str, begin: datetime, end: datetime) -> list[RunNote]:
    chosen = select(_run.number, _run.comment, _run.tags).where(
        _run.experiment == experiment, _run.started_at >= begin, _run.started_at < end
    )
    found = conn.execute(chosen.order_by(_run.number))
    return [RunNote(run=run, comment=comment, tags=tags) for run, comment, tags in found if comment or tags]


def _hashes(
    conn: Connection,
    experiment: str,
    ended: ColumnElement[bool],
    unfinished: ColumnElement[bool],
    began: ColumnElement[bool],
) -> tuple[list[HashOfShift], int]:
    """Each that has jobs, by name, and how many jobs failed and were made again. An index alone answers it."""
    share = case((and_(ended, _job.superseded), "again"), (ended, "ended"), (began, "running"), else_="pending").label(
        "share"
    )
    columns = (_job.definition, _job.status, share)
    counted = select(*columns, func.count()).where(or_(ended, unfinished)).group_by(*columns)
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    again = 0
    for definition, status, kind, count in conn.execute(counted):
        good = status == Status.DONE.value
        if kind == "again":
            again += 0 if good else count
        else:
            counts[definition][kind if kind != "ended" else "done" if good else "failed"] += count
    names = select(_definition.id, _definition.name).where(_definition.experiment == experiment)
    known = {id: name for id, name in conn.execute(names)}
    found = [
        HashOfShift(name=known[id], **{what: counted[what] for what in ("done", "failed", "running", "pending")})
        for id, counted in counts.items()
    ]
    return sorted(found, key=lambda each: each.name), again


def _jobs(conn: Connection, where: ColumnElement[bool], at: ColumnElement[Any]) -> list[JobOfShift]:
    columns = (_job.id, _job.run, _job.definition_name, _job.status, at.label("at"), _job.detail, _job.reason)
    found = conn.execute(select(*columns).where(where).order_by(_job.run, _job.number).limit(JOBS_LIMIT))
    return [
        JobOfShift(job=id, run=run, hash=name, status=status, at=at, sentence=detail or reason or status)
        for id, run, name, status, at, detail, reason in found
    ]


def _applied(conn: Connection, experiment: str, begin: datetime, end: datetime) -> list[Applied]:
    where = (_activity.experiment == experiment, _activity.at >= begin, _activity.at < end, _activity.action == "apply")
    found = conn.execute(select(_activity.by, func.count()).where(*where).group_by(_activity.by).order_by(_activity.by))
    return [Applied(by=by, times=times) for by, times in found]


def _deeds(conn: Connection, experiment: str, begin: datetime, end: datetime) -> tuple[list[Done], int]:
    """The last of them, oldest first, but starts of runs and applying."""
    where = (
        _activity.experiment == experiment,
        _activity.at >= begin,
        _activity.at < end,
        _activity.action.not_in(["run", "apply"]),
    )
    count = conn.execute(select(func.count()).select_from(schema.activity).where(*where)).scalar_one()
    chosen = select(_activity.at, _activity.by, _activity.text).where(*where).order_by(_activity.seq.desc())
    found = [Done(at=at, by=by, text=text) for at, by, text in conn.execute(chosen.limit(DEEDS_LIMIT))]
    return found[::-1], count


def locations(conn: Connection, experiment: str) -> list[dict[str, Any]]:
    """The columns of the locations that it uses."""
    chosen = select(schema.location).join(schema.location_use, _use.location == _location.name)
    found = conn.execute(chosen.where(_use.experiment == experiment).order_by(_location.name))
    return [dict(row) for row in found.mappings()]
