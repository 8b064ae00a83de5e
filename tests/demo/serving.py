"""A manager as a real process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from realtime.cli.api import Api
from realtime.settings import read
from tests.bus.waiting import until_sync
from tests.ports import free_port

TOKEN = "token-of-the-tests"


class Manager:
    """`batchboard serve` over a folder."""

    def __init__(self, folder: Path) -> None:
        self.environ = clean_environ() | {
            "BATCHBOARD_DATA_DIR": str(folder),
            "BATCHBOARD_PORT": str(free_port()),
            "BATCHBOARD_TOKEN": TOKEN,
        }
        self.settings = read(self.environ)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it; it answers when this returns."""
        self._process = subprocess.Popen([sys.executable, "-m", "realtime", "serve"], env=self.environ)
        until_sync(self.answers, 30)

    def answers(self) -> bool:
        """Whether it does now."""
        try:
            return httpx.get(f"{self.settings.manager_url}/healthz", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """As with a power cut; safe to repeat."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def api(self) -> Api:
        """A logged-in client."""
        return Api(self.settings.manager_url, TOKEN)

    def delete(self, path: str) -> None:
        """DELETE below the API."""
        url = f"{self.settings.manager_url}/api/v1{path}"
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        assert httpx.delete(url, headers=headers, trust_env=False).is_success


def clean_environ() -> dict[str, str]:
    """The environment without settings of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BATCHBOARD_")}
