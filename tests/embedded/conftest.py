import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.farm import Farm


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    """A scheduler of its own in a directory with a blank; nothing of it is left after the test."""
    made = Farm(tmp_path / "the farm")
    try:
        yield made
    finally:
        made.stop()
        assert made.processes() == []


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
