"""Commands as a shell runs them, in front of a real manager."""

import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from realtime.__main__ import main
from realtime.domain.address import report_url
from tests.pages.manager import TOKEN, Manager


def environ(manager: Manager, **more: str) -> dict[str, str]:
    """Configured for `manager`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BATCH")}
    own = {"BATCHBOARD_MANAGER_URL": manager.url, "BATCHBOARD_TOKEN": TOKEN, "BATCHBOARD_DATA_DIR": str(manager.folder)}
    return inherited | own | more


def command(*arguments: str) -> list[str]:
    """`batchboard ...`."""
    return [sys.executable, "-m", "realtime", *arguments]


def batchboard(manager: Manager, *arguments: str, **more: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    ran = CliRunner(env=environ(manager, **more)).invoke(main, list(arguments))
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.stdout, ran.stderr


def new_experiment(manager: Manager, name: str, runs: int = 2) -> str:
    """An experiment with runs and the hash `one`."""
    manager.call("POST", "/experiments", {"name": name})
    manager.call("POST", f"/experiments/{name}/definitions", {"name": "one", "executable": "/nowhere/one.sh"})
    for _ in range(runs):
        manager.call("POST", f"/experiments/{name}/runs", {})
    return name


def new_job(manager: Manager, experiment: str, run: int = 1) -> dict[str, Any]:
    """The row of a new job."""
    row: dict[str, Any] = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": run})[
        "jobs"
    ][0]
    return row


def report_address(manager: Manager, job: dict[str, Any]) -> str:
    """The address that the job's script would be given."""
    with sqlite3.connect(Path(manager.folder) / "batchboard.db") as store:
        (secret,) = store.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()
    store.close()
    return report_url(manager.url, secret, job["experiment"], job["id"])
