"""The run table of an experiment: the index of a view, as the API, the page and the CSV need it."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from realtime.domain.errors import Invalid
from realtime.domain.table import (
    ChosenRuns,
    Entry,
    FoundRun,
    choose_runs,
    counter_places,
    in_counter_order,
    index_of,
)
from realtime.domain.values import Place
from realtime.domain.view import View, read_view
from realtime.protocol.rows import Row
from realtime.protocol.table import TableFilter, TableIndex
from realtime.service.rules import known_experiment
from realtime.store import Connection, rows, table, table_rows
from realtime.store.changes import experiment_scope
from realtime.store.store import Moment
from realtime.web.context import house

FIRST_LINES = 120
"""Lines that fill a large screen; one run may have more."""
FIRST_RUNS = 60
FIRST_JOBS = 240
"""Rows, with the jobs that are not lines of the view."""
RUNS_AT_ONCE = 500
"""Runs whose counters are read together."""


def view_of(asked: TableFilter) -> View:
    """What a filter means; raises Invalid that names the parameter."""
    return read_view(
        text=asked.text,
        runs=asked.runs,
        hashes=asked.hash,
        statuses=asked.status,
        user=asked.user,
        tags=asked.tag,
        failed=asked.failed == "1",
        sort=asked.sort,
        of=asked.of,
    )


def forgiving_view(asked: TableFilter) -> tuple[View, dict[str, str]]:
    """As `view_of`, without what cannot be understood: parameter -> what was expected."""
    problems: dict[str, str] = {}
    while True:
        try:
            return view_of(asked), problems
        except Invalid as error:
            field = error.field or ""
            problems[field] = error.message
            asked = msgspec.structs.replace(asked, **{field: type(getattr(asked, field))()})


async def read_index(experiment: str, view: View) -> tuple[TableIndex, ChosenRuns]:
    """The index of a view, and the tokens that each run matches by itself; raises NotFound."""
    async with house().store.moment() as moment:
        return await _index_at(moment, experiment, view)


async def _index_at(moment: Moment, experiment: str, view: View) -> tuple[TableIndex, ChosenRuns]:
    """Counting is left to the database, and what is left for us to a thread: thousands of runs hold nobody up."""

    def look(conn: Connection) -> tuple[int, Sequence[FoundRun]]:
        known_experiment(conn, experiment)
        found = rows.position(conn, experiment_scope(experiment))
        return found[0] if found else 0, table.find_runs(conn, experiment, view)

    seq, found = await moment.read(look)
    runs = await asyncio.to_thread(choose_runs, view, found)
    lines = await moment.read(partial(table.find_lines, experiment=experiment, view=view, runs=runs))
    entries = await asyncio.to_thread(index_of, view, runs, lines)
    if view.sort.by == "counter":
        entries = in_counter_order(view, entries, await _counter_places(moment, experiment, view, runs, entries))
    return TableIndex(epoch=house().store.epoch, seq=seq, runs=entries), runs


async def _counter_places(
    moment: Moment, experiment: str, view: View, runs: ChosenRuns, entries: Sequence[Entry]
) -> dict[int, Place]:
    places: dict[int, Place] = {}
    numbers = sorted(number for number, *_ in entries)
    for start in range(0, len(numbers), RUNS_AT_ONCE):
        part = numbers[start : start + RUNS_AT_ONCE]
        read = partial(table.find_counters, experiment=experiment, view=view, runs=runs, within=(part[0], part[-1]))
        places |= await asyncio.to_thread(counter_places, view, runs, await moment.read(read))
    return places


async def read_first_screen(experiment: str, view: View) -> tuple[TableIndex, list[Row]]:
    """The index of a view, and the rows of what is seen of it at first with all that stands around; one position."""
    async with house().store.moment() as moment:
        index, _ = await _index_at(moment, experiment, view)
        around = await moment.read(partial(table_rows.find_surroundings, experiment=experiment))
        numbers = first_runs(index.runs)
        _, found = await moment.read(
            partial(table_rows.find_rows, experiment=experiment, numbers=numbers, room=FIRST_JOBS)
        )
        return index, [*around, *found]


def first_runs(entries: Sequence[Entry]) -> list[int]:
    """The runs of which a screen is full."""
    numbers: list[int] = []
    lines = 0
    for number, count, *_ in entries[:FIRST_RUNS]:
        lines += count
        if numbers and lines > FIRST_LINES:
            break
        numbers.append(number)
    return numbers


def query_filter(args: Any) -> TableFilter:
    """The filter in the query of a page (a MultiDict); what else is there belongs to the page."""
    return TableFilter(
        text=args.get("text", ""),
        runs=args.get("runs", ""),
        hash=args.getlist("hash"),
        status=args.getlist("status"),
        user=args.get("user", ""),
        tag=args.getlist("tag"),
        failed="1" if args.get("failed") == "1" else "",
        sort=args.get("sort", ""),
        of=args.get("of", ""),
    )
