"""Hashes taken over from another experiment, with parts of their paths and parameters replaced."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from realtime.domain.definition import EXECUTABLE_LIMIT, PARAMETERS_LIMIT, executable_path, parameter_text
from realtime.domain.errors import BatchboardError, Invalid
from realtime.service.deeds import listed_names
from realtime.service.definitions import HASH, free_name
from realtime.service.rules import known_experiment
from realtime.store import Connection, definitions
from realtime.store.tx import Tx


@dataclass(frozen=True, kw_only=True)
class Copy:
    """What becomes of one hash: `made` is the id of the new one; `problem`: why there is none."""

    source: int
    name: str
    executable: str | None
    parameters: str
    location: str
    made: int | None = None
    problem: str | None = None


def plan_copies(
    conn: Connection, experiment: str, source: str, wanted: Sequence[int], replaced: Sequence[tuple[str, str]]
) -> list[Copy]:
    """What copying these definitions of `source` would make, in the order asked. `replaced`: (find, with), one after
    the other. Raises NotFound, or Invalid for a definition that is not there."""
    known_experiment(conn, experiment)
    known_experiment(conn, source)
    taken: set[str] = set()
    plan = []
    for definition in dict.fromkeys(wanted):
        found = definitions.find(conn, source, definition)
        if found is None:
            raise Invalid(f"there is no hash with id {definition} in {source}", field="definitions")
        copy = _planned(conn, experiment, found, replaced, taken)
        plan.append(copy)
        if copy.problem is None:
            taken.add(copy.name)
    return plan


def _planned(
    conn: Connection, experiment: str, found: dict[str, Any], replaced: Sequence[tuple[str, str]], taken: set[str]
) -> Copy:
    problem = None
    executable, parameters = found["executable"], found["parameters"]
    try:
        executable = _with(executable, replaced, EXECUTABLE_LIMIT, "path") if executable else None
        parameters = _with(parameters, replaced, PARAMETERS_LIMIT, "parameters")
        executable = executable_path(executable)
        parameter_text(parameters)
        free_name(conn, experiment, found["name"])
        if found["name"] in taken:
            raise Invalid(f"another one of these is named {found['name']!r}, too")
    except BatchboardError as error:
        problem = error.message
    return Copy(
        source=found["id"],
        name=found["name"],
        executable=executable,
        parameters=parameters,
        location=found["location"],
        problem=problem,
    )


def _with(text: str, replaced: Sequence[tuple[str, str]], limit: int, what: str) -> str:
    for find, by in replaced:
        # Looked at after each step: repeated growth could fill the memory.
        text = text.replace(find, by)
        if len(text) > limit:
            raise Invalid(f"the {what} would be longer than {limit} characters")
    return text


def copy_definitions(
    tx: Tx, experiment: str, source: str, wanted: Sequence[int], replaced: Sequence[tuple[str, str]], by: str
) -> list[Copy]:
    """Make those copies that have no problem."""
    done = []
    for copy in plan_copies(tx.conn, experiment, source, wanted, replaced):
        made = None
        if copy.problem is None:
            values = {name: getattr(copy, name) for name in ("name", "executable", "parameters", "location")}
            made = definitions.create(tx, experiment, values, by)
        done.append(replace(copy, made=made))
    names = [copy.name for copy in done if copy.made is not None]
    if names:
        count = "1 hash" if len(names) == 1 else f"{len(names)} hashes"
        tx.note(experiment, by=by, action=HASH, text=f"copied {count} from {source}: {listed_names(names)}")
    return done
