"""`batchboard serve` with its server processes, for tests that kill, restart and stop them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from realtime.protocol.agent import VERSION
from tests.bus.waiting import until_sync
from tests.ports import free_port

TOKEN = "token-of-the-tests"
AGENT_TOKEN = "agent-token-of-the-tests"


class Served:
    """A parent and its servers over a folder."""

    def __init__(self, folder: Path, processes: int = 2, **settings: str) -> None:
        self.folder = folder
        self.processes = processes
        self.port = int(settings.get("PORT", free_port()))
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("BATCHBOARD_")} | {
            "BATCHBOARD_DATA_DIR": str(folder / "var"),
            "BATCHBOARD_PORT": str(self.port),
            "BATCHBOARD_TOKEN": TOKEN,
            "BATCHBOARD_AGENT_TOKEN": AGENT_TOKEN,
            "BATCHBOARD_PROCESSES": str(processes),
            **{f"BATCHBOARD_{name}": value for name, value in settings.items()},
        }
        self._numbers = count(1)
        self._parent: subprocess.Popen[bytes] | None = None

    def start(self, *before: str, descriptors: tuple[int, ...] = ()) -> None:
        """Run it, by the command `before` if there is one; all servers serve when this returns."""
        begun = len(self.log())
        with (self.folder / "log").open("ab") as log:
            self._parent = subprocess.Popen(
                [*before, sys.executable, "-m", "realtime", "serve"],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=descriptors,
            )
        word = "servers serve" if self.processes > 1 else "open http://"
        until_sync(lambda: word in self.log()[begun:] or self.parent.poll() is not None, 40)
        assert self.parent.poll() is None, self.log()

    def runs(self) -> bool:
        """Whether it was started and goes on."""
        return self._parent is not None and self._parent.poll() is None

    @property
    def parent(self) -> "subprocess.Popen[bytes]":
        """The process that was started."""
        assert self._parent is not None
        return self._parent

    def servers(self) -> set[int]:
        """Process ids of the servers that run now."""
        return {pid for pid in children(self.parent.pid) if b"realtime.server" in command_of(pid)}

    def log(self) -> str:
        """What was printed."""
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def restart(self) -> None:
        """Every server makes way for a new one."""
        before, done = self.servers(), self.log().count("all servers are new")
        self.parent.send_signal(signal.SIGHUP)
        until_sync(lambda: self.log().count("all servers are new") > done, 60)
        assert not before & self.servers()

    def stop(self) -> int:
        """SIGTERM; the exit code. Safe to repeat."""
        if self.parent.poll() is None:
            self.parent.terminate()
        return self.parent.wait(10)

    def kill(self) -> None:
        """SIGKILL to the parent alone. Safe to repeat."""
        if self._parent is not None:
            self._parent.kill()
            self._parent.wait()

    def client(self, token: str = TOKEN) -> httpx.Client:
        """Logged in; each request may reach another server."""
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=20)

    @contextmanager
    def sockets(self, number: int, query: str = "") -> Iterator[list[ClientConnection]]:
        """Open websockets of the list of experiments."""
        url = f"ws://127.0.0.1:{self.port}/api/v1/live{query}"
        with ExitStack() as stack:
            login = {"Authorization": f"Bearer {TOKEN}"}
            yield [stack.enter_context(connect(url, additional_headers=login)) for _ in range(number)]

    def report_paths(self, jobs: int) -> dict[str, str]:
        """New jobs of a new experiment, and the path at which each takes reports."""
        api, name = "/api/v1/experiments", f"reports-{next(self._numbers)}"
        with self.client() as client, self.client(AGENT_TOKEN) as agent:
            posted(client, api, {"name": name})
            for _ in range(jobs):
                posted(client, f"{api}/{name}/runs", {})
            posted(client, f"{api}/{name}/definitions", {"name": "h", "executable": "/opt/submit.sh"})
            posted(client, f"{api}/{name}/jobs", {"definition": "h", "runs": "all"})
            lease = {"protocol": VERSION, "location": "default", "agent": "tests", "version": "0"}
            lease |= {"scheduler": None, "scheduler_version": None}
            generation = posted(agent, "/agent/v1/lease", lease)["generation"]
            asked = {"location": "default", "generation": generation, "room": jobs, "holding": [], "state": {}}
            handed = posted(agent, "/agent/v1/work", asked)["submit"]
        addresses = {submit["job"]: submit["environment"]["BATCH_UPDATE_URL"] for submit in handed}
        assert len(addresses) == jobs
        return {job: address.removeprefix(self.url) for job, address in addresses.items()}


def messages(socket: ClientConnection) -> list[dict[str, Any]]:
    """Everything that comes until the socket is closed."""
    found = []
    while True:
        try:
            found.append(json.loads(socket.recv(20)))
        except ConnectionClosed:
            return found


def posted(client: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    """The answer to a POST that must succeed."""
    answer = client.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def children(parent: int) -> list[int]:
    """Process ids of its children."""
    try:
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    except FileNotFoundError:
        return []


def command_of(pid: int) -> bytes:
    """The command line of a process; empty when it is no more."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
