"""The demo of a shift: its past, its beam line, the colleague, and LSF away for a while."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsf_agent.embedded import install, order, stop
from realtime.demo import outages
from realtime.demo.colleague import Colleague
from realtime.demo.guard import end_all
from realtime.demo.outages import Outage, bring_about, take_back
from realtime.demo.past import Past, seed
from realtime.demo.shift import EXPERIMENT, FAILS_EVERY, HOME, LIVE_LIMIT, Shift, bring_shift, lay_out, names, usual
from realtime.protocol.api import DefinitionPage, ExperimentPage, JobPage, RunPage
from realtime.protocol.rows import DefinitionRow, ExperimentRow
from tests.bus.waiting import until_sync
from tests.demo.serving import Manager


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """A manager without an agent, over a short shift."""
    folder = tmp_path_factory.mktemp("shift")
    manager = Manager(folder)
    scripts = lay_out(folder / "scripts" / EXPERIMENT)
    seed(folder, Past(experiment=EXPERIMENT, runs=3, hashes=30, jobs_per_run=2, names=names(), scripts=scripts))
    manager.start()
    yield manager
    manager.kill()


def test_the_names_are_long_and_all_different() -> None:
    assert len(set(names())) == 30
    assert "calib_epix10k_gain_v3-beamtime_2026-11" in names()
    assert all(30 <= len(name) <= 64 for name in names())


@pytest.mark.timeout(180)
async def test_the_shift_so_far_is_made_once(tmp_path: Path) -> None:
    await bring_shift(tmp_path)
    manager = Manager(tmp_path)
    manager.start()
    try:
        with manager.api() as api:
            shift = api.get(HOME, ExperimentRow)
            assert (shift.last_run, shift.jobs_live) == (400, 0)
            newest = api.get(f"{HOME}/jobs", JobPage, limit=1).items[0]
            assert newest.number == 6000
            assert len(api.get(f"{HOME}/jobs", JobPage, status="EXIT", limit=500).items) > 100
            definitions = api.get(f"{HOME}/definitions", DefinitionPage, limit=500).items
            assert [one.name for one in definitions] == list(names())
            assert {Path(one.executable or "").parent for one in definitions} == {tmp_path / "scripts" / "shift"}
            assert all(os.access(one.executable or "", os.X_OK) for one in definitions)
    finally:
        manager.kill()
    await bring_shift(tmp_path)
    manager.start()
    try:
        with manager.api() as api:
            assert [one.name for one in api.get("/experiments", ExperimentPage).items] == [EXPERIMENT]
            assert api.get(f"{HOME}/jobs", JobPage, limit=1).items == [newest]
    finally:
        manager.kill()


def test_a_new_run_gets_several_hashes_as_long_as_there_is_room(manager: Manager) -> None:
    with manager.api() as api:
        beam = Shift(api, manager.settings)
        beam.set_up()
        beam.next_run()
        newest = api.get(HOME, ExperimentRow).last_run or 0
        made = api.get(f"{HOME}/jobs", JobPage, run=str(newest)).items
        assert len({job.definition.id for job in made}) == len(made) == (4 if newest % FAILS_EVERY == 0 else 3)
        assert all(Path(job.executable).parent.name == EXPERIMENT for job in made)
        for _ in range(10):
            beam.next_run()
        assert api.get(HOME, ExperimentRow).jobs_live == LIVE_LIMIT


def test_all_hashes_have_their_turn(manager: Manager) -> None:
    with manager.api() as api:
        definitions = api.get(f"{HOME}/definitions", DefinitionPage, limit=500).items
    used = {one.name for run in range(1, 60) for one in usual(definitions, run)}
    assert used == set(names())
    assert [len(usual(definitions, run)) for run in (1, 2, 3, FAILS_EVERY)] == [3, 3, 3, 4]
    assert usual([], 1) == []


def test_the_colleague_does_again_what_was_just_done(manager: Manager) -> None:
    with manager.api() as api:
        Shift(api, manager.settings).next_run()
        before = api.get(f"{HOME}/jobs", JobPage).items
        colleague = Colleague(api, manager.settings)
        colleague.set_up()
        assert colleague.apply_the_same()
        newest, *rest = api.get(f"{HOME}/jobs", JobPage).items
        assert [job.id for job in rest] == [job.id for job in before]
        assert (newest.definition, newest.run) == (before[0].definition, before[0].run)
        colleague.apply_the_same()
        assert len(api.get(f"{HOME}/jobs", JobPage).items) == len(before) + 1, "each is followed by one only"


def test_the_colleague_comments_tags_and_changes_a_hash(manager: Manager) -> None:
    with manager.api() as api:
        colleague = Colleague(api, manager.settings)
        assert colleague.comment() and colleague.tag()
        runs = api.get(f"{HOME}/runs", RunPage).items
        assert any(run.comment for run in runs) and any({"dark", "bad beam"} & set(run.tags) for run in runs)
        newest = api.get(f"{HOME}/jobs", JobPage, limit=1).items[0]
        assert colleague.change_parameters()
        changed = api.get(f"{HOME}/definitions/{newest.definition.id}", DefinitionRow)
        assert changed.version == 2 and changed.parameters.startswith("--stride ")
        assert colleague.kill_one() is None, "nothing runs"


def test_an_outage_begins_and_ends_and_takes_nothing_else_back(tmp_path: Path) -> None:
    directory = tmp_path / "lsf"
    bjobs = install(directory, 1) / "bjobs"
    faults = directory / outages.FILE
    try:
        coming = threading.Thread(target=bring_about, args=(directory, [Outage(after=0.2, length=1.5)]))
        coming.start()
        until_sync(faults.exists)
        asked = subprocess.Popen([bjobs, "-a"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        coming.join()
        assert not faults.exists()
        assert asked.poll() is None, "who asked while it was away waits"
        asked.kill()
        asked.communicate()
        answered = subprocess.run([bjobs, "-a"], capture_output=True, timeout=20)
        assert answered.stderr == b"No job found\n"
    finally:
        stop(directory)
    order(directory, delay=3.0)
    take_back(directory)
    assert json.loads(faults.read_text()) == {"delay": 3.0}, "somebody else's"
    faults.write_text(json.dumps(outages.FAULTS))
    assert end_all(tmp_path) == 0
    assert not faults.exists(), "a demo that is killed leaves no outage behind"
