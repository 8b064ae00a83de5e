"""`batchboard`, also `python -m realtime`: the command line. What a command needs is loaded when it is called."""

import os
import sys

import click

from realtime import __version__
from realtime.cli.check import check
from realtime.cli.configured import configured, refuse_settings
from realtime.cli.experiments import experiment, run
from realtime.cli.jobs import apply, kill
from realtime.cli.log import log
from realtime.cli.report import report
from realtime.cli.shift import shift
from realtime.cli.watch import watch
from realtime.logs import log_to_stderr
from realtime.settings import SettingsError, help_text

SETTINGS_HELP = (
    "\b\nSettings: variables, or lower case without the prefix in the TOML file that BATCHBOARD_CONFIG names.\n"
    "With _FILE behind its name a variable names a file that holds the value.\n\n\b\n" + help_text()
)


@click.group(epilog=SETTINGS_HELP, context_settings={"max_content_width": 140, "help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="batchboard")
def main() -> None:
    """Apply scripts to the runs of an experiment on an LSF farm, and watch the jobs live."""


@main.command()
@click.option("--processes", type=click.IntRange(1, 64), help="Server processes on the port; wins over the setting.")
def serve(processes: int | None) -> None:
    """Run the batch manager: pages, API, websockets, store. SIGHUP restarts its servers one after the other."""
    settings = configured(os.environ)
    log_to_stderr()
    import asyncio
    from dataclasses import replace

    from realtime.fleet import run_fleet

    try:
        sys.exit(asyncio.run(run_fleet(replace(settings, processes=processes or settings.processes), os.environ)))
    except SettingsError as error:
        refuse_settings(error)


@main.command()
def agent() -> None:
    """Run the batch client, on a host where LSF's commands work."""
    import runpy

    configured(os.environ)
    runpy.run_module("lsf_agent", run_name="__main__", alter_sys=True)


@main.command()
@click.option(
    "--shift",
    is_flag=True,
    help="In the middle of a shift: 400 runs, 30 hashes and 6,000 jobs so far, and a colleague at work.",
)
def demo(shift: bool) -> None:
    """Run everything on this machine: manager, batch client, a local scheduler, a simulated beam line."""
    settings = configured(os.environ)
    log_to_stderr()
    import asyncio

    from realtime.demo.ground import DemoRefused
    from realtime.demo.run import run_demo

    try:
        sys.exit(asyncio.run(run_demo(settings, os.environ, shift=shift)))
    except DemoRefused as error:
        click.echo(str(error), err=True)
        sys.exit(2)


for command in (check, experiment, run, apply, kill, watch, log, report, shift):
    main.add_command(command)


if __name__ == "__main__":
    main()
