"""The simulated beam line over the real application."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from realtime.cli.api import Api, Refused, Unreachable
from realtime.demo.beamline import HOME, LIVE_LIMIT, PAST_RUNS, Beamline
from realtime.protocol.api import DefinitionPage, JobPage, RunPage
from realtime.protocol.rows import ExperimentRow
from tests.demo.serving import Manager


@pytest.fixture
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """A manager in a process of its own, without an agent."""
    manager = Manager(tmp_path_factory.mktemp("manager"))
    manager.start()
    yield manager
    manager.kill()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """A manager for the tests that only add to what is there."""
    manager = Manager(tmp_path_factory.mktemp("lasting"))
    manager.start()
    yield manager
    manager.kill()


def test_it_makes_what_is_missing_and_nothing_twice(lasting: Manager) -> None:
    with lasting.api() as api:
        beamline = Beamline(api, lasting.settings)
        beamline.set_up()
        runs = api.get(f"{HOME}/runs", RunPage).items
        past = runs[-PAST_RUNS:]
        assert [run.number for run in past] == list(range(PAST_RUNS, 0, -1))
        assert all(run.ended_at is not None and run.params["Events"] > 0 for run in past)
        jobs = api.get(f"{HOME}/jobs", JobPage).items
        assert {job.definition.name for job in jobs} == {"example", "fails", "hungry", "progress"}
        Beamline(api, lasting.settings).set_up()
        assert len(api.get(f"{HOME}/runs", RunPage).items) == len(runs)
        assert len(api.get(f"{HOME}/definitions", DefinitionPage).items) == 4
        assert len(api.get(f"{HOME}/jobs", JobPage).items) == len(jobs)


def test_a_new_run_ends_the_one_before(lasting: Manager) -> None:
    with lasting.api() as api:
        beamline = Beamline(api, lasting.settings)
        beamline.set_up()
        for _ in range(2):
            beamline.next_run()
        newest, before, *_ = api.get(f"{HOME}/runs", RunPage).items
        assert newest.number == before.number + 1
        assert newest.ended_at is None
        assert before.ended_at is not None
        assert {"Sample", "Events", "Energy keV"} <= newest.params.keys()


def test_it_never_has_more_than_a_few_jobs_live(lasting: Manager) -> None:
    with lasting.api() as api:
        beamline = Beamline(api, lasting.settings)
        beamline.set_up()
        for _ in range(12):
            beamline.next_run()
        assert api.get(HOME, ExperimentRow).jobs_live == LIVE_LIMIT


def test_a_hash_that_somebody_removed_stays_removed(manager: Manager) -> None:
    with manager.api() as api:
        Beamline(api, manager.settings).set_up()
        for definition in api.get(f"{HOME}/definitions", DefinitionPage).items:
            manager.delete(f"{HOME}/definitions/{definition.id}")
        beamline = Beamline(api, manager.settings)
        beamline.set_up()
        for _ in range(3):
            beamline.next_run()
        assert all(found.archived_at for found in api.get(f"{HOME}/definitions", DefinitionPage).items)


def test_it_waits_for_a_manager_that_is_away_and_goes_on(manager: Manager) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "realtime.demo.beamline"],
        env=manager.environ | {"BATCHBOARD_DEMO_RUN_INTERVAL": "0.3"},
        stderr=subprocess.PIPE,
        text=True,
    ) as beamline:
        try:
            assert beamline.stderr is not None
            until_line(beamline.stderr, f"run {PAST_RUNS + 1} ")
            manager.kill()
            until_line(beamline.stderr, "waiting for the manager")
            manager.start()
            until_line(beamline.stderr, " run ")
        finally:
            beamline.kill()


def until_line(stream: Any, part: str) -> None:
    """Read up to a line with `part`; the test's own time limit is the deadline."""
    while part not in (line := stream.readline()):
        assert line, "it has ended"


def test_the_api_client_tells_a_refusal_from_a_manager_that_is_away(manager: Manager) -> None:
    with manager.api() as api, pytest.raises(Refused) as refused:
        api.get("/experiments/nosuch", ExperimentRow)
    assert refused.value.status == 404
    with Api(manager.settings.manager_url, "wrong") as api, pytest.raises(Refused) as refused:
        api.get("/experiments/nosuch", ExperimentRow)
    assert refused.value.status == 401
    manager.kill()
    with manager.api() as api, pytest.raises(Unreachable, match="no manager at"):
        api.get("/experiments/nosuch", ExperimentRow)
