"""A view as CSV, part by part."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any

from realtime.domain.columns import Column, record
from realtime.domain.table import ChosenRuns, Entry, in_line_order
from realtime.domain.view import View
from realtime.store import table_lines
from realtime.store.store import Store

LINES_AT_ONCE = 300


async def csv_of(
    store: Store, experiment: str, view: View, entries: Sequence[Entry], chosen: ChosenRuns, columns: Sequence[Column]
) -> AsyncIterator[bytes]:
    """The file in parts: the titles, then the lines of some runs at a time."""
    yield record([column.title for column in columns]).encode()
    for numbers in _parts(entries):
        read = partial(table_lines.find, experiment=experiment, view=view, runs=chosen, numbers=numbers)
        runs, lines = await store.read(read)
        yield await asyncio.to_thread(_records, view, numbers, runs, lines, columns)


def _parts(entries: Sequence[Entry]) -> list[list[int]]:
    parts: list[list[int]] = []
    room = 0
    for number, lines, *_ in entries:
        if room <= 0:
            parts.append([])
            room = LINES_AT_ONCE
        parts[-1].append(number)
        room -= max(lines, 1)
    return parts


def _records(
    view: View,
    numbers: Sequence[int],
    runs: Mapping[int, Mapping[str, Any]],
    lines: Mapping[int, Sequence[Mapping[str, Any]]],
    columns: Sequence[Column],
) -> bytes:
    """Runs that have lost their last line meanwhile are left out where a line was asked for."""
    records = []
    for number in numbers:
        run = runs[number]
        of_run = ["" if column.of_job else column.value(run) for column in columns]
        found = in_line_order(view, lines.get(number, ()))
        for line in found:
            cells = zip(columns, of_run, strict=True)
            records.append(record([column.value(line) if column.of_job else text for column, text in cells]))
        if not found and not view.asks_for_lines:
            records.append(record(of_run))
    return "".join(records).encode(errors="replace")
