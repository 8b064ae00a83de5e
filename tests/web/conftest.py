"""Requests for work that find nothing are held open for a moment only."""

import pytest


@pytest.fixture(autouse=True)
def short_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long enough for a question that is being asked to arrive."""
    monkeypatch.setattr("realtime.web.agents.HOLD", 0.5)
