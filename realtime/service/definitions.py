"""Definitions: hashes are entered, edited, archived."""

from typing import Any

from realtime.domain.definition import executable_path, hash_name, parameter_text
from realtime.domain.errors import Conflict, Invalid, NotFound
from realtime.service.rules import known_experiment
from realtime.store import definitions
from realtime.store.tx import Tx


def create_definition(tx: Tx, experiment: str, values: dict[str, Any], by: str) -> int:
    """A new definition (`name`, `executable`, `parameters`, `location`); its id."""
    known_experiment(tx.conn, experiment)
    wanted = _checked(tx, experiment, values, None)
    return definitions.create(tx, experiment, wanted, by)


def change_definition(
    tx: Tx, experiment: str, definition: int, values: dict[str, Any], seq: int | None, by: str
) -> None:
    """Set fields; Conflict when the definition has changed since the `seq` that the caller saw."""
    found = known_definition(tx, experiment, definition)
    if found["archived_at"] is not None:
        raise Conflict("this hash is archived", code="archived")
    if seq is not None and found["seq"] > seq:
        raise Conflict("somebody else has changed this hash meanwhile", field="seq", code="changed_meanwhile")
    definitions.change(tx, found, _checked(tx, experiment, values, definition), by)


def delete_definition(tx: Tx, experiment: str, definition: int) -> bool:
    """Remove an unused definition (True), or archive one that jobs have used (False)."""
    found = known_definition(tx, experiment, definition)
    if definitions.used(tx.conn, definition):
        definitions.archive(tx, found)
        return False
    definitions.remove(tx, found)
    return True


def known_definition(tx: Tx, experiment: str, definition: int) -> dict[str, Any]:
    """The definition's columns; raises NotFound."""
    known_experiment(tx.conn, experiment)
    found = definitions.find(tx.conn, experiment, definition)
    if found is None:
        raise NotFound(f"there is no hash with id {definition} in {experiment}", field="id")
    return found


def _checked(tx: Tx, experiment: str, values: dict[str, Any], own: int | None) -> dict[str, Any]:
    checked = dict(values)
    if "name" in checked:
        hash_name(checked["name"])
        same = definitions.find(tx.conn, experiment, checked["name"])
        if same is not None and same["id"] != own:
            raise Conflict(f"there is a hash {checked['name']!r} already", field="name", code="name_taken")
    if "executable" in checked:
        checked["executable"] = executable_path(checked["executable"])
    if "parameters" in checked:
        parameter_text(checked["parameters"])
    if "location" in checked and not checked["location"].replace("-", "").replace("_", "").isalnum():
        raise Invalid("expected letters, digits, '_' or '-'", field="location")
    return checked
