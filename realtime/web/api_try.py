"""`/api/v1`: try a hash. Its script is checked and run once where it would be run, and nothing is submitted."""

from datetime import UTC, datetime
from functools import partial

from msgspec import UNSET, UnsetType

from realtime.domain.definition import command_arguments, executable_path, parameter_text
from realtime.domain.errors import Invalid, NotFound, Unavailable
from realtime.protocol.api import RunNumber
from realtime.protocol.questions import Question, StubCall, TryCheck
from realtime.protocol.rows import DefinitionRow
from realtime.protocol.wire import Shape, Strict, UtcTime
from realtime.store import Connection, experiments, lists, locations
from realtime.web.api_experiments import read_definition
from realtime.web.context import house
from realtime.web.routing import Api

try_api = Api("try")

JOB = "dry-run"
"""Stands where a job's id would."""


class Try(Strict, frozen=True, kw_only=True):
    """What is left out is the hash's own; `run`: the newest one, 1 before the first."""

    run: RunNumber | UnsetType = UNSET
    executable: str | UnsetType = UNSET
    parameters: str | UnsetType = UNSET


class TryAnswer(Shape, frozen=True, kw_only=True):
    """What was looked at, and what the script did. `checks`: path, interpreter, line ends, rights, syntax, dry run."""

    checks: list[TryCheck]
    arguments: list[str]
    """what the script was called with, its own path first"""
    exit_code: int | None
    timed_out: bool
    stdout: str
    stderr: str
    bsub: list[StubCall]
    """what would have been submitted, in order"""
    as_of: UtcTime


@try_api.route(
    "POST",
    "/experiments/<experiment>/definitions/<int:id>/try",
    body=Try,
    body_optional=True,
    answer=TryAnswer,
    answers={503: "the batch client is away, too old or did not answer"},
)
async def try_definition(experiment: str, id: int, body: Try) -> TryAnswer:
    """Check a hash's script and run it once with a `bsub` that only prints; takes up to 45 s.

    No job is made and no report counts, but what else the script does is done.
    """
    row = await read_definition(experiment, id)
    executable = executable_path(row.executable if body.executable is UNSET else body.executable)
    if executable is None:
        raise Invalid(f"the hash {row.name!r} has no path yet", field="executable")
    parameters = row.parameters if body.parameters is UNSET else parameter_text(body.parameters)
    run = await house().store.read(partial(_run, experiment=experiment, wanted=body.run))
    arguments = command_arguments(experiment, run, parameters)
    place = await house().store.read(partial(locations.find, name=row.location))
    if place is None or not place["agent_connected"]:
        raise Unavailable(f"the batch client of {row.location} is away", code="agent_away")
    question = Question(
        id="",
        kind="try",
        job="",
        user=house().user,
        executable=executable,
        lsf_ids=[],
        ended=False,
        arguments=arguments,
        environment=_environment(experiment, run, row),
    )
    tried = (await house().questions.ask(row.location, question)).tried
    if tried is None:
        raise Unavailable("the batch client answered without what it has tried", code="agent_error")
    return TryAnswer(
        checks=tried.checks,
        arguments=[executable, *arguments],
        exit_code=tried.exit_code,
        timed_out=tried.timed_out,
        stdout=tried.stdout,
        stderr=tried.stderr,
        bsub=tried.bsub,
        as_of=datetime.now(UTC),
    )


def _run(conn: Connection, experiment: str, wanted: int | UnsetType) -> int:
    if wanted is UNSET:
        return experiments.last_run(conn, experiment) or 1
    if lists.run(conn, of=experiment, number=wanted) is None:
        raise NotFound(f"there is no run {wanted} in {experiment}", field="run")
    return wanted


def _environment(experiment: str, run: int, row: DefinitionRow) -> dict[str, str]:
    """As a job's script has it, with no address to post to."""
    return {
        "BATCH_UPDATE_URL": "",
        "JID_UPDATE_COUNTERS": "",
        "ARP_UPDATE_COUNTERS": "",
        "EXPERIMENT": experiment,
        "RUN_NUM": str(run),
        "BATCH_JOB_ID": JOB,
        "ARP_JOB_ID": JOB,
        "ARP_ROOT_JOB_ID": JOB,
        "BATCH_HASH": row.name,
        "ARP_LOCATION": row.location,
    }
