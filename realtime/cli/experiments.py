"""`batchboard experiment` and `batchboard run`: the public API from a shell."""

import json
from datetime import UTC, datetime

import click

from realtime.cli.calling import calling, experiment_option, pages, segment, table, time_text


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

        found = list(pages(lambda **query: api.get("/experiments", ExperimentPage, **query)))
    table(
        ("Experiment", "Instrument", "Runs", "Live jobs", "Last activity"),
        ([e.name, e.instrument, str(e.runs), str(e.jobs_live), time_text(e.last_activity_at)] for e in found),
    )


@click.group()
def run() -> None:
    """Start, end and list the runs of an experiment."""


@run.command("start")
@experiment_option
@click.option("--number", type=click.IntRange(min=1), help="Default: the next one.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Of the run table; may be repeated.")
def start_run(experiment_name: str, number: int | None, params: tuple[str, ...]) -> None:
    """Start a run; prints its number."""
    values = dict(_param(param) for param in params)
    with calling() as api:
        from realtime.protocol.api import NewRun
        from realtime.protocol.rows import RunRow

        started = api.post(
            f"/experiments/{segment(experiment_name)}/runs", NewRun(number=number, params=values), RunRow
        )
    click.echo(started.number)


@run.command("end")
@experiment_option
@click.argument("number", type=click.IntRange(min=1))
def end_run(experiment_name: str, number: int) -> None:
    """End the run NUMBER now."""
    with calling() as api:
        from realtime.protocol.api import RunChange
        from realtime.protocol.rows import RunRow

        path = f"/experiments/{segment(experiment_name)}/runs/{number}"
        ended = api.patch(path, RunChange(ended_at=datetime.now(UTC)), RunRow)
    click.echo(f"run {ended.number} ended at {time_text(ended.ended_at)}")


@run.command("list")
@experiment_option
def list_runs(experiment_name: str) -> None:
    """List all runs, newest first."""
    with calling() as api:
        from realtime.protocol.api import RunPage

        path = f"/experiments/{segment(experiment_name)}/runs"
        found = list(pages(lambda **query: api.get(path, RunPage, **query)))
    table(
        ("Run", "Started", "Ended", "Jobs", "Parameters"),
        (
            [
                str(r.number),
                time_text(r.started_at),
                time_text(r.ended_at),
                ", ".join(f"{count} {status}" for status, count in r.jobs.items()),
                ", ".join(f"{name}={value}" for name, value in r.params.items()),
            ]
            for r in found
        ),
    )


def _param(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.BadParameter(f"expected NAME=VALUE, not {text!r}", param_hint="--param")
    try:
        parsed = json.loads(value)
    except ValueError:
        return name, value
    return name, parsed if isinstance(parsed, int | float) else value
