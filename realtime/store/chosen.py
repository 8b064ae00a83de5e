"""Which jobs are meant by some runs of an experiment."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from realtime.store import schema
from realtime.store.rows import IN_LIMIT

_job = schema.job.c


def jobs_on(
    conn: Connection,
    experiment: str,
    runs: Sequence[int] | None,
    definition: int | None,
    *,
    live_only: bool,
    limit: int,
) -> list[str]:
    """Ids of the jobs on these runs (None: all), of one definition or any, in the order of runs, then as they were
    made; at most `limit`."""
    chosen = select(_job.id).where(_job.experiment == experiment).order_by(_job.run, _job.number)
    if definition is not None:
        chosen = chosen.where(_job.definition == definition)
    if live_only:
        chosen = chosen.where(_job.live)
    if runs is None:
        return list(conn.execute(chosen.limit(limit)).scalars())
    found: list[str] = []
    for part in range(0, len(runs), IN_LIMIT):
        some = chosen.where(_job.run.in_(runs[part : part + IN_LIMIT]))
        found += conn.execute(some.limit(limit - len(found))).scalars()
        if len(found) >= limit:
            break
    return found
