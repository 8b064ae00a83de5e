"""The client needs `websockets` and `msgspec`, and nothing else that was installed."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client_library.served import served
from tests.pages.manager import TOKEN, Manager

PROGRAM = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from realtime.client import subscribe

async def main():
    async for change in subscribe(sys.argv[2], "xpp1", token=sys.argv[3]):
        print(len(change.put), change.position)
        break

asyncio.run(main())
assert not {"quart", "httpx", "click", "rich", "sqlalchemy", "uvloop"} & sys.modules.keys()
"""


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    manager = served(tmp_path_factory.mktemp("served"))
    yield manager
    manager.stop()


def test_two_packages_are_enough_and_leaving_is_quiet(manager: Manager, tmp_path: Path) -> None:
    for name in ("realtime", "websockets", "msgspec"):
        found = importlib.util.find_spec(name)
        assert found is not None and found.submodule_search_locations
        (tmp_path / name).symlink_to(found.submodule_search_locations[0])
    python = [sys.executable, "-I", "-S", "-W", "error", "-X", "dev", "-c", PROGRAM]
    ran = subprocess.run(
        [*python, tmp_path, manager.url, TOKEN], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.split()[0] == "6"
