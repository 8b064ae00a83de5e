"""The names that occur in an experiment: of parameters, counters, tags and users."""

from sqlalchemy import Connection, func, select

from realtime.store import schema
from realtime.store.json import elements, member_of_each, members

_run = schema.run.c
_job = schema.job.c


def params(conn: Connection, experiment: str) -> list[str]:
    """Parameters of runs, in the order they came up; those of one run by name."""
    each = members(_run.params)
    chosen = select(each.c.key).where(_run.experiment == experiment).group_by(each.c.key)
    return list(conn.execute(chosen.order_by(func.min(_run.number), each.c.key)).scalars())


def counters(conn: Connection, experiment: str) -> list[str]:
    """Counters of jobs, in the order they came up; those of one job by name."""
    each, name = member_of_each(conn, _job.counters, "name")
    chosen = select(name).select_from(schema.job, each).where(_job.experiment == experiment).group_by(name)
    return list(conn.execute(chosen.order_by(func.min(_job.number), name)).scalars())


def tags(conn: Connection, experiment: str) -> list[str]:
    """Tags of runs, the most used first."""
    each = elements(conn, _run.tags)
    chosen = select(each.c.value).where(_run.experiment == experiment).group_by(each.c.value)
    return list(conn.execute(chosen.order_by(func.count().desc(), each.c.value)).scalars())


def users(conn: Connection, experiment: str) -> list[str]:
    """Users who asked for jobs, whoever has most of them first."""
    chosen = select(_job.user).where(_job.experiment == experiment).group_by(_job.user)
    return list(conn.execute(chosen.order_by(func.count().desc(), _job.user)).scalars())
