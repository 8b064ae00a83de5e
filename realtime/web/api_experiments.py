"""`/api/v1`: experiments, runs, definitions, and what changed in an experiment."""

from functools import partial
from typing import Any

import msgspec
from quart import Response

from realtime.domain.errors import Gone, Invalid, NotFound
from realtime.protocol.api import (
    DefinitionChange,
    DefinitionPage,
    ExperimentChange,
    ExperimentPage,
    NewDefinition,
    NewExperiment,
    NewRun,
    RunChange,
    RunPage,
    TransitionPage,
)
from realtime.protocol.live import Delta
from realtime.protocol.rows import DefinitionRow, ExperimentRow, RunRow
from realtime.service.definitions import change_definition as change
from realtime.service.definitions import create_definition as create
from realtime.service.definitions import delete_definition as delete
from realtime.service.experiments import change_experiment, change_run, create_experiment, start_run
from realtime.store import history, lists
from realtime.store.changes import SITE, experiment_scope
from realtime.web.context import house
from realtime.web.listing import ChangesSince, Paging, Since, number_cursor, page_of, page_of_experiment
from realtime.web.routing import Api, Reply, json_response

experiments = Api("experiments")


@experiments.route("GET", "/experiments", query=Paging, answer=ExperimentPage)
async def list_experiments(query: Paging) -> dict[str, Any]:
    """Experiments by name."""
    read = partial(lists.experiments, after=query.cursor or "", limit=query.limit)
    return await page_of(SITE, query.limit, read, lambda row: row.name)


@experiments.route(
    "POST", "/experiments", body=NewExperiment, answer=ExperimentRow, status=201, answers={409: "name taken"}
)
async def new_experiment(body: NewExperiment) -> ExperimentRow:
    """Make an experiment."""
    user = house().user
    await house().store.write(lambda tx: create_experiment(tx, body.name, body.instrument, body.description, user))
    return await read_experiment(body.name)


@experiments.route("GET", "/experiments/<experiment>", answer=ExperimentRow)
async def get_experiment(experiment: str) -> ExperimentRow:
    """One experiment."""
    return await read_experiment(experiment)


@experiments.route("PATCH", "/experiments/<experiment>", body=ExperimentChange, answer=ExperimentRow)
async def patch_experiment(experiment: str, body: ExperimentChange) -> ExperimentRow:
    """Set instrument or description."""
    values, user = given(body), house().user
    await house().store.write(lambda tx: change_experiment(tx, experiment, values, user))
    return await read_experiment(experiment)


async def read_experiment(name: str) -> ExperimentRow:
    """The experiment's row; raises NotFound."""
    found = await house().store.read(partial(lists.experiment, name=name))
    if found is None:
        raise NotFound(f"there is no experiment {name[:80]!r}", field="experiment")
    return found


def given(body: msgspec.Struct) -> dict[str, Any]:
    """The fields of a change that were sent."""
    return {name: getattr(body, name) for name in body.__struct_fields__ if getattr(body, name) is not msgspec.UNSET}


@experiments.route("GET", "/experiments/<experiment>/runs", query=Paging, answer=RunPage)
async def list_runs(experiment: str, query: Paging) -> dict[str, Any]:
    """Runs, newest first."""
    read = partial(lists.runs, of=experiment, before=number_cursor(query.cursor), limit=query.limit)
    return await page_of_experiment(experiment, query.limit, read, lambda row: row.number)


@experiments.route(
    "POST",
    "/experiments/<experiment>/runs",
    body=NewRun,
    answer=RunRow,
    status=201,
    answers={409: "number taken"},
)
async def new_run(experiment: str, body: NewRun) -> RunRow:
    """Start a run: the next number unless one is given."""
    user = house().user
    number = await house().store.write(
        lambda tx: start_run(tx, experiment, body.number, body.started_at, body.params, user)
    )
    return await read_run(experiment, number)


@experiments.route("GET", "/experiments/<experiment>/runs/<int:number>", answer=RunRow)
async def get_run(experiment: str, number: int) -> RunRow:
    """One run."""
    return await read_run(experiment, number)


@experiments.route("PATCH", "/experiments/<experiment>/runs/<int:number>", body=RunChange, answer=RunRow)
async def patch_run(experiment: str, number: int, body: RunChange) -> RunRow:
    """End a run, or set its comment, its tags or some of its parameters."""
    values, user = given(body), house().user
    await house().store.write(lambda tx: change_run(tx, experiment, number, values, user))
    return await read_run(experiment, number)


