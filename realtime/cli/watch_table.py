"""The picture of `batchboard watch`: a heading, a table as wide as the terminal, and what found no room."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from realtime.cli.markup import clean, readable, spans
from realtime.cli.watch_lines import FAILED, Line, Shown, length, remark, shown, tally
from realtime.client.view import Row
from realtime.domain.status import Status
from realtime.protocol.rows import JobRow

AROUND = 3
"""Lines above and below the jobs: heading, names of columns, foot."""
ATTENTION = {Status.PERSISTED, Status.LSF_SLOW, Status.USUSP, Status.SSUSP, Status.UNKWN, Status.ZOMBI}
STYLES: dict[str, str] = {
    Status.RUN: "cyan",
    Status.DONE: "green",
    **dict.fromkeys(FAILED, "bold red"),
    **dict.fromkeys(ATTENTION, "yellow"),
}


@dataclass(frozen=True)
class Column:
    """`from_width`: of the terminal, from which on there is room for it."""

    name: str
    from_width: int
    text: Callable[[JobRow, datetime], str]
    widest: int
    right: bool = False


COLUMNS = (
    Column("Job", 72, lambda job, now: str(job.number), 7, right=True),
    Column("Hash", 48, lambda job, now: job.definition.name, 16),
    Column("Status", 0, lambda job, now: job.status, 13),
    Column("LSF ID", 90, lambda job, now: _lsf_ids(job), 14, right=True),
    Column("Time", 80, lambda job, now: length(job, now), 10, right=True),
    Column("User", 110, lambda job, now: job.user, 12),
    Column("Requested", 130, lambda job, now: f"{job.requested_at.astimezone():%d %b %H:%M:%S}", 15),
    Column("Host", 150, lambda job, now: job.host or "", 16),
)


@dataclass(frozen=True)
class State:
    """The feed at this moment. `problem`: why there is no connection, `known_at`: when the view was last true."""

    connected: bool
    problem: str | None
    known_at: datetime | None


def picture(
    experiment: str, view: Mapping[str, Row], state: State, now: datetime, width: int, height: int, hint: str = ""
) -> RenderableType:
    """What stands on a terminal of that size."""
    found = shown(view, max(1, height - AROUND))
    if found.warnings:
        found = shown(view, max(1, height - AROUND - len(found.warnings)))
    above: list[RenderableType] = [_heading(experiment, found, state, now, width)]
    above += [Text(clean(warning), style="yellow", no_wrap=True, overflow="ellipsis") for warning in found.warnings]
    return Group(*above, _table(found, state, now, width), _foot(found, hint))


def _heading(experiment: str, found: Shown, state: State, now: datetime, width: int) -> RenderableType:
    left = Text(no_wrap=True, overflow="ellipsis")
    left.append(clean(experiment), style="bold")
    if state.known_at is None:
        left.append(f"  {clean(state.problem or 'connecting')}", style="yellow")
        return left
    if not state.connected:
        left.append(f"  data from {state.known_at.astimezone():%H:%M:%S}", style="yellow")
        left.append(f": {clean(state.problem)}" if state.problem else ", connecting again", style="yellow")
        return left
    left.append(f"  {found.runs:,} {'run' if found.runs == 1 else 'runs'}, {tally(found.jobs)}")
    clock = f"{now.astimezone():%H:%M:%S}"
    gap = width - left.cell_len - len(clock)
    if gap >= 2:
        left.append(" " * gap + clock, style="dim")
    return left


def _table(found: Shown, state: State, now: datetime, width: int) -> Table:
    columns = [column for column in COLUMNS if width >= column.from_width and _used(column, found, now)]
    table = Table(
        box=None,
        expand=True,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="dim",
        style="" if state.connected else "dim",
    )
    table.add_column("Run", justify="right", no_wrap=True)
    for column in columns:
        table.add_column(
            column.name,
            justify="right" if column.right else "left",
            no_wrap=True,
            overflow="ellipsis",
            max_width=column.widest if width >= 80 else min(column.widest, 13),
        )
    table.add_column("Report", ratio=1, no_wrap=True, overflow="ellipsis")
    before: int | None = None
    for line in found.lines:
        run = "" if line.run == before else str(line.run)
        before = line.run
        table.add_row(run, *_cells(line, columns, now))
    return table


def _used(column: Column, found: Shown, now: datetime) -> bool:
    return any(line.job and column.text(line.job, now) for line in found.lines)


def _cells(line: Line, columns: list[Column], now: datetime) -> list[Text]:
    job = line.job
    if job is None:
        return [*(Text() for _ in columns), Text("no job", style="dim")]
    cells = [Text(clean(column.text(job, now))) for column in columns]
    for column, cell in zip(columns, cells, strict=True):
        if column.name == "Status":
            cell.stylize(STYLES.get(job.status, ""))
    return [*cells, report(job)]


def report(job: JobRow) -> Text:
    """Counters in their colours; words about the job when it has none, or has failed."""
    text = Text()
    words = remark(job)
    if words and (not job.counters or job.status in FAILED):
        text.append(clean(words), style="red" if job.status in FAILED else "dim")
    for counter in job.counters:
        if text:
            text.append("  ")
        for span in spans(counter.name.strip()):
            text.append(span.text, style="dim" if span.color is None else span.color)
        text.append(" ")
        color = readable(counter.color)
        for span in spans("" if counter.value is None else _plain(counter.value)):
            style = [span.color or color or "", "bold" if span.strong else "", "italic" if span.slanted else ""]
            text.append(span.text, style=" ".join(filter(None, style)))
    return text


def _plain(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lsf_ids(job: JobRow) -> str:
    others = len(job.lsf_ids) - 1
    return f"{job.lsf_id or ''}" + (f" +{others}" if others > 0 else "")


def _foot(found: Shown, hint: str) -> Text:
    hidden = f"{found.hidden:,} older {'job' if found.hidden == 1 else 'jobs'} not shown" if found.hidden else ""
    return Text("; ".join(filter(None, (hidden, hint))), style="dim", no_wrap=True, overflow="ellipsis")
