"""One manager for the commands of a file."""

import signal
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


@pytest.fixture(autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """A shell starts what runs in its background deaf to Ctrl-C, and tests hand that on to the commands they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
