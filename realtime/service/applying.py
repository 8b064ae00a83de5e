"""Asking for jobs: a hash is applied to runs, a job is asked for once more."""

import secrets
from dataclasses import dataclass, replace
from typing import Any

from realtime.domain.assessment import assess
from realtime.domain.definition import command_arguments, parameter_text
from realtime.domain.errors import Invalid
from realtime.domain.job import Job, Submission
from realtime.domain.names import RUNS_AT_ONCE, job_id, parse_runs
from realtime.domain.status import Status
from realtime.service.deeds import note_job, on_runs, one_job, shortened
from realtime.service.jobs import known_job
from realtime.service.rules import Rules, known_experiment
from realtime.store import Connection, definitions, experiments, jobs
from realtime.store.jobs import StoredJob
from realtime.store.tx import Tx

FAILED = (Status.EXIT, Status.SUBMIT_FAILED, Status.LOST)


def apply(
    tx: Tx,
    rules: Rules,
    experiment: str,
    definition: int | str,
    runs: int | str,
    only: str,
    parameters: str | None,
    by: str,
) -> tuple[list[str], list[tuple[int, str]]]:
    """Make one job for each run wanted: ids of the jobs made, and (run, reason) of those left out.

    `runs`: a number, `1-20,25` or `all`; `only`: `all`, `missing` or `failed`. An unknown run or definition makes
    nothing at all.
    """
    choice = choose(tx.conn, experiment, definition, runs, only, parameters)
    found, text = choice.definition, choice.parameters
    made = _request(
        tx,
        rules,
        found["version"],
        [
            StoredJob(
                job=_new_job(tx, command_arguments(experiment, run, text)),
                experiment=experiment,
                run=run,
                definition=found["id"],
                definition_name=found["name"],
                executable=found["executable"],
                parameters=text,
                user=by,
                location=found["location"],
                status=Status.REQUEST_SENT,
                detail="",
            )
            for run in choice.runs
        ],
    )
    if made:
        said = f"applied {found['name']} to {on_runs(choice.runs)}"
        if text != found["parameters"]:
            said += f" with {shortened(text)}"
        run, job = (choice.runs[0], made[0]) if len(made) == 1 else (None, None)
        tx.note(experiment, by=by, action="apply", text=said, definition=found["id"], run=run, job=job)
    return made, choice.skipped


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What applying would do: jobs of this definition on `runs`; `skipped`: (run, reason) of those left out."""

    definition: dict[str, Any]
    parameters: str
    runs: list[int]
    skipped: list[tuple[int, str]]


def choose(
    conn: Connection, experiment: str, definition: int | str, runs: int | str, only: str, parameters: str | None
) -> Choice:
    """As `apply`, nothing made."""
    known_experiment(conn, experiment)
    found = definitions.find(conn, experiment, definition)
    if found is None or found["archived_at"] is not None:
        raise Invalid(f"there is no hash {definition!r} in {experiment}", field="definition")
    if found["executable"] is None:
        raise Invalid(f"the hash {found['name']!r} has no path yet", field="definition")
    text = found["parameters"] if parameters is None else parameter_text(parameters)
    applied = jobs.last_of_each_run(conn, experiment, found["id"])
    chosen, skipped = [], []
    for run in wanted_runs(conn, experiment, runs):
        reason = _left_out(only, applied.get(run, []))
        if reason:
            skipped.append((run, reason))
        else:
            chosen.append(run)
    if len(chosen) > RUNS_AT_ONCE:
        raise Invalid(f"expected at most {RUNS_AT_ONCE} runs at once, not {len(chosen)}", field="runs")
    return Choice(definition=found, parameters=text, runs=chosen, skipped=skipped)


def wanted_runs(conn: Connection, experiment: str, runs: int | str) -> list[int]:
    """The runs meant by a number, `1-20,25` or `all`, lowest first; raises Invalid for one that is not there."""
    if runs == "all":
        return experiments.runs_within(conn, experiment, None)
    ranges = parse_runs(str(runs))
    asked = sum(last - first + 1 for first, last in ranges)
    if asked > RUNS_AT_ONCE:
        raise Invalid(f"expected at most {RUNS_AT_ONCE} runs at once, not {asked}", field="runs")
    known = experiments.runs_within(conn, experiment, ranges)
    missing = sorted({run for first, last in ranges for run in range(first, last + 1)} - set(known))
    if missing:
        names = ", ".join(map(str, missing[:10])) + (" ..." if len(missing) > 10 else "")
        raise Invalid(f"no such run in {experiment}: {names}", field="runs")
    return known


def _left_out(only: str, statuses: list[Status]) -> str | None:
    if only == "missing" and any(status.live or status is Status.DONE for status in statuses):
        return "it has a job of this hash that is live or DONE"
    if only == "failed" and (not statuses or statuses[-1] not in FAILED):
        return "its newest job of this hash has not failed" if statuses else "it has no job of this hash"
    return None


def _new_job(tx: Tx, arguments: list[str]) -> Job:
    return Job(
        id=job_id(tx.now, secrets.token_bytes(8)),
        requested_at=tx.now,
        submission=Submission(arguments=tuple(arguments)),
    )


def _request(tx: Tx, rules: Rules, version: int, new: list[StoredJob]) -> list[str]:
    if not new:
        return []
    first = experiments.next_job_numbers(tx, new[0].experiment, len(new))
    # Made as if the agent had just been heard of: whether it is away is found out by `relabel`, a moment later.
    clock = replace(rules.clock(tx.now, None), agent_heard_at=tx.now)
    numbered = [(stored, number, version) for number, stored in enumerate(new, first)]
    jobs.create(tx, numbered, assess(new[0].job, clock))
    return [stored.job.id for stored in new]


def resubmit(tx: Tx, rules: Rules, wanted: str, by: str, parameters: str | None = None) -> str:
    """Ask for the same command on the same run once more, or with other parameters; the id of the new job."""
    old = known_job(tx, wanted)
    text = old.parameters if parameters is None else parameter_text(parameters)
    same = text == old.parameters
    arguments = list(old.job.submission.arguments) if same else command_arguments(old.experiment, old.run, text)
    definition = definitions.find(tx.conn, old.experiment, old.definition)
    assert definition is not None
    again = replace(
        old,
        job=_new_job(tx, arguments),
        parameters=text,
        user=by,
    )
    (made,) = _request(tx, rules, definition["version"], [again])
    said = one_job("resubmitted", again, "" if same else f" with {shortened(text)}")
    note_job(tx, again, by, "resubmit", said)
    return made
