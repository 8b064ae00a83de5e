"""The manager as a program of its own, in front of which a browser and an agent of a test stand."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from realtime.domain.address import report_url

TOKEN = "token-of-the-page-tests"
AGENT_TOKEN = "agent-token-of-the-page-tests"


@dataclass
class Manager:
    """The manager as its own program; can be ended and started again on the same port and data."""

    folder: Path
    port: int
    process: "subprocess.Popen[str] | None" = field(default=None)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        settings = {
            "BATCHBOARD_DATA_DIR": str(self.folder),
            "BATCHBOARD_HOST": "127.0.0.1",
            "BATCHBOARD_PORT": str(self.port),
            "BATCHBOARD_PUBLIC_URL": self.url,
            "BATCHBOARD_TOKEN": TOKEN,
            "BATCHBOARD_AGENT_TOKEN": AGENT_TOKEN,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("BATCHBOARD_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "realtime", "serve"],
            env=inherited | settings,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        assert "open http://" in self.process.stdout.readline()

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the API by another program."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = httpx.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=10)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def report(self, job: dict[str, Any], counters: Any) -> None:
        """What a script of that job posts to its report address."""
        with closing(sqlite3.connect(f"file:{self.folder / 'batchboard.db'}?mode=ro", uri=True)) as store:
            ((secret,),) = store.execute("SELECT value FROM meta WHERE name = 'secret'")
        url = report_url(self.url, secret, job["experiment"], job["id"])
        answer = httpx.post(url, json={"counters": counters}, timeout=10)
        assert answer.is_success, answer.text

    def report_later(self, job: dict[str, Any], counters: Any) -> None:
        """As `report`, in another second than now: the times of counters know no parts of one."""
        before = int(time.time())
        while int(time.time()) == before:
            time.sleep(0.02)
        self.report(job, counters)
