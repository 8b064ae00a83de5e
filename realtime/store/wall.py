"""What a screen on the wall shows: the newest runs with their jobs, totals, the newest failures."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, or_, select

from realtime.domain.status import FAILED
from realtime.protocol.wall import WallFailure, WallHash, WallJob, WallRun
from realtime.store import schema

_job = schema.job.c
_run = schema.run.c

FAILURES = 12
QUEUES_OF = timedelta(days=1)
_CURRENT = or_(_job.live, ~_job.superseded)
_FAILED = sorted(status.value for status in FAILED)


def runs(conn: Connection, experiment: str, limit: int) -> tuple[list[WallRun], list[WallHash]]:
    """The newest first, and the hashes that were applied to them, by id."""
    chosen = select(_run.number, _run.started_at, _run.ended_at).where(_run.experiment == experiment)
    found = conn.execute(chosen.order_by(_run.number.desc()).limit(limit)).all()
    jobs: dict[int, dict[int, WallJob]] = defaultdict(dict)
    names: dict[int, str] = {}
    current = (
        select(_job.run, _job.definition, _job.definition_name, _job.status, _job.exit_code, _job.kill_requested_at)
        .where(_job.experiment == experiment, _job.run.in_([run.number for run in found]), _CURRENT)
        .order_by(_job.number)
    )
    for run, definition, name, status, exit_code, kill in conn.execute(current):
        jobs[run][definition] = WallJob(hash=definition, status=status, exit_code=exit_code, killing=kill is not None)
        names[definition] = name
    shown = [
        WallRun(number=number, started_at=started, ended_at=ended, jobs=list(jobs[number].values()))
        for number, started, ended in found
    ]
    return shown, [WallHash(id=id, name=name) for id, name in sorted(names.items())]


def totals(conn: Connection, experiment: str) -> dict[str, int]:
    """status -> number of current jobs in it."""
    counted = select(_job.status, func.count()).where(_job.experiment == experiment, _CURRENT).group_by(_job.status)
    return {status: count for status, count in conn.execute(counted.order_by(_job.status))}


def failures(conn: Connection, experiment: str) -> list[WallFailure]:
    """Of current jobs, the newest first."""
    failed = and_(_job.experiment == experiment, _job.status.in_(_FAILED), ~_job.superseded)
    # The times stand in an index, the words do not.
    last = conn.execute(select(_job.ended_at).where(failed).order_by(_job.ended_at.desc()).limit(FAILURES)).scalars()
    since = min(last, default=None)
    if since is None:
        return []
    columns = (_job.id, _job.run, _job.definition_name, _job.status, _job.exit_code, _job.ended_at)
    chosen = select(*columns, _job.detail, _job.reason).where(failed, _job.ended_at >= since)
    return [
        WallFailure(job=id, run=run, hash=name, status=status, exit_code=code, at=at, words=detail or reason or "")
        for id, run, name, status, code, at, detail, reason in conn.execute(
            chosen.order_by(_job.ended_at.desc(), _job.number.desc()).limit(FAILURES)
        )
    ]


def queues(conn: Connection, experiment: str, numbers: Sequence[int], now: datetime) -> list[str]:
    """Those that jobs of these runs went to lately."""
    recent = [_job.experiment == experiment, _job.run.in_(numbers), _job.requested_at >= now - QUEUES_OF]
    chosen = select(_job.queue).where(*recent, _job.queue.is_not(None)).distinct()
    return list(conn.execute(chosen.order_by(_job.queue)).scalars())
