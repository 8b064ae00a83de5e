"""A whole installation of real processes: manager, agent, embedded scheduler. A test kills and starts them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.ports import free_port

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "lsf_agent" / "examples"
PACKAGES = os.pathsep.join([str(CHECKOUT), sysconfig.get_path("purelib")])
"""So that another interpreter of the same version finds what this one has installed."""
TOKEN = "login-token"
AGENT_TOKEN = "agent-token"

T = TypeVar("T")


class Installation:
    """Processes with their data directories below one folder.

    `agent_user`: another Unix user for the agent, who runs it by the interpreter `agent_python`. `environ`: what else
    the processes that are started from now on find in their environment.
    """

    def __init__(
        self, folder: Path, *, agent_user: str | None = None, agent_python: str = sys.executable, **settings: str
    ) -> None:
        self.folder = folder
        self.manager_dir = folder / "manager"
        self.agent_dir = folder / "agent" if agent_user else self.manager_dir
        self.lsf_dir = self.agent_dir / "agent" / "lsf"
        self.scripts = folder / "scripts"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.api = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {TOKEN}"},
            trust_env=False,
            timeout=15,
        )
        self._agent_user = agent_user
        self._agent_python = agent_python
        self._settings = {f"BATCHBOARD_{name}": value for name, value in settings.items()}
        self.environ: dict[str, str] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        shutil.copytree(EXAMPLES, self.scripts)

    def start(self) -> None:
        """Manager and agent; returns when the manager answers."""
        self.start_manager()
        self.start_agent()

    def start_manager(self) -> None:
        """Returns when it answers."""
        command = [sys.executable, "-m", "realtime", "serve"]
        self._spawn("manager", command, {"BATCHBOARD_DATA_DIR": str(self.manager_dir)})
        until(lambda: self._answers(), "the manager answers", 30)

    def start_agent(self, name: str = "agent") -> None:
        """Returns at once. Several, by different names, share data directory and spool."""
        if self._agent_user:
            self.agent_dir.mkdir(exist_ok=True)
            shutil.chown(self.agent_dir, self._agent_user)
        settings = {"BATCHBOARD_DATA_DIR": str(self.agent_dir), "BATCHBOARD_SCHEDULER": "local"}
        self._spawn(name, [self._agent_python, "-m", "lsf_agent"], settings, self._agent_user)

    def _spawn(self, name: str, command: list[str], settings: dict[str, str], user: str | None = None) -> None:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": PACKAGES,
            "BATCHBOARD_PORT": str(self.port),
            "BATCHBOARD_TOKEN": TOKEN,
            "BATCHBOARD_AGENT_TOKEN": AGENT_TOKEN,
            **self.environ,
            **self._settings,
            **settings,
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command,
                env=environ,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=user,
            )

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", trust_env=False, timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self, name: str) -> None:
        """kill -9, of the process and its group."""
        process = self._processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def terminate(self, name: str) -> float:
        """SIGTERM; the seconds until it has ended."""
        process = self._processes.pop(name)
        begin = time.monotonic()
        process.terminate()
        process.wait(10)
        return time.monotonic() - begin

    def process(self, name: str) -> int:
        """Its process id."""
        return self._processes[name].pid

    def running(self) -> set[str]:
        """Names of the processes that were started and not ended."""
        return set(self._processes)

    def close(self) -> None:
        """End everything, the embedded scheduler too."""
        for name in list(self._processes):
            self.kill(name)
        self.scheduler("stop")
        self.api.close()

    def scheduler(self, command: str) -> str:
        """`stop` or `history` of the embedded scheduler."""
        if not self.lsf_dir.is_dir():
            return ""
        done = subprocess.run(
            [self._agent_python, "-m", "lsf_agent.embedded", command, str(self.lsf_dir)],
            env={"PYTHONPATH": PACKAGES},
            capture_output=True,
            text=True,
            timeout=20,
            user=self._agent_user,
            cwd="/",
            check=True,
        )
        return done.stdout

    def submissions(self) -> list[dict[str, Any]]:
        """The scheduler's own history of what was submitted to it."""
        return [event for event in self.events() if event["event"] == "submit"]

    def events(self) -> list[dict[str, Any]]:
        """The scheduler's own history."""
        return [json.loads(line) for line in self.scheduler("history").splitlines()]

    def faults(self, **faults: Any) -> None:
        """Order bad days of the scheduler."""
        self.lsf_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.lsf_dir / "faults.json").write_text(json.dumps(faults))
        if self._agent_user:
            for path in (self.agent_dir, self.lsf_dir.parent, self.lsf_dir, self.lsf_dir / "faults.json"):
                shutil.chown(path, self._agent_user)

    def script(self, name: str, text: str) -> str:
        """A submit script; its path."""
        path = self.scripts / name
        path.write_text(text)
        path.chmod(0o755)
        return str(path)

    def prepare(self, runs: int = 1, **hashes: str) -> None:
        """The experiment `demo` with runs and hashes (name: path)."""
        self.post("/experiments", {"name": "demo"})
        for _ in range(runs):
            self.post("/experiments/demo/runs", {})
        for name, path in hashes.items():
            self.post("/experiments/demo/definitions", {"name": name, "executable": path, "parameters": "one two"})

    def get(self, path: str) -> Any:
        """The body of a GET that must succeed."""
        answer = self.api.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None) -> Any:
        """The body of a POST that must succeed."""
        answer = self.api.post(path, json=body) if body is not None else self.api.post(path)
        assert answer.is_success, answer.text
        return answer.json()

    def apply(self, definition: str, runs: int | str = 1) -> list[str]:
        """Ids of the jobs that applying makes."""
        body = {"definition": definition, "runs": runs}
        return [job["id"] for job in self.post("/experiments/demo/jobs", body)["jobs"]]

    def job(self, job_id: str) -> dict[str, Any]:
        """A job's row."""
        row: dict[str, Any] = self.get(f"/jobs/{job_id}")
        return row

    def until_status(self, job_id: str, *statuses: str, seconds: float = 30) -> dict[str, Any]:
        """The job's row as soon as it has one of these statuses."""

        def look() -> dict[str, Any] | None:
            row = self.job(job_id)
            return row if row["status"] in statuses else None

        return until(look, f"job becomes {' or '.join(statuses)}", seconds, lambda: self.job(job_id))

    def until_log(self, job_id: str, text: str = "", *, whole: bool = False) -> dict[str, Any]:
        """The job's log as soon as it has this text, or is all there."""

        def look() -> dict[str, Any] | None:
            log: dict[str, Any] = self.get(f"/jobs/{job_id}/log")
            return log if text in str(log["text"]) and (log["complete"] or not whole) else None

        return until(look, f"the log has {text!r}" if text else "the whole log is there", 15)

    def history(self, job_id: str) -> list[str]:
        """The statuses that a job has gone through."""
        return [item["to"] for item in self.get(f"/jobs/{job_id}/transitions")["items"]]

    def log(self, name: str) -> str:
        """What a process has printed."""
        return (self.folder / f"{name}.log").read_text()


