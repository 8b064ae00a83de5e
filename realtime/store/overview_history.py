"""What happened when in an experiment, counted by the database: it has many more jobs than steps that are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, select

from realtime.domain.levels import Events, Happened, Steps
from realtime.domain.status import Status
from realtime.store import schema
from realtime.store.times import seconds, step_of

_job = schema.job.c
_run = schema.run.c

_DONE = _job.status == Status.DONE.value


@dataclass(frozen=True, kw_only=True)
class Past:
    """Events of a span. `ended`: (DONE, had been seen to run) -> the ends; `processed`: runs, by their first DONE."""

    asked: Events
    started: Events
    ended: Mapping[tuple[bool, bool], Events]
    runs: Events
    processed: Events


def begin(conn: Connection, experiment: str) -> datetime | None:
    """When its first run began, or its first job was asked for; None: there is neither."""
    runs = select(func.min(_run.started_at)).where(_run.experiment == experiment)
    jobs = select(func.min(_job.requested_at)).where(_job.experiment == experiment)
    found = [conn.execute(first).scalar_one() for first in (runs, jobs)]
    return min((at for at in found if at is not None), default=None)


def find(conn: Connection, experiment: str, definition: int | None, steps: Steps) -> Past:
    """What happened in each of these steps to runs and jobs (of that definition)."""
    jobs = [_job.experiment == experiment]
    if definition is not None:
        jobs.append(_job.definition == definition)
    first_done = (
        select(func.min(_job.ended_at).label("at")).where(*jobs, _DONE, ~_job.superseded).group_by(_job.run).subquery()
    )
    return Past(
        asked=_counted(conn, select(*_columns(conn, _job.requested_at, steps)).where(*jobs)),
        started=_counted(
            conn, select(*_columns(conn, _job.started_at, steps)).where(*jobs, _job.started_at.is_not(None))
        ),
        ended=_ended(conn, jobs, steps),
        runs=_counted(conn, select(*_columns(conn, _run.started_at, steps)).where(_run.experiment == experiment)),
        processed=_counted(conn, select(*_columns(conn, first_done.c.at, steps)).where(first_done.c.at.is_not(None))),
    )


def _columns(conn: Connection, column: ColumnElement[datetime | None], steps: Steps) -> list[ColumnElement[Any]]:
    """The step (one for all before the span), how many, and the sum of their times."""
    time = seconds(conn, column)
    before = literal(steps.first - 1)
    step = case((time < steps.first * steps.step, before), else_=step_of(conn, time, steps.step))
    return [step.label("step"), func.count().label("count"), func.sum(time).label("times")]


def _counted(conn: Connection, chosen: Select[Any]) -> Events:
    found = conn.execute(chosen.group_by("step"))
    return {step: Happened(count=count, times=times) for step, count, times in found}


def _ended(conn: Connection, jobs: list[ColumnElement[bool]], steps: Steps) -> Mapping[tuple[bool, bool], Events]:
    began = _job.started_at.is_not(None)
    columns = _columns(conn, _job.ended_at, steps)
    chosen = select(*columns, case((_DONE, 1), else_=0).label("done"), case((began, 1), else_=0).label("began"))
    found: Mapping[tuple[bool, bool], dict[int, Happened]] = {
        (done, began): {} for done in (True, False) for began in (True, False)
    }
    chosen = chosen.where(*jobs, _job.ended_at.is_not(None)).group_by("step", "done", "began")
    for row in conn.execute(chosen).mappings():
        of = found[bool(row["done"]), bool(row["began"])]
        of[row["step"]] = Happened(count=row["count"], times=row["times"])
    return found
