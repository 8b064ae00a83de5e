"""What tests in several rooms share: settings over a temporary folder, the house behind the edge, a client of it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
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

with suppress(ImportError):  # its tests are skipped without it
    import hypothesis

    # An example may take as long as it likes: how long says how busy the machine is.
    hypothesis.settings.register_profile("steady", deadline=None)
    hypothesis.settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The suite of tests/scheduler can be run against a real LSF, too."""
    group = parser.getgroup("lsf", "a real LSF")
    group.addoption("--lsf", action="store_true", help="run the scheduler suite with the LSF commands on PATH, too")
    group.addoption("--lsf-queue", metavar="NAME", help="queue for its jobs; default: LSF's own")
    group.addoption(
        "--lsf-folder", metavar="DIRECTORY", help="folder that the farm's hosts see; default: a temporary one"
    )


LONGEST = (
    "tests/end_to_end/test_exactly_once.py",
    "tests/end_to_end/test_hard_world.py",
    "tests/end_to_end/test_two_users.py",
    "tests/pages/test_many.py",
    "tests/pages/test_lsf.py",
    "tests/pages/test_reader.py",
    "tests/end_to_end/test_crashes.py",
    "tests/pages/test_frame.py",
    "tests/agent/test_faults.py",
    "tests/demo/test_shift_runs.py",
    "tests/pages/test_hash_choice.py",
    "tests/agent/test_doubt_flow.py",
    "tests/client_commands/test_watch.py",
    "tests/end_to_end/test_hard_looks.py",
    "tests/pages/test_table.py",
    "tests/end_to_end/test_check.py",
    "tests/end_to_end/test_main_job.py",
)
"""Files that take long, by what they took where several ran at once; what a file is allowed orders the others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long begin first, so that the others run beside them and not before. A worker gets whole files
    in this order, so that what is started for a file is started once."""
    allowed: dict[Path, float] = {}
    for item in items:
        marks = (mark.args[0] for mark in item.iter_markers("timeout"))
        allowed[item.path] = max(allowed.get(item.path, 0), *marks, 0)
    places = {Path(__file__).parents[1] / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (places.get(item.path, len(places)), -allowed[item.path]))


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
