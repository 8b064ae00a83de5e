"""`/api/v1`: an experiment in numbers, and what its pictures are drawn from, each also as a file."""

from collections.abc import Iterable, Sequence
from typing import Any

from quart import Response

from realtime.domain.columns import record
from realtime.domain.values import value_text
from realtime.protocol.overview import (
    CounterByRun,
    CounterQuery,
    HashTimes,
    History,
    HistoryQuery,
    Overview,
    Quantiles,
    TimesQuery,
)
from realtime.service.rules import known_experiment
from realtime.store import Connection, overview, rows
from realtime.store.changes import experiment_scope
from realtime.web.context import house
from realtime.web.overview import read_counter, read_history, read_times
from realtime.web.routing import Api

overview_api = Api("overview")

BASE = "/experiments/<experiment>/overview"


@overview_api.route("GET", BASE, answer=Overview)
async def get_overview(experiment: str) -> Overview:
    """How far the runs are, and how each hash fares."""
    here = house()

    def read(conn: Connection) -> Overview:
        known_experiment(conn, experiment)
        place = rows.position(conn, experiment_scope(experiment))
        runs, processed = overview.runs(conn, experiment)
        hashes = overview.hashes(conn, experiment)
        seq = place[0] if place else 0
        return Overview(epoch=here.store.epoch, seq=seq, runs=runs, processed=processed, hashes=hashes)

    return await here.store.read(read)


@overview_api.route("GET", f"{BASE}/history", query=HistoryQuery, answer=History)
async def get_overview_history(experiment: str, query: HistoryQuery) -> History:
    """Jobs by state and runs over time."""
    return await read_history(experiment, query.hours, query.hash)


@overview_api.route("GET", f"{BASE}/times", query=TimesQuery, answer=list[HashTimes])
async def get_overview_times(experiment: str, query: TimesQuery) -> list[HashTimes]:
    """How long the good jobs of each hash waited and ran."""
    return await read_times(experiment, query.hash)


@overview_api.route("GET", f"{BASE}/counter", query=CounterQuery, answer=CounterByRun)
async def get_overview_counter(experiment: str, query: CounterQuery) -> CounterByRun:
    """A counter of a hash, run by run."""
    return await read_counter(experiment, query.hash, query.counter)


@overview_api.route("GET", f"{BASE}.csv", answer=None)
async def get_overview_csv(experiment: str) -> Response:
    """How each hash fares, as a file (text/csv)."""
    found = await get_overview(experiment)
    statuses = sorted({status for each in found.hashes for status in each.current})
    return _file(
        f"{experiment}-hashes",
        ["Hash", *statuses, "Missing", "Waiting (s)", "Running (s)"],
        (
            [
                each.name,
                *(each.current.get(status, 0) for status in statuses),
                each.missing,
                each.median_wait,
                each.median_run,
            ]
            for each in found.hashes
        ),
    )


@overview_api.route("GET", f"{BASE}/history.csv", query=HistoryQuery, answer=None)
async def get_overview_history_csv(experiment: str, query: HistoryQuery) -> Response:
    """Jobs by state and runs over time, as a file (text/csv); times are UTC."""
    found = await read_history(experiment, query.hours, query.hash)
    columns = (found.waiting, found.running, found.done, found.failed, found.runs, found.processed)
    return _file(
        f"{experiment}-history",
        ["At (UTC)", "Waiting", "Running", "Done", "Failed", "Runs", "Processed"],
        ([f"{at:%FT%TZ}", *values] for at, *values in zip(found.at, *columns, strict=True)),
    )


@overview_api.route("GET", f"{BASE}/times.csv", query=TimesQuery, answer=None)
async def get_overview_times_csv(experiment: str, query: TimesQuery) -> Response:
    """How long the good jobs of each hash waited and ran, as a file (text/csv), in seconds."""
    shares = ("5 %", "25 %", "50 %", "75 %", "95 %")
    return _file(
        f"{experiment}-times",
        ["Hash", "Jobs", *(f"{what} {share} (s)" for what in ("Waiting", "Running") for share in shares)],
        (
            [each.name, each.run.n if each.run else 0, *_spread(each.wait), *_spread(each.run)]
            for each in await read_times(experiment, query.hash)
        ),
    )


def _spread(times: Quantiles | None) -> list[float | None]:
    return [None] * 5 if times is None else [times.low5, times.q1, times.median, times.q3, times.high95]


@overview_api.route("GET", f"{BASE}/counter.csv", query=CounterQuery, answer=None)
async def get_overview_counter_csv(experiment: str, query: CounterQuery) -> Response:
    """A counter of a hash, run by run, as a file (text/csv)."""
    found = await read_counter(experiment, query.hash, query.counter)
    return _file(
        f"{experiment}-counter",
        ["Run", "Hash", found.counter or "Counter", "As reported", "Status", "Job"],
        ([item.run, found.name, item.value, item.text, item.status, item.job] for item in found.items),
    )


def _file(name: str, titles: Sequence[str], lines: Iterable[Sequence[Any]]) -> Response:
    text = "".join(record([value_text(value) for value in line]) for line in [titles, *lines])
    return Response(
        text.encode(errors="replace"),
        content_type="text/csv; charset=utf-8",
        headers={"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
