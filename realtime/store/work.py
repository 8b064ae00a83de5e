"""Which jobs of a location wait for something: to be submitted, killed, verified, followed, relabelled."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, not_, or_, select, union, update

from realtime.domain.status import BEFORE_LSF, Status
from realtime.store import schema
from realtime.store.tx import Tx

_job = schema.job.c
_submission = schema.submission.c
_lsf_job = schema.lsf_job.c

_ENDED_IN_LSF = [Status.DONE.value, Status.EXIT.value]


def waiting_otherwise_than(conn: Connection, location: str, status: Status, limit: int) -> list[str]:
    """Ids of live jobs of a location that nobody has taken and that have another status than this one."""
    chosen = (
        select(_job.id)
        .join(schema.submission, _submission.job == _job.id)
        .where(_at(location), _job.status.in_(_BEFORE_LSF), _job.status != status.value)
        .where(_submission.handed_at.is_(None))
        .order_by(_job.id)
        .limit(limit)
    )
    return list(conn.execute(chosen).scalars())


def handed_out(conn: Connection, location: str, limit: int) -> list[str]:
    """Ids of live jobs of a location that its agent has taken and LSF does not have yet."""
    chosen = (
        select(_job.id)
        .join(schema.submission, _submission.job == _job.id)
        .where(_at(location), _job.status.in_(_BEFORE_LSF), _submission.handed_at.is_not(None))
        .order_by(_job.id)
        .limit(limit)
    )
    return list(conn.execute(chosen).scalars())


_BEFORE_LSF = [status.value for status in BEFORE_LSF]


def _at(location: str) -> Any:
    return and_(_job.live, _job.location == location)


def to_submit(conn: Connection, location: str, limit: int, holding: list[str]) -> list[str]:
    """Ids of jobs whose request the agent has not claimed, oldest first."""
    chosen = (
        select(_job.id)
        .join(schema.submission, _submission.job == _job.id)
        .where(_at(location), _job.status.in_(_BEFORE_LSF))
        .where(_submission.claimed_at.is_(None), _submission.ended_at.is_(None))
        .where(_job.id.not_in(holding))
        .order_by(_job.id)
        .limit(limit)
    )
    return list(conn.execute(chosen).scalars())


def to_kill(conn: Connection, location: str, limit: int, holding: list[str]) -> list[str]:
    """Ids of jobs for which a kill was asked and that the agent has not answered."""
    chosen = (
        select(_job.id)
        .where(_at(location), _job.kill_requested_at.is_not(None), _job.kill_answered_at.is_(None))
        .where(_job.id.not_in(holding))
        .order_by(_job.kill_requested_at)
        .limit(limit)
    )
    return list(conn.execute(chosen).scalars())


def in_lsf(conn: Connection, location: str) -> list[tuple[str, str, list[str]]]:
    """Live jobs of a location, their users, and the LSF ids of theirs that have not ended."""
    return _with_ids(conn, _at(location))


def take_follow(tx: Tx, location: str, again: timedelta, limit: int) -> list[tuple[str, str, list[str]]]:
    """As `in_lsf`, ids that the agent is to be told to follow; told again after `again`, until it speaks of them."""
    due = and_(_lsf_job.follow_due_at.is_not(None), _lsf_job.follow_due_at <= tx.now)
    found = _with_ids(tx.conn, and_(due, _job.location == location), limit)
    if found:
        told = update(schema.lsf_job).where(due, _lsf_job.job.in_([job_id for job_id, _, _ in found]))
        tx.conn.execute(told.values(follow_due_at=tx.now + again))
    return found


def _with_ids(conn: Connection, condition: Any, limit: int | None = None) -> list[tuple[str, str, list[str]]]:
    chosen = (
        select(_lsf_job.job, _job.user, _lsf_job.lsf_id)
        .join(schema.job, _job.id == _lsf_job.job)
        .where(condition, not_(_lsf_job.status.in_(_ENDED_IN_LSF)))
        .order_by(_lsf_job.job, _lsf_job.position)
        .limit(limit)
    )
    found: dict[str, tuple[str, str, list[str]]] = {}
    for job_id, user, lsf_id in conn.execute(chosen):
        found.setdefault(job_id, (job_id, user, []))[2].append(lsf_id)
    return list(found.values())


def unsettled(conn: Connection, location: str, ended_since: datetime) -> list[tuple[str, str, datetime]]:
    """(id, user, requested_at) of live jobs of a location whose script was granted and may have made further LSF jobs:
    without an LSF id, in doubt, or with a script that has not ended before that time."""
    has_ids = select(_lsf_job.lsf_id).where(_lsf_job.job == _job.id).exists()
    chosen = (
        select(_job.id, _job.user, _job.requested_at)
        .join(schema.submission, _submission.job == _job.id)
        .where(_at(location), _submission.claimed_at.is_not(None))
        .where(
            or_(
                not_(has_ids),
                _submission.doubt.is_not(None),
                _submission.ended_at.is_(None),
                _submission.ended_at >= ended_since,
            )
        )
        .order_by(_job.id)
    )
    return [(job_id, user, requested_at) for job_id, user, requested_at in conn.execute(chosen)]


def to_verify(conn: Connection, location: str, limit: int, holding: list[str]) -> list[str]:
    """Ids of jobs of which somebody says what the agent has not verified."""
    here = select(_job.id).where(_job.location == location, _job.id.not_in(holding))
    either = union(here.where(_job.posted_lsf_id.is_not(None)), here.where(_job.posted_log_file.is_not(None)))
    return list(conn.execute(either.limit(limit)).scalars())


def take_look(tx: Tx, location: str, limit: int) -> list[str]:
    """Ids of live jobs that the agent is to look at early; each is told once."""
    due = select(_job.id).where(_job.look_due, _job.location == location).limit(limit)
    ids = list(tx.conn.execute(due).scalars())
    if not ids:
        return []
    tx.conn.execute(update(schema.job).where(_job.id.in_(ids)).values(look_due=False))
    return list(tx.conn.execute(select(_job.id).where(_job.id.in_(ids), _job.live)).scalars())


def holder(conn: Connection, location: str, lsf_id: str, job_id: str, requested_at: datetime) -> tuple[str, int] | None:
    """(experiment, number) of another job of the location that has this LSF id now.

    LSF uses ids again: one that ended before `requested_at` does not count.
    """
    chosen = (
        select(_job.experiment, _job.number)
        .join(schema.lsf_job, _lsf_job.job == _job.id)
        .where(_lsf_job.lsf_id == lsf_id, _job.location == location, _job.id != job_id)
        .where(or_(_job.live, _lsf_job.submitted_at >= requested_at))
    )
    found = conn.execute(chosen).first()
    return None if found is None else (found.experiment, found.number)