async def read_run(experiment: str, number: int) -> RunRow:
    """The run's row; raises NotFound."""
    found = await house().store.read(partial(lists.run, of=experiment, number=number))
    if found is None:
        await read_experiment(experiment)
        raise NotFound(f"there is no run {number} in {experiment}", field="run")
    return found


@experiments.route("GET", "/experiments/<experiment>/definitions", query=Paging, answer=DefinitionPage)
async def list_definitions(experiment: str, query: Paging) -> dict[str, Any]:
    """Hashes by id, archived ones included."""
    read = partial(lists.definitions, of=experiment, after=number_cursor(query.cursor) or 0, limit=query.limit)
    return await page_of_experiment(experiment, query.limit, read, lambda row: row.id)


@experiments.route(
    "POST",
    "/experiments/<experiment>/definitions",
    body=NewDefinition,
    answer=DefinitionRow,
    status=201,
    answers={409: "name taken"},
)
async def new_definition(experiment: str, body: NewDefinition) -> DefinitionRow:
    """Make a hash; without an executable it is a draft."""
    values = {"name": body.name, "executable": body.executable, "parameters": body.parameters}
    values["location"] = body.location or house().settings.location
    user = house().user
    made = await house().store.write(lambda tx: create(tx, experiment, values, user))
    return await read_definition(experiment, made)


@experiments.route("GET", "/experiments/<experiment>/definitions/<int:id>", answer=DefinitionRow)
async def get_definition(experiment: str, id: int) -> DefinitionRow:
    """One hash."""
    return await read_definition(experiment, id)


@experiments.route(
    "PATCH",
    "/experiments/<experiment>/definitions/<int:id>",
    body=DefinitionChange,
    answer=DefinitionRow,
    answers={409: "changed meanwhile, name taken, or archived"},
)
async def patch_definition(experiment: str, id: int, body: DefinitionChange) -> DefinitionRow:
    """Edit a hash; jobs keep what they were made from."""
    values = given(body)
    seq = values.pop("seq", None)
    user = house().user
    await house().store.write(lambda tx: change(tx, experiment, id, values, seq, user))
    return await read_definition(experiment, id)


@experiments.route(
    "DELETE",
    "/experiments/<experiment>/definitions/<int:id>",
    answer=None,
    status=204,
    answers={200: "jobs have used it: archived, not removed"},
)
async def delete_definition(experiment: str, id: int) -> Reply | None:
    """Remove an unused hash, archive a used one."""
    user = house().user
    if await house().store.write(lambda tx: delete(tx, experiment, id, user)):
        return None
    return Reply(value=await read_definition(experiment, id), status=200)


async def read_definition(experiment: str, definition: int) -> DefinitionRow:
    """The definition's row; raises NotFound."""
    found = await house().store.read(partial(lists.definition, of=experiment, wanted=definition))
    if found is None:
        await read_experiment(experiment)
        raise NotFound(f"there is no hash with id {definition} in {experiment}", field="id")
    return found


@experiments.route("GET", "/experiments/<experiment>/transitions", query=Since, answer=TransitionPage)
async def list_transitions(experiment: str, query: Since) -> dict[str, Any]:
    """Every status transition after a seq, once, in order; `next` is the seq to go on from; null: go on from `seq`."""
    read = partial(history.transitions_since, experiment=experiment, since=query.since, limit=query.limit + 1)
    return await page_of_experiment(experiment, query.limit, read, lambda item: item.seq)


@experiments.route(
    "GET",
    "/experiments/<experiment>/changes",
    query=ChangesSince,
    answer=Delta,
    answers={410: "this position cannot be served: read everything anew"},
)
async def list_changes(experiment: str, query: ChangesSince) -> Response:
    """What changed since a position, as one delta (go on from its `to`)."""
    _, _, seq = query.since.partition(":")
    if not seq.isdecimal() or len(seq) > 18:
        raise Invalid("expected EPOCH:SEQ", field="since")
    await read_experiment(experiment)
    found = await house().feed.changes(experiment_scope(experiment), query.since)
    if found is None:
        raise Gone("this position cannot be served: read everything anew", field="since")
    return json_response(found)
