"""`batchboard shift`: what is handed over to the next shift."""

from datetime import UTC, datetime, timedelta

import click

from realtime.cli.calling import calling, segment


@click.command()
@click.argument("experiment_name", metavar="EXPERIMENT")
@click.option("--hours", type=click.FloatRange(0, 31 * 24, min_open=True), default=8.0, show_default=True)
def shift(experiment_name: str, hours: float) -> None:
    """Print the last hours of EXPERIMENT as Markdown for the logbook."""
    to = datetime.now(UTC)
    since = to - timedelta(hours=hours)
    with calling() as api:
        path = f"/experiments/{segment(experiment_name)}/shift.md"
        found = api.text(path, **{"from": since.isoformat(), "to": to.isoformat()})
    click.echo(found, nl=False)
