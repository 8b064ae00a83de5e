"""What the run table asks of the store reads lines by an index, and counts all of them without reading one."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from realtime.domain.view import read_view
from realtime.store import names, table_rows
from tests.store.tables import add_experiment, add_jobs, add_run, database, index

VIEWS: list[dict[str, Any]] = [
    {},
    {"failed": True},
    {"statuses": ["RUN"]},
    {"hashes": ["h1"], "user": "ann"},
    {"text": "ab 1"},
    {"runs": "1-20,25", "sort": "-counter:Hits"},
    {"tags": ["dark"], "sort": "param:gain"},
]


def plans(conn: Connection, ask: Callable[[], object]) -> list[str]:
    """How SQLite finds what is asked."""
    found: list[str] = []

    def explain(conn: Connection, cursor: object, statement: str, parameters: tuple[object, ...], *_: object) -> None:
        rows = conn.connection.cursor()
        rows.execute("EXPLAIN QUERY PLAN " + statement, parameters)
        found.append(statement + " | " + "; ".join(str(row[3]) for row in rows.fetchall()))

    event.listen(conn, "before_cursor_execute", explain)
    try:
        ask()
    finally:
        event.remove(conn, "before_cursor_execute", explain)
    return found


@pytest.mark.parametrize("wanted", VIEWS, ids=str)
def test_no_view_reads_the_jobs_of_other_experiments(wanted: dict[str, Any]) -> None:
    with database() as conn:
        add_experiment(conn, "e")
        asked = plans(conn, lambda: index(conn, "e", read_view(**wanted)))
    assert len(asked) >= 2
    assert not [plan for plan in asked if re.search(r"SCAN (job|run)\b", plan)], asked


@pytest.mark.parametrize("wanted", [{}, {"failed": True}, {"statuses": ["RUN"]}, {"runs": "1-20"}], ids=str)
def test_lines_are_counted_in_an_index_alone(wanted: dict[str, Any]) -> None:
    with database() as conn:
        add_experiment(conn, "e")
        asked = plans(conn, lambda: index(conn, "e", read_view(**wanted)))
    assert any("USING COVERING INDEX job_by_run" in plan for plan in asked), asked


def test_rows_and_names_are_found_by_an_index() -> None:
    def ask(conn: Connection) -> None:
        table_rows.find_rows(conn, "e", [1, 2], 100)
        for found in (names.params, names.counters, names.tags, names.users):
            found(conn, "e")

    with database() as conn:
        add_experiment(conn, "e")
        add_run(conn, "e", 1)
        add_jobs(conn, "e", 1, [{"id": "1", "number": 1, "definition": {"id": 1, "name": "h"}, "status": "DONE"}])
        asked = plans(conn, lambda: ask(conn))
    assert len(asked) > 6
    assert not [plan for plan in asked if re.search(r"SCAN (job|run)\b", plan)], asked
