"""Definitions: hashes are entered, edited, archived."""

from typing import Any

from realtime.domain.definition import executable_path, hash_name, parameter_text
from realtime.domain.errors import Conflict, Invalid, NotFound
from realtime.service.deeds import shortened
from realtime.service.rules import known_experiment
from realtime.store import Connection, activity, definitions
from realtime.store.tx import Tx

HASH = "hash"
"""The action of all that is noted here: an edit in the page that is older than one of these is refused."""


def create_definition(tx: Tx, experiment: str, values: dict[str, Any], by: str) -> int:
    """A new definition (`name`, `executable`, `parameters`, `location`); its id."""
    known_experiment(tx.conn, experiment)
    wanted = _checked(tx.conn, experiment, values, None)
    made = definitions.create(tx, experiment, wanted, by)
    command = " ".join(filter(None, (wanted["executable"] or "no path yet", wanted["parameters"])))
    tx.note(experiment, by=by, action=HASH, text=f"made hash {wanted['name']}: {shortened(command)}", definition=made)
    return made


def change_definition(
    tx: Tx, experiment: str, definition: int, values: dict[str, Any], seq: int | None, by: str
) -> None:
    """Set fields; Conflict when somebody has changed the definition since the `seq` that the caller saw.

    What the agent found at its path, and what was learnt from its jobs, is nobody's edit.
    """
    found = known_definition(tx.conn, experiment, definition)
    if found["archived_at"] is not None:
        raise Conflict("this hash is archived", code="archived")
    if seq is not None and activity.noted_since(tx.conn, experiment, HASH, definition, seq):
        raise Conflict("somebody else has changed this hash meanwhile", field="seq", code="changed_meanwhile")
    wanted = _checked(tx.conn, experiment, values, definition)
    changed = {name: value for name, value in wanted.items() if value != found[name]}
    if not changed:
        return
    definitions.change(tx, found, wanted, by)
    said = "; ".join(f"{name} {shortened(found[name])} → {shortened(value)}" for name, value in changed.items())
    tx.note(experiment, by=by, action=HASH, text=f"changed hash {found['name']}: {said}", definition=definition)


def delete_definition(tx: Tx, experiment: str, definition: int, by: str) -> bool:
    """Remove an unused definition (True), or archive one that jobs have used (False)."""
    found = known_definition(tx.conn, experiment, definition)
    used = definitions.used(tx.conn, definition)
    if used and found["archived_at"] is not None:
        return False
    if used:
        definitions.archive(tx, found)
    else:
        definitions.remove(tx, found)
    text = f"{'archived' if used else 'deleted'} hash {found['name']}"
    tx.note(experiment, by=by, action=HASH, text=text, definition=definition)
    return not used


def known_definition(conn: Connection, experiment: str, definition: int) -> dict[str, Any]:
    """The definition's columns; raises NotFound."""
    known_experiment(conn, experiment)
    found = definitions.find(conn, experiment, definition)
    if found is None:
        raise NotFound(f"there is no hash with id {definition} in {experiment}", field="id")
    return found


def _checked(conn: Connection, experiment: str, values: dict[str, Any], own: int | None) -> dict[str, Any]:
    checked = dict(values)
    if "name" in checked:
        free_name(conn, experiment, checked["name"], own)
    if "executable" in checked:
        checked["executable"] = executable_path(checked["executable"])
    if "parameters" in checked:
        parameter_text(checked["parameters"])
    if "location" in checked and not checked["location"].replace("-", "").replace("_", "").isalnum():
        raise Invalid("expected letters, digits, '_' or '-'", field="location")
    return checked


def free_name(conn: Connection, experiment: str, name: str, own: int | None = None) -> None:
    """Raises Invalid, or Conflict when another definition has that name."""
    hash_name(name)
    same = definitions.find(conn, experiment, name)
    if same is not None and same["id"] != own:
        raise Conflict(f"there is a hash {name!r} already", field="name", code="name_taken")
