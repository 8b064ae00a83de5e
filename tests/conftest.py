"""What tests in several rooms share: settings over a temporary folder, the house behind the edge, a client of it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from quart.testing import QuartClient

from realtime.app import open_house
from realtime.bus.in_process import InProcessBus
from realtime.settings import Settings, read
from realtime.store.migrate import migrate
from realtime.web.context import House
from realtime.web.edge import application
from tests.client import Client, bearer

TOKEN = "login-token-of-the-tests"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The suite of tests/scheduler can be run against a real LSF, too."""
    group = parser.getgroup("lsf", "a real LSF")
    group.addoption("--lsf", action="store_true", help="run the scheduler suite with the LSF commands on PATH, too")
    group.addoption("--lsf-queue", metavar="NAME", help="queue for its jobs; default: LSF's own")
    group.addoption(
        "--lsf-folder", metavar="DIRECTORY", help="folder that the farm's hosts see; default: a temporary one"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that take long begin first, so that the others run beside them and not before."""
    items.sort(key=lambda item: -max((mark.args[0] for mark in item.iter_markers("timeout")), default=0))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation of its own."""
    return read(
        {
            "BATCHBOARD_DATA_DIR": str(tmp_path / "var"),
            "BATCHBOARD_TOKEN": TOKEN,
            "BATCHBOARD_AGENT_TOKEN": "agent-token-of-the-tests",
            "BATCHBOARD_PUBLIC_URL": "http://localhost",
        }
    )


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the newest schema, made once: migrating is slow."""
    path = tmp_path_factory.mktemp("schema") / "empty.db"
    migrate(path)
    return path


@pytest.fixture
async def house(settings: Settings, empty_database: Path) -> AsyncIterator[House]:
    """The rooms behind the edge, over the in-process bus."""
    settings.data_dir.mkdir(exist_ok=True)
    shutil.copyfile(empty_database, settings.data_dir / "batchboard.db")
    bus = InProcessBus()
    await bus.start()
    async with open_house(settings, bus, "in-process") as opened:
        yield opened
    await bus.close()


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    """A logged-in program that speaks to the application."""
    app = application(house)
    async with app.test_app():
        yield Client(QuartClient(app), bearer(TOKEN), house)