@contextmanager
def installed(
    folder: Path, *, agent_user: str | None = None, agent_python: str = sys.executable, **settings: str
) -> Iterator[Installation]:
    """An installation that is ended in any case."""
    installation = Installation(folder, agent_user=agent_user, agent_python=agent_python, **settings)
    try:
        yield installation
    finally:
        installation.close()


def until(look: Callable[[], T | None], what: str, seconds: float, shown: Callable[[], Any] = lambda: "") -> T:
    """The first truthy answer of `look`; fails after `seconds`, showing what was there instead. It is looked at less
    often the longer it takes."""
    begin = time.monotonic()
    while (waited := time.monotonic() - begin) < seconds:
        if found := look():
            return found
        time.sleep(min(0.5, 0.05 + waited / 20))
    raise AssertionError(f"waited {seconds} s in vain until {what}; there is {shown()!r}")


def python_for(user: str) -> str | None:
    """An interpreter with which this user can run the agent; None when there is none, or the checkout is private."""
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            done = subprocess.run(
                [python, "-c", "import lsf_agent.agent"],
                env={"PYTHONPATH": PACKAGES},
                user=user,
                cwd="/",
                stderr=subprocess.DEVNULL,
                check=False,
            )
        except OSError:
            continue
        if done.returncode == 0:
            return python
    return None
