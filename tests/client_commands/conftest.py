"""One manager for the commands of a file."""

from collections.abc import Iterator

import pytest

from tests.pages.manager import Manager
from tests.ports import free_port


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    manager = Manager(tmp_path_factory.mktemp("manager"), free_port())
    manager.start()
    yield manager
    manager.stop()
