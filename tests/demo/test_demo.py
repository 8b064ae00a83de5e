"""The demo as a whole: real processes, ended in every way there is."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from lsf_agent.submission.entry import Entry
from realtime.demo.run import FARM_STOP, GUARD_STOP, MANAGER_STOP
from tests.bus.waiting import until_sync
from tests.demo.serving import clean_environ
from tests.ports import free_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


class Running:
    """A demo, and what it has said so far."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.data_dir = folder / "var"
        self.said = folder / "said"
        self.environ = clean_environ() | {
            "BATCHBOARD_DATA_DIR": str(self.data_dir),
            "BATCHBOARD_PORT": str(free_port()),
            "BATCHBOARD_DEMO_RUN_INTERVAL": "1",
        }
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "realtime", "demo", *options], env=self.environ, stdout=said, stderr=said
            )

    def has_said(self, text: str) -> bool:
        """Whether it has."""
        return text in self.said.read_text(errors="replace")

    def until_said(self, text: str, seconds: float = 40) -> None:
        """Wait for it; fails at once when the demo has ended without saying so."""
        until_sync(lambda: self.has_said(text) or self.process.poll() is not None, seconds)
        assert self.has_said(text), self.said.read_text()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """An answer of the API."""
        token = (self.data_dir / "token").read_text().strip()
        base = f"http://127.0.0.1:{self.environ['BATCHBOARD_PORT']}/api/v1"
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=base, headers=headers, trust_env=False) as client:
            return client.request(method, path, json=body).raise_for_status().json()

    def processes(self) -> dict[int, str]:
        """Everything that runs with this data directory in its environment or arguments, jobs included."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and int(entry.name) not in (os.getpid(), self.process.pid):
                try:
                    told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                    words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                except OSError:
                    continue
                if str(self.data_dir).encode() in told:
                    found[int(entry.name)] = words
        return found

    def pid_of(self, part: str) -> int | None:
        """The process whose command line ends with `part`."""
        return next((pid for pid, words in self.processes().items() if words.strip().endswith(part)), None)

    def runs_anew(self, part: str, before: int) -> bool:
        """Whether another process does now what `before` did."""
        return self.pid_of(part) not in (before, None)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Running]:
    """A demo whose first job runs in the embedded scheduler."""
    demo = Running(tmp_path)
    try:
        demo.until_said("The page answers")
        demo.until_said(": RUN")
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.send_signal(signal.SIGTERM)
            demo.process.wait(15)
        until_sync(lambda: not demo.processes())


def test_all_parts_together_are_given_three_seconds_to_end() -> None:
    assert sum((FARM_STOP, MANAGER_STOP, GUARD_STOP)) == pytest.approx(3.0)


def test_it_prints_the_address_and_ctrl_c_ends_everything(demo: Running) -> None:
    token = (demo.data_dir / "token").read_text().strip()
    assert demo.has_said(f"http://127.0.0.1:{demo.environ['BATCHBOARD_PORT']}/?token={token}\n")
    assert demo.processes()
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(30) == 0
    until_sync(lambda: not demo.processes())
    assert not demo.has_said("Traceback")


def test_a_submit_script_under_way_is_ended_too_and_the_next_demo_knows(demo: Running) -> None:
    hanging = demo.data_dir / "hanging.sh"
    hanging.write_text("#!/bin/sh\nsleep 60\nexec bsub sleep 60\n")
    hanging.chmod(0o755)
    demo.call("POST", "/experiments/demo/definitions", {"name": "hanging", "executable": str(hanging)})
    job = demo.call("POST", "/experiments/demo/jobs", {"definition": "hanging", "runs": 1})["jobs"][0]["id"]
    until_sync(lambda: demo.call("GET", f"/jobs/{job}/submission")["began_at"], 10)
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(30) == 0
    assert not demo.processes()
    ended = Entry(demo.data_dir / "agent" / "spool" / job).ended()
    assert ended is not None and ended.exit_code == -signal.SIGKILL


def test_kill_9_of_manager_and_agent_is_mended_and_kill_9_of_the_demo_leaves_nothing(demo: Running) -> None:
    for part in ("realtime serve", "-m lsf_agent"):
        before = demo.pid_of(part)
        assert before is not None
        os.kill(before, signal.SIGKILL)
        until_sync(partial(demo.runs_anew, part, before))
    demo.until_said("manager ended by itself (killed by SIGKILL)")
    demo.until_said("client ended by itself (killed by SIGKILL)")
    demo.process.kill()
    demo.process.wait()
    until_sync(lambda: not demo.processes())


def test_a_second_signal_kills_at_once(demo: Running) -> None:
    manager = demo.pid_of("realtime serve")
    assert manager is not None
    os.kill(manager, signal.SIGSTOP)
    demo.process.send_signal(signal.SIGINT)
    demo.until_said("Ctrl-C again kills at once")
    demo.process.send_signal(signal.SIGINT)
    demo.process.wait(30)
    assert not demo.has_said("manager did not end in time"), "a frozen manager is not waited for"
    until_sync(lambda: not demo.processes())


def test_what_cannot_work_ends_with_2_a_sentence_and_nothing_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name, value, sentence in (
        ("DATA_DIR", str(tmp_path / "file"), "cannot be used"),
        ("REDIS_URL", "redis://host:port", "BATCHBOARD_REDIS_URL"),
        ("PORT", "http", "BATCHBOARD_PORT: expected a whole number"),
    ):
        environ = clean_environ() | {
            "BATCHBOARD_DATA_DIR": str(tmp_path / "var"),
            "BATCHBOARD_PORT": str(free_port()),
            f"BATCHBOARD_{name}": value,
        }
        ended = subprocess.run(
            [sys.executable, "-m", "realtime", "demo"], env=environ, capture_output=True, text=True, timeout=30
        )
        assert ended.returncode == 2, ended.stderr
        assert sentence in ended.stderr
