"""Small experiments for the run table, written straight into a database in memory."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, insert

from realtime.domain.status import Status
from realtime.domain.table import Entry, choose_runs, counter_places, in_counter_order, in_line_order, index_of
from realtime.domain.view import View
from realtime.store import schema, table, table_lines

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@cache
def engine() -> Engine:
    """One database for all: to make its tables takes longer than a test."""
    made = create_engine("sqlite://", json_serializer=json.dumps, json_deserializer=msgspec.json.decode)
    with made.begin() as conn:
        schema.metadata.create_all(conn)
    return made


@contextmanager
def database() -> Iterator[Connection]:
    """An empty store; what is written to it is forgotten."""
    with engine().connect() as conn:
        yield conn
        conn.rollback()


def add_experiment(conn: Connection, name: str) -> None:
    """An experiment without anything."""
    conn.execute(insert(schema.experiment).values(name=name, instrument="", description="", created_at=NOW, seq=0))


def add_run(conn: Connection, experiment: str, number: int, **values: Any) -> None:
    """A run of it."""
    usual = {"params": {}, "comment": "", "tags": [], "started_at": NOW, "ended_at": None, "seq": 0}
    conn.execute(insert(schema.run).values(experiment=experiment, number=number, **usual | values))


def add_jobs(conn: Connection, experiment: str, run: int, jobs: list[dict[str, Any]]) -> None:
    """Jobs on a run, as the rows of the feed have them (`id`, `number`, `definition`, `status`, ...)."""
    newest = {job["definition"]["id"]: 0 for job in jobs}
    for job in jobs:
        newest[job["definition"]["id"]] = max(newest[job["definition"]["id"]], job["number"])
    for job in jobs:
        status = Status(job["status"])
        values = {name: job.get(name, "") for name in ("user", "parameters", "detail")}
        values |= {name: job.get(name) for name in ("lsf_id", "reason")}
        conn.execute(
            insert(schema.job).values(
                id=f"{experiment}-{run}-{job['id']}"[-24:],
                experiment=experiment,
                run=run,
                number=job["number"],
                definition=job["definition"]["id"],
                definition_name=job["definition"]["name"],
                definition_version=1,
                executable="/x",
                location="default",
                requested_at=NOW,
                counters=job.get("counters", []),
                live=status.live,
                superseded=job["number"] < newest[job["definition"]["id"]],
                status=status.value,
                as_of=NOW,
                started_at=NOW + timedelta(seconds=job["number"]),
                seq=0,
                **values,
            )
        )


def index(conn: Connection, experiment: str, view: View) -> list[Entry]:
    """The index of a view, as the edge makes it."""
    runs = choose_runs(view, table.find_runs(conn, experiment, view))
    entries = index_of(view, runs, table.find_lines(conn, experiment, view, runs))
    if view.sort.by == "counter":
        counters = table.find_counters(conn, experiment, view, runs, (1, 2_000_000_000))
        entries = in_counter_order(view, entries, counter_places(view, runs, counters))
    return entries


def lines(conn: Connection, experiment: str, view: View, run: int) -> list[str]:
    """Ids of the chosen lines of a run, as they stand."""
    runs = choose_runs(view, table.find_runs(conn, experiment, view))
    _, found = table_lines.find(conn, experiment, view, runs, [run])
    return [line["id"].removeprefix(f"{experiment}-{run}-") for line in in_line_order(view, found.get(run, ()))]
