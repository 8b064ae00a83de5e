"""`batchboard experiment` and `batchboard run`: the public API from a shell."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from realtime.cli.configured import configured

if TYPE_CHECKING:
    from realtime.cli.api import Api

LIST_LIMIT = 500


@click.group()
def experiment() -> None:
    """Make and list experiments."""


@experiment.command("create")
@click.argument("name")
@click.option("--instrument", default="", help="Where it is done, such as XPP.")
@click.option("--description", default="", help="A line for people.")
def create_experiment(name: str, instrument: str, description: str) -> None:
    """Make the experiment NAME (letters, digits, '_' and '-')."""
    with calling() as api:
        from realtime.protocol.api import NewExperiment
        from realtime.protocol.rows import ExperimentRow

        body = NewExperiment(name=name, instrument=instrument, description=description)
        made = api.post("/experiments", body, ExperimentRow)
    click.echo(f"experiment {made.name} is there")


@experiment.command("list")
def list_experiments() -> None:
    """List all experiments."""
    with calling() as api:
        from realtime.protocol.api import ExperimentPage

        found = list(_pages(lambda **query: api.get("/experiments", ExperimentPage, **query)))
    _table(
        ("Experiment", "Instrument", "Runs", "Live jobs", "Last activity"),
        ([e.name, e.instrument, str(e.runs), str(e.jobs_live), _time(e.last_activity_at)] for e in found),
    )


_experiment_option = click.option(
    "-e", "--experiment", "experiment_name", envvar="BATCHBOARD_EXPERIMENT", required=True, help="Which experiment."
)


@click.group()
def run() -> None:
    """Start, end and list the runs of an experiment."""


@run.command("start")
@_experiment_option
@click.option("--number", type=click.IntRange(min=1), help="Default: the next one.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Of the run table; may be repeated.")
def start_run(experiment_name: str, number: int | None, params: tuple[str, ...]) -> None:
    """Start a run; prints its number."""
    values = dict(_param(param) for param in params)
    with calling() as api:
        from realtime.protocol.api import NewRun
        from realtime.protocol.rows import RunRow

        started = api.post(
            f"/experiments/{_segment(experiment_name)}/runs", NewRun(number=number, params=values), RunRow
        )
    click.echo(started.number)


@run.command("end")
@_experiment_option
@click.argument("number", type=click.IntRange(min=1))
def end_run(experiment_name: str, number: int) -> None:
    """End the run NUMBER now."""
    with calling() as api:
        from realtime.protocol.api import RunChange
        from realtime.protocol.rows import RunRow

        path = f"/experiments/{_segment(experiment_name)}/runs/{number}"
        ended = api.patch(path, RunChange(ended_at=datetime.now(UTC)), RunRow)
    click.echo(f"run {ended.number} ended at {_time(ended.ended_at)}")


@run.command("list")
@_experiment_option
def list_runs(experiment_name: str) -> None:
    """List all runs, newest first."""
    with calling() as api:
        from realtime.protocol.api import RunPage

        path = f"/experiments/{_segment(experiment_name)}/runs"
        found = list(_pages(lambda **query: api.get(path, RunPage, **query)))
    _table(
        ("Run", "Started", "Ended", "Jobs", "Parameters"),
        (
            [
                str(r.number),
                _time(r.started_at),
                _time(r.ended_at),
                ", ".join(f"{count} {status}" for status, count in r.jobs.items()),
                ", ".join(f"{name}={value}" for name, value in r.params.items()),
            ]
            for r in found
        ),
    )


@contextmanager
def calling() -> Iterator["Api"]:
    """The API of the configured manager; what goes wrong becomes one line and exit code 1."""
    settings = configured(os.environ)
    from realtime.cli.api import Api, ApiError, login_token

    try:
        with Api(settings.manager_url, login_token(settings)) as api:
            yield api
    except ApiError as error:
        raise click.ClickException(str(error)) from error


def _pages(page: Callable[..., Any]) -> Iterator[Any]:
    cursor: str | None = ""
    while cursor is not None:
        found = page(limit=LIST_LIMIT, **({"cursor": cursor} if cursor else {}))
        yield from found.items
        cursor = found.next


def _param(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.BadParameter(f"expected NAME=VALUE, not {text!r}", param_hint="--param")
    try:
        parsed = json.loads(value)
    except ValueError:
        return name, value
    return name, parsed if isinstance(parsed, int | float) else value


def _segment(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")


def _time(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%SZ") if at else "-"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
