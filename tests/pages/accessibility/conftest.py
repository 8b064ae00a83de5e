"""axe-core, and one experiment in every state for all that it looks at."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from realtime.demo.past import Past
from tests.pages.accessibility.every_state import every_state
from tests.pages.agent import Agent
from tests.pages.axe import Axe, NotInstalled, install
from tests.pages.manager import Manager
from tests.ports import free_port

PAST = Past(experiment="past", runs=12, hashes=4, jobs_per_run=4, live=6, until=datetime.now(UTC) - timedelta(hours=3))


@pytest.fixture(scope="package")
def axe_script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core, from npm."""
    try:
        return install(tmp_path_factory.mktemp("axe"))
    except NotInstalled as error:
        pytest.skip(str(error))


@pytest.fixture
def axe(page: Page, axe_script: str) -> Iterator[Axe]:
    """What it finds fails the test at its end."""
    axe = Axe(page, axe_script)
    page.emulate_media(reduced_motion="reduce")
    yield axe
    assert not axe.wrong, "\n".join(axe.wrong)


@pytest.fixture(scope="package")
def manager(seeded: Callable[[Past], Path]) -> Iterator[Manager]:
    """One with the experiment `past`, whose running jobs have been quiet for hours."""
    folder = seeded(PAST)
    with closing(sqlite3.connect(folder / "batchboard.db")) as store:
        store.execute("UPDATE definition SET quiet_after = 60")
        store.commit()
    manager = Manager(folder, free_port())
    manager.start()
    yield manager
    manager.stop()


@pytest.fixture(scope="package")
def agent(manager: Manager) -> Iterator[Agent]:
    """The agent of the location `default`."""
    agent = Agent(manager.url)
    agent.start()
    yield agent
    agent.close()


@pytest.fixture(scope="package")
def shown(manager: Manager, agent: Agent) -> str:
    """The name of that experiment."""
    return every_state(manager, agent)
