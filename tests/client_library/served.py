"""A real server to subscribe to, and what its store says."""

import os
import signal
from pathlib import Path
from typing import Any

from tests.pages.manager import Manager
from tests.ports import free_port

KINDS = {"runs": "run", "definitions": "definition", "jobs": "job"}


def served(folder: Path) -> Manager:
    """A running manager with the experiment `xpp1`: two runs, and a hash that was applied to them."""
    manager = Manager(folder, free_port())
    manager.start()
    furnish(manager)
    return manager


def furnish(manager: Manager) -> None:
    """The experiment `xpp1`."""
    manager.call("POST", "/experiments", {"name": "xpp1"})
    manager.call("POST", "/experiments/xpp1/definitions", {"name": "one", "executable": "/nowhere/one.sh"})
    for _ in range(2):
        manager.call("POST", "/experiments/xpp1/runs", {})
    manager.call("POST", "/experiments/xpp1/jobs", {"definition": "one", "runs": "all"})


def kill(manager: Manager) -> None:
    """As with a power cut."""
    assert manager.process is not None
    os.kill(manager.process.pid, signal.SIGKILL)
    manager.process.wait()
    if manager.process.stdout is not None:
        manager.process.stdout.close()
    manager.process = None


def rows_of_store(manager: Manager, experiment: str = "xpp1") -> dict[str, Any]:
    """Runs, definitions and jobs by key, as the API gives them."""
    rows: dict[str, Any] = {}
    for name in KINDS:
        page = manager.call("GET", f"/experiments/{experiment}/{name}?limit=500")
        assert page["next"] is None
        rows |= {row["key"]: row for row in page["items"]}
    return rows
