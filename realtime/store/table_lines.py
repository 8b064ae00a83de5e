"""The lines of a view with everything that stands in them, for some runs at a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from realtime.domain.table import ChosenRuns, is_chosen
from realtime.domain.view import View
from realtime.store import schema
from realtime.store.table import chosen_lines, mask_of

_run = schema.run.c
_job = schema.job.c
_NAMES = (
    *(
        "id",
        "run",
        "number",
        "definition",
        "definition_name",
        "status",
        "detail",
        "user",
        "parameters",
        "lsf_id",
        "queue",
    ),
    *("host", "requested_at", "submitted_at", "started_at", "ended_at", "counters"),
)


def find(
    conn: Connection, experiment: str, view: View, runs: ChosenRuns, numbers: Sequence[int]
) -> tuple[dict[int, Mapping[str, Any]], dict[int, list[Mapping[str, Any]]]]:
    """The columns of these runs, and of each run's lines that the view chooses, by run number."""
    wanted = select(schema.run).where(_run.experiment == experiment, _run.number.in_(numbers))
    found: dict[int, Mapping[str, Any]] = {row["number"]: dict(row) for row in conn.execute(wanted).mappings()}
    each = select(*(_job[name] for name in _NAMES), mask_of(conn, view, runs))
    lines: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in conn.execute(chosen_lines(conn, each, experiment, view, runs).where(_job.run.in_(numbers))).mappings():
        if is_chosen(view, runs, row["run"], row["mask"]):
            lines[row["run"]].append(dict(row))
    return found, lines
