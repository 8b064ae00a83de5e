"""The batch systems that the suite runs against: the embedded one in each dialect, and a real LSF with --lsf."""

import getpass
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from lsf_agent.embedded.dialect import Dialect
from lsf_agent.lsf.adapter import Lsf
from lsf_agent.lsf.commands import Commands
from tests.embedded.farm import Farm
from tests.scheduler.site import Site

REAL = "lsf"
WITHIN = 20.0
REAL_WITHIN = 600.0
"""Seconds that a job may wait and run on a real farm that is busy."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that order bad days have no real LSF among their sites; a test may also name its sites itself."""
    named = any(mark.args[0] == "kind" for mark in metafunc.definition.iter_markers("parametrize"))
    if "kind" in metafunc.fixturenames and not named:
        kinds = [pytest.param(dialect.value) for dialect in Dialect]
        if metafunc.config.getoption("--lsf") and "farm" not in metafunc.fixturenames:
            kinds.append(pytest.param(REAL, marks=pytest.mark.timeout(3 * REAL_WITHIN)))
        metafunc.parametrize("kind", kinds, scope="session")


@pytest.fixture(scope="session")
def ground(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm | None]:
    """The embedded scheduler that speaks a dialect, one for all tests; None where LSF itself answers."""
    if kind == REAL:
        missing = [name for name in ("bsub", "bjobs", "bkill", "bpeek", "bhist") if shutil.which(name) is None]
        if missing:
            pytest.fail(f"--lsf: not on PATH: {', '.join(missing)}")
        yield None
        return
    farm = Farm(tmp_path_factory.mktemp(kind) / "farm", slots=16, pend=0.3, patience=0.1, minute=0.1)
    farm.faults(dialect=kind)
    try:
        yield farm
    finally:
        farm.stop()
        assert farm.processes() == []


@pytest.fixture
async def site(kind: str, ground: Farm | None, tmp_path: Path, pytestconfig: pytest.Config) -> AsyncIterator[Site]:
    """A batch system; jobs that a test leaves behind are ended."""
    environment = dict(os.environ) if ground is None else ground.environment()
    made = Site(
        kind=kind,
        lsf=Lsf(Commands(environment)),
        user=getpass.getuser(),
        environment=environment,
        folder=tmp_path if ground is not None else Path(pytestconfig.getoption("--lsf-folder") or tmp_path),
        queue=None if ground is not None else pytestconfig.getoption("--lsf-queue"),
        within=WITHIN if ground is not None else REAL_WITHIN,
        every=0.1 if ground is not None else 5.0,
    )
    yield made
    await made.close()


@pytest.fixture
def farm(kind: str, ground: Farm | None) -> Iterator[Farm]:
    """The embedded scheduler, for tests that order bad days; the dialect is to be ordered with them."""
    assert ground is not None
    yield ground
    ground.faults(dialect=kind)
