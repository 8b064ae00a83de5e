"""Experiments and their runs."""

from datetime import datetime
from typing import Any

from realtime.domain.errors import Conflict, Invalid, NotFound
from realtime.domain.names import experiment_name, run_number, run_params, short_text
from realtime.service.rules import known_experiment
from realtime.store import experiments
from realtime.store.tx import Tx

DESCRIPTION_LIMIT = 2000


def create_experiment(tx: Tx, name: str, instrument: str, description: str) -> None:
    """A new experiment; Conflict when the name is taken."""
    experiment_name(name)
    values = _texts({"instrument": instrument, "description": description})
    if experiments.exists(tx.conn, name):
        raise Conflict(f"there is an experiment {name} already", field="name", code="name_taken")
    experiments.create(tx, name, **values)


def change_experiment(tx: Tx, name: str, values: dict[str, str]) -> None:
    """Set instrument or description."""
    experiments.change(tx, known_experiment(tx.conn, name), _texts(values))


def _texts(values: dict[str, str]) -> dict[str, str]:
    if "instrument" in values:
        short_text(values["instrument"], "instrument", 64)
    if len(values.get("description", "")) > DESCRIPTION_LIMIT:
        raise Invalid(f"expected at most {DESCRIPTION_LIMIT} characters", field="description")
    return values


def start_run(tx: Tx, experiment: str, number: int | None, started_at: datetime | None, params: dict[str, Any]) -> int:
    """A new run, with the next number unless one is given; Conflict when it is taken."""
    known_experiment(tx.conn, experiment)
    if number is None:
        number = experiments.last_run(tx.conn, experiment) + 1
    run_number(number)
    run_params(params)
    if experiments.params_of(tx.conn, experiment, number) is not None:
        raise Conflict(f"there is a run {number} already", field="number", code="number_taken")
    experiments.start_run(tx, experiment, number, started_at or tx.now, params)
    return number


def change_run(tx: Tx, experiment: str, number: int, values: dict[str, Any]) -> None:
    """Set the end of a run, or some of its parameters (None removes one)."""
    known_experiment(tx.conn, experiment)
    params = experiments.params_of(tx.conn, experiment, number)
    if params is None:
        raise NotFound(f"there is no run {number}", field="run")
    if "params" in values:
        merged = {name: value for name, value in {**params, **values["params"]}.items() if value is not None}
        values = {**values, "params": run_params(merged)}
    experiments.change_run(tx, experiment, number, values)
