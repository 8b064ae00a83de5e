"""How long the numbers of a hash's jobs usually stand still: learnt from those that ended well."""

from realtime.store import definitions, reports
from realtime.store.jobs import StoredJob
from realtime.store.tx import Tx

LEARNT_FROM = 20
"""The newest good jobs that count."""
AT_LEAST = 3
"""Good jobs before anything is said."""
FEWEST_SECONDS = 60.0
TIMES = 2.0
"""So much longer than ever before is unusual."""


def learn_quiet(tx: Tx, ended: StoredJob) -> None:
    """A job has ended DONE: bring `quiet_after` of its definition up to date. Jobs that hardly report teach nothing."""
    if not reports.teaches(tx.conn, ended.job.id):
        return
    stills = reports.longest_stills(tx.conn, ended.experiment, ended.definition, LEARNT_FROM)
    if len(stills) >= AT_LEAST:
        definitions.set_quiet_after(tx, ended.definition, max(FEWEST_SECONDS, round(TIMES * max(stills), 1)))
