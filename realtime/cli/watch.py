"""`batchboard watch`: an experiment live in a terminal, or as lines of JSON in a pipe."""

import os
import sys

import click

from realtime.cli.calling import calling, segment
from realtime.cli.configured import configured

RUNS = 100


@click.command()
@click.argument("experiment_name", metavar="EXPERIMENT", envvar="BATCHBOARD_EXPERIMENT")
@click.option("--json", "as_json", is_flag=True, help="Print each change as a line of JSON.")
@click.option(
    "--runs", type=click.IntRange(1, 10_000), default=RUNS, show_default=True, help="Begin with so many of the newest."
)
def watch(experiment_name: str, as_json: bool, runs: int) -> None:
    """Watch EXPERIMENT: its newest runs with their jobs and reports, until Ctrl-C.

    With --json each line is {"epoch", "seq", "reset", "put": [rows], "drop": [keys]}. The first one has the newest
    runs, and "reset" true: forget what came before. A lost connection is resumed and nothing is missed.
    """
    if not (as_json or sys.stdout.isatty()):
        raise click.UsageError("this is no terminal: use --json")
    settings = configured(os.environ)
    with calling() as api:
        from realtime.cli.api import login_token
        from realtime.protocol.rows import ExperimentRow

        api.get(f"/experiments/{segment(experiment_name)}", ExperimentRow)
        token = login_token(settings)
    from realtime.cli.leaving import run_until_left
    from realtime.cli.watching import print_lines, show
    from realtime.client import Refused, subscribe

    subscription = subscribe(settings.manager_url, experiment_name, token=token, runs=runs)
    try:
        run_until_left(print_lines(subscription) if as_json else show(subscription, experiment_name))
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal
