"""A store of an older version is as if it had been written by this one."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from realtime.store.migrate import migrate

JOBS = [
    ("a", "one", 1, 1, 1, 0),
    ("b", "one", 1, 1, 2, 1),
    ("c", "one", 1, 1, 3, 0),
    ("d", "one", 1, 2, 4, 0),
    ("e", "one", 2, 1, 5, 0),
    ("f", "two", 1, 1, 2, 0),
]
"""id, experiment, run, definition, number, live"""


def test_jobs_that_have_a_newer_one_of_their_hash_on_their_run_are_superseded(tmp_path: Path) -> None:
    path = tmp_path / "b.db"
    migrate(path, "0002")
    with sqlite3.connect(path) as old:
        columns = [row for row in old.execute("PRAGMA table_info(job)") if row[3] and row[4] is None]
        given = ("id", "experiment", "run", "definition", "number", "live")
        others = [row[1] for row in columns if row[1] not in given]
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ")
        for job in JOBS:
            values = [
                now if name.endswith(("_at", "as_of")) else "[]" if name == "counters" else "0" for name in others
            ]
            names = ", ".join(f'"{name}"' for name in (*given, *others))
            marks = ", ".join("?" * (len(given) + len(others)))
            old.execute(f"INSERT INTO job ({names}) VALUES ({marks})", (*job, *values))
    old.close()
    migrate(path)
    with sqlite3.connect(path) as new:
        found = dict(new.execute("SELECT id, superseded FROM job").fetchall())
    new.close()
    assert found == {"a": 1, "b": 1, "c": 0, "d": 0, "e": 0, "f": 0}
