"""Experiments and their runs."""

from datetime import datetime
from typing import Any

from realtime.domain.errors import Conflict, Invalid, NotFound
from realtime.domain.names import experiment_name, run_comment, run_number, run_params, run_tags, short_text
from realtime.service.deeds import shortened
from realtime.service.rules import known_experiment
from realtime.store import experiments
from realtime.store.tx import Tx

DESCRIPTION_LIMIT = 2000


def create_experiment(tx: Tx, name: str, instrument: str, description: str, by: str) -> None:
    """A new experiment; Conflict when the name is taken."""
    experiment_name(name)
    values = _texts({"instrument": instrument, "description": description})
    if experiments.exists(tx.conn, name):
        raise Conflict(f"there is an experiment {name} already", field="name", code="name_taken")
    experiments.create(tx, name, **values)
    tx.note(name, by=by, action="experiment", text=f"made the experiment {name}")


def change_experiment(tx: Tx, name: str, values: dict[str, str], by: str) -> None:
    """Set instrument or description."""
    known = experiments.find(tx.conn, known_experiment(tx.conn, name))
    changed = {field: text for field, text in _texts(values).items() if text != known[field]}
    experiments.change(tx, name, changed)
    if changed:
        said = ", ".join(f"{field}: {shortened(known[field])} → {shortened(text)}" for field, text in changed.items())
        tx.note(name, by=by, action="experiment", text=f"changed the experiment: {said}")


def _texts(values: dict[str, str]) -> dict[str, str]:
    if "instrument" in values:
        short_text(values["instrument"], "instrument", 64)
    if len(values.get("description", "")) > DESCRIPTION_LIMIT:
        raise Invalid(f"expected at most {DESCRIPTION_LIMIT} characters", field="description")
    return values


def start_run(
    tx: Tx, experiment: str, number: int | None, started_at: datetime | None, params: dict[str, Any], by: str
) -> int:
    """A new run, with the next number unless one is given; Conflict when it is taken."""
    known_experiment(tx.conn, experiment)
    if number is None:
        number = experiments.last_run(tx.conn, experiment) + 1
    run_number(number)
    run_params(params)
    if experiments.find_run(tx.conn, experiment, number) is not None:
        raise Conflict(f"there is a run {number} already", field="number", code="number_taken")
    experiments.start_run(tx, experiment, number, started_at or tx.now, params)
    tx.note(experiment, by=by, action="run", text=f"started run {number}", run=number)
    return number


def change_run(tx: Tx, experiment: str, number: int, values: dict[str, Any], by: str) -> None:
    """Set the end of a run, its comment, its tags (all of them), or some of its parameters (None removes one)."""
    known_experiment(tx.conn, experiment)
    known = experiments.find_run(tx.conn, experiment, number)
    if known is None:
        raise NotFound(f"there is no run {number}", field="run")
    wanted = dict(values)
    if "params" in wanted:
        merged = {name: value for name, value in {**known["params"], **wanted["params"]}.items() if value is not None}
        wanted["params"] = run_params(merged)
    if "comment" in wanted:
        wanted["comment"] = run_comment(wanted["comment"])
    if "tags" in wanted:
        wanted["tags"] = run_tags(wanted["tags"])
    changed = {name: value for name, value in wanted.items() if value != known[name]}
    experiments.change_run(tx, experiment, number, changed)
    for action, text in _told(number, known, changed):
        tx.note(experiment, by=by, action=action, text=text, run=number)


def _told(number: int, known: dict[str, Any], changed: dict[str, Any]) -> list[tuple[str, str]]:
    """(action, text) of what is to be noted; parameters are a beam line's business and would drown the rest."""
    told = []
    if "ended_at" in changed and (changed["ended_at"] is None) != (known["ended_at"] is None):
        told.append(("run", f"{'reopened' if changed['ended_at'] is None else 'ended'} run {number}"))
    if "comment" in changed:
        said = f"commented run {number}: {shortened(changed['comment'])}"
        told.append(("comment", said if changed["comment"] else f"removed the comment of run {number}"))
    if "tags" in changed:
        new = [tag for tag in changed["tags"] if tag not in known["tags"]]
        gone = [tag for tag in known["tags"] if tag not in changed["tags"]]
        if new:
            told.append(("tags", f"tagged run {number}: {', '.join(new)}"))
        if gone:
            told.append(("tags", f"took tags from run {number}: {', '.join(gone)}"))
    return told
