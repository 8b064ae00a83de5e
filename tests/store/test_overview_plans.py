"""What the pictures of an experiment ask of the store is counted in an index of times alone."""

import re

from sqlalchemy import Connection

from realtime.domain.levels import steps_of
from realtime.store import overview, overview_counter, overview_history, overview_times
from tests.store.tables import add_experiment, add_jobs, add_run, database
from tests.store.test_table_plans import plans


def ask(conn: Connection) -> None:
    """Everything, for one hash and for all."""
    for definition in (None, 1):
        overview_history.find(conn, "e", definition, steps_of(0, 1000))
        overview_times.find(conn, "e", definition)
    overview_history.begin(conn, "e")
    overview_counter.find(conn, "e", 1)
    overview.runs(conn, "e")
    overview.hashes(conn, "e")


def test_pictures_read_only_the_jobs_of_their_experiment_and_count_them_in_an_index() -> None:
    with database() as conn:
        add_experiment(conn, "e")
        add_run(conn, "e", 1)
        add_jobs(conn, "e", 1, [{"id": "1", "number": 1, "definition": {"id": 1, "name": "h"}, "status": "DONE"}])
        asked = plans(conn, lambda: ask(conn))
    assert len(asked) > 15
    assert not [plan for plan in asked if re.search(r"SCAN (job|run)\b", plan)], asked
    counted = [plan for plan in asked if "julianday(job." in plan]
    assert len(counted) == 6
    assert not [plan for plan in counted if "USING COVERING INDEX job_by_times" not in plan], counted
