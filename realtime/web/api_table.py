"""`/api/v1`: the run table in parts: its index, rows of some runs, its names, and all of it as CSV."""

from quart import Response

from realtime.domain.columns import columns_of
from realtime.domain.errors import Invalid
from realtime.domain.names import parse_runs
from realtime.protocol.table import CsvFilter, TableFilter, TableIndex, TableNames, TableRows, WantedRuns
from realtime.service.rules import known_experiment
from realtime.store import Connection, names, rows, table_rows
from realtime.store.changes import experiment_scope
from realtime.web.context import house
from realtime.web.csv import csv_of
from realtime.web.routing import Api
from realtime.web.table import read_index, view_of

table_api = Api("table")

RUNS_AT_ONCE = 100
JOBS_AT_ONCE = 1_000
"""Of one answer, unless a single run has more."""


@table_api.route("GET", "/experiments/<experiment>/table", query=TableFilter, answer=TableIndex)
async def get_table(experiment: str, query: TableFilter) -> TableIndex:
    """Which runs are in a view and in which order, with the numbers of their lines."""
    index, _ = await read_index(experiment, view_of(query))
    return index


@table_api.route("GET", "/experiments/<experiment>/table/rows", query=WantedRuns, answer=TableRows)
async def get_table_rows(experiment: str, query: WantedRuns) -> TableRows:
    """Some runs with all their jobs: as many of them as fit, in the order asked."""
    numbers = _numbers(query.runs)

    def look(conn: Connection) -> TableRows:
        known_experiment(conn, experiment)
        found = rows.position(conn, experiment_scope(experiment))
        taken, items = table_rows.find_rows(conn, experiment, numbers, JOBS_AT_ONCE)
        return TableRows(epoch=house().store.epoch, seq=found[0] if found else 0, items=items, runs=taken)

    return await house().store.read(look)


def _numbers(runs: str) -> list[int]:
    ranges = parse_runs(runs)
    if sum(last - first + 1 for first, last in ranges) > RUNS_AT_ONCE:
        raise Invalid(f"expected at most {RUNS_AT_ONCE} runs", field="runs")
    return list(dict.fromkeys(number for first, last in ranges for number in range(first, last + 1)))


@table_api.route("GET", "/experiments/<experiment>/table/names", answer=TableNames)
async def get_table_names(experiment: str) -> TableNames:
    """The parameters, counters, tags and users that occur."""

    def look(conn: Connection) -> TableNames:
        known_experiment(conn, experiment)
        return TableNames(
            params=names.params(conn, experiment),
            counters=names.counters(conn, experiment),
            tags=names.tags(conn, experiment),
            users=names.users(conn, experiment),
        )

    return await house().store.read(look)


@table_api.route("GET", "/experiments/<experiment>/table.csv", query=CsvFilter, answer=None)
async def get_table_csv(experiment: str, query: CsvFilter) -> Response:
    """The view as a file (text/csv): a record for each line, and one for a run without lines.

    Times are UTC, lengths seconds. It is read while it is sent: lines that change meanwhile stand there as they are
    then.
    """
    columns = columns_of(query.columns)
    view = view_of(query)
    index, chosen = await read_index(experiment, view)
    response = Response(
        csv_of(house().store, experiment, view, index.runs, chosen, columns),
        content_type="text/csv; charset=utf-8",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{experiment}-runs.csv"',
        },
    )
    response.timeout = None
    return response
