"""Servers for the tests here."""

from collections.abc import Iterator

import pytest

from tests.fleet.serving import Served


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two servers, which end with the module."""
    served = Served(tmp_path_factory.mktemp("served"))
    yield served
    served.kill()


@pytest.fixture
def served(installation: Served) -> Served:
    """They run, whatever the test before did to them."""
    if not installation.runs():
        installation.start()
    return installation
