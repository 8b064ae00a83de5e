"""What the current jobs of a hash report, run by run."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from realtime.store import schema
from realtime.store.json import json_text
from realtime.store.table import CURRENT

_job = schema.job.c

AT_MOST = 5_000

Reported = tuple[int, str, str, str]
"""run, job, status, counters as they are stored"""


def find(conn: Connection, experiment: str, definition: int) -> Sequence[Reported]:
    """Of the newest runs, the newest first."""
    chosen = (
        select(_job.run, _job.id, _job.status, json_text(_job.counters))
        .where(_job.experiment == experiment, _job.definition == definition, CURRENT)
        .order_by(_job.run.desc(), _job.number.desc())
        .limit(AT_MOST)
    )
    return conn.execute(chosen).all()
