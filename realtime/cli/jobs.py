"""`batchboard apply` and `batchboard kill`: what the page does, from a shell."""

import re
import sys
from typing import TYPE_CHECKING, Literal

import click

from realtime.cli.calling import calling, experiment_option, segment

if TYPE_CHECKING:
    from realtime.cli.api import Api
    from realtime.protocol.rows import JobRow

JOB_ID = re.compile(r"[0-9a-f]{24}")


@click.command()
@click.argument("hash_name", metavar="HASH")
@click.argument("runs", metavar="RUNS")
@experiment_option
@click.option(
    "--only",
    type=click.Choice(["all", "missing", "failed"]),
    default="all",
    show_default=True,
    help="Leave out runs whose job is live or DONE (missing), or whose newest job has not failed (failed).",
)
@click.option("--parameters", help="Instead of the hash's own.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer of the API.")
def apply(
    hash_name: str,
    runs: str,
    experiment_name: str,
    only: Literal["all", "missing", "failed"],
    parameters: str | None,
    as_json: bool,
) -> None:
    """Apply HASH to RUNS (12, 1-20,25 or all): one job is made for each run.

    Runs that were left out are told on stderr. Exit code 1: nothing was made because the request was refused.
    """
    with calling() as api:
        import secrets

        from realtime.cli.api import Unreachable
        from realtime.protocol.api import Applied, Apply

        body = Apply(definition=hash_name, runs=runs, only=only, parameters=parameters)
        path, key = f"/experiments/{segment(experiment_name)}/jobs", secrets.token_hex(16)
        try:
            applied = api.post(path, body, Applied, key=key)
        except Unreachable:
            applied = api.post(path, body, Applied, key=key)  # the key keeps jobs from being made twice
    if as_json:
        from realtime.protocol.wire import encode

        click.echo(encode(applied))
        return
    for job in applied.jobs:
        click.echo(_line(job))
    for skipped in applied.skipped:
        click.echo(f"run {skipped.run} left out: {skipped.reason}", err=True)


@click.command()
@click.argument("jobs", metavar="JOB...", nargs=-1, required=True)
@click.option("-e", "--experiment", "experiment_name", envvar="BATCHBOARD_EXPERIMENT", help="Whose jobs numbers mean.")
@click.option("--force", is_flag=True, help="bkill -r: LSF forgets a job in UNKWN or ZOMBI that was killed before.")
def kill(jobs: tuple[str, ...], experiment_name: str | None, force: bool) -> None:
    """Kill jobs, named by id (24 hex digits) or, with -e, by number.

    Exit code 1: some were not killed; stderr says which and why. The others were.
    """
    failed = False
    with calling() as api:
        from realtime.cli.api import Refused
        from realtime.protocol.api import KillRequest
        from realtime.protocol.rows import JobRow

        for job in jobs:
            try:
                path = f"/jobs/{job_id(api, job, experiment_name)}/kill"
                click.echo(_line(api.post(path, KillRequest(force=force), JobRow)))
            except Refused as refusal:
                failed = True
                click.echo(f"job {job}: {refusal}", err=True)
    sys.exit(failed)


def job_id(api: "Api", job: str, experiment_name: str | None) -> str:
    """The id of a job that is named by id or by its number in an experiment; raises Refused, UsageError."""
    if JOB_ID.fullmatch(job):
        return job
    if not (job.isdecimal() and job.isascii() and len(job) < 10):
        raise click.UsageError(f"expected an id of 24 hex digits, or a number, not {job[:40]!r}")
    if experiment_name is None:
        raise click.UsageError(f"job {job} of which experiment? Say -e EXPERIMENT")
    from realtime.cli.api import Refused
    from realtime.protocol.api import JobPage

    found = api.get(f"/experiments/{segment(experiment_name)}/jobs", JobPage, number=int(job)).items
    if not found:
        raise Refused(404, "not_found", f"there is no job {job} in {experiment_name}")
    return found[0].id


def _line(job: "JobRow") -> str:
    told = f"job {job.number}  {job.id}  run {job.run}  {job.definition.name}  {job.status}"
    return f"{told}  kill requested" if job.kill_requested_at and job.ended_at is None else told
