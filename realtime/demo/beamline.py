"""`python -m realtime.demo.beamline`: a beam line that takes a run now and then, by the public API alone.

It finds what is there already and goes on, so it may be ended and started at any moment; while the manager is away it
waits.
"""

import logging
import secrets
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from realtime.cli.api import Api, Refused
from realtime.demo.going_on import go_on
from realtime.protocol.api import (
    Applied,
    Apply,
    DefinitionPage,
    NewDefinition,
    NewExperiment,
    NewRun,
    RunChange,
    RunPage,
)
from realtime.protocol.rows import DefinitionRow, ExperimentRow, RunRow
from realtime.settings import Settings

log = logging.getLogger("beamline")

EXPERIMENT = "demo"
HOME = f"/experiments/{EXPERIMENT}"
PAST_RUNS = 8
PAST_RUN_EVERY = timedelta(minutes=7)
LIVE_LIMIT = 4
"""As long as so many jobs are live, none is added."""
SAMPLES = ("LaB6", "AgBeh", "Lysozyme", "Fe3O4", "Si powder", "Water jet", "PSII")
SCRIPTS = (
    ("example", "submit.sh", "calib 3"),
    ("fails", "fails.sh", ""),
    ("progress", "progress.sh", "fast"),
    ("hungry", "hungry.sh", "-M 80M"),
)
"""hash, script, parameters"""


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """A job that is there when somebody looks for the first time."""

    definition: str
    run: int


FIRST_LOOK = (
    FirstLook(definition="hungry", run=PAST_RUNS - 3),
    FirstLook(definition="fails", run=PAST_RUNS - 2),
    FirstLook(definition="example", run=PAST_RUNS - 1),
    FirstLook(definition="progress", run=PAST_RUNS),
)


def main() -> int:
    """2: the settings are wrong; otherwise it does not return."""
    return go_on(log, Beamline)


class Beamline:
    """What the simulated beam line does, over an API whose errors end it."""

    def __init__(self, api: Api, settings: Settings, experiment: str = EXPERIMENT) -> None:
        self._api = api
        self._name = experiment
        self._home = f"/experiments/{experiment}"
        self._interval = timedelta(seconds=settings.demo_run_interval)
        self._scripts = settings.data_dir / "scripts"

    def set_up(self) -> None:
        """Make what is missing of the experiment, its hashes, past runs and first jobs."""
        self._experiment()
        self._definitions(self._scripts)
        if not self._runs():
            self._past_runs()
            for job in FIRST_LOOK:
                self._apply(job.definition, job.run)

    def work(self) -> None:
        """One run after the other; ends only by an error."""
        newest = next(iter(self._runs()), None)
        if newest and newest.ended_at is None:
            rest = newest.started_at + self._interval - datetime.now(UTC)
            time.sleep(max(0.0, min(rest, self._interval).total_seconds()))
        while True:
            self.next_run()
            time.sleep(self._interval.total_seconds())

    def next_run(self) -> None:
        """End the run that is being taken, start the next one, and apply a hash to some."""
        for run in self._runs():
            if run.ended_at is None:
                self._end(run, datetime.now(UTC))
        started = self._api.post(f"{self._home}/runs", NewRun(params=_params()), RunRow)
        log.info("run %d (%s)", started.number, started.params["Sample"])
        self.follow(started.number)

    def follow(self, run: int) -> None:
        """Apply to a new run what is usual."""
        if (definition := _hash_for(run)) and self._experiment().jobs_live < LIVE_LIMIT:
            self._apply(definition, run)

    def _experiment(self) -> ExperimentRow:
        try:
            return self._api.get(self._home, ExperimentRow)
        except Refused as error:
            if error.status != 404:
                raise
        body = NewExperiment(name=self._name, instrument="SIM", description="A simulated beam time")
        return self._api.post("/experiments", body, ExperimentRow)

    def _definitions(self, scripts: Path) -> None:
        known = {
            definition.name
            for definition in self._api.get(f"{self._home}/definitions", DefinitionPage, limit=500).items
        }
        for name, script, parameters in SCRIPTS:
            if name not in known:
                body = NewDefinition(name=name, executable=str(scripts / script), parameters=parameters)
                self._api.post(f"{self._home}/definitions", body, DefinitionRow)

    def _runs(self) -> list[RunRow]:
        return self._api.get(f"{self._home}/runs", RunPage, limit=100).items

    def _past_runs(self) -> None:
        first = datetime.now(UTC) - PAST_RUNS * PAST_RUN_EVERY
        for number in range(1, PAST_RUNS + 1):
            began = first + (number - 1) * PAST_RUN_EVERY
            run = self._api.post(
                f"{self._home}/runs", NewRun(number=number, started_at=began, params=_params()), RunRow
            )
            self._end(run, began + timedelta(seconds=200 + secrets.randbelow(200)))

    def _end(self, run: RunRow, at: datetime) -> None:
        params = {**run.params, "Events": 120 * max(1, round((at - run.started_at).total_seconds()))}
        self._api.patch(f"{self._home}/runs/{run.number}", RunChange(ended_at=at, params=params), RunRow)

    def _apply(self, definition: str, run: int) -> None:
        """Apply, unless somebody has renamed or removed the hash meanwhile."""
        try:
            body = Apply(definition=definition, runs=run)
            self._api.post(f"{self._home}/jobs", body, Applied, key=f"beamline-{definition}-{run}")
        except Refused as error:
            log.info("%s is not applied to run %d: %s", definition, run, error)


def _hash_for(number: int) -> str | None:
    """Which hash is applied to a new run, if any."""
    if number % 2 == 0:
        return "progress"
    return {3: "example", 5: "fails"}.get(number % 6)


def _params() -> dict[str, object]:
    """What the run table says of a run, plausible and random."""
    return {
        "Sample": secrets.choice(SAMPLES),
        "Events": 0,
        "Energy keV": 7 + secrets.randbelow(5000) / 1000,
        "Transmission": secrets.choice((0.01, 0.1, 0.5, 1.0)),
        "Detector mm": 80 + secrets.randbelow(40),
    }


if __name__ == "__main__":
    sys.exit(main())
