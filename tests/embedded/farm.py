"""An embedded scheduler of a test: its commands as programs, and what of it is running."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsf_agent.embedded import config, install, journal, order, stop


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a command did."""

    code: int
    stdout: str
    stderr: str


class Farm:
    """Quick by default: nothing stays PEND longer than needed, signals follow each other at once."""

    def __init__(self, directory: Path, slots: int = 4, **settings: float) -> None:
        self.directory = directory
        self.bin = install(directory, slots)
        self.work = directory.parent / "work"
        self.work.mkdir(exist_ok=True)
        config.configure(directory, **{"pend": 0, "kill_interval": 0.1, **settings})

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Of the commands: this farm first on PATH."""
        path = f"{self.bin}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "TZ": "UTC", **(extra or {})}

    def start(self, *words: str, env: Mapping[str, str] | None = None, **options: Any) -> "subprocess.Popen[str]":
        """A command that is not waited for."""
        return subprocess.Popen(
            words,
            env=self.environment(env),
            cwd=options.pop("cwd", self.work),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape",
            **options,
        )

    def run(self, *words: str, given: str = "", env: Mapping[str, str] | None = None, **options: Any) -> Result:
        """A command from start to end."""
        with self.start(*words, env=env, **options) as command:
            stdout, stderr = command.communicate(given, timeout=20)
            return Result(code=command.returncode, stdout=stdout, stderr=stderr)

    def submit(self, *words: str, **options: Any) -> str:
        """The id that bsub printed."""
        result = self.run("bsub", *words, **options)
        assert result.code == 0, result
        return result.stdout.split("<")[1].split(">")[0]

    def field(self, name: str, job: str) -> str:
        """What bjobs says of a job."""
        return self.run("bjobs", "-a", "-noheader", "-o", name, job).stdout.strip()

    def wait(self, job: str, *statuses: str, within: float = 10.0) -> str:
        """The status of a job as soon as it is one of those; by default one of the ends."""
        wanted = statuses or ("DONE", "EXIT")
        until(lambda: self.field("stat", job) in wanted, within, lambda: self.run("bjobs", "-a").stdout)
        return self.field("stat", job)

    def wait_wide(self, job: str, status: str) -> None:
        """As `wait`, in the only form that every dialect has."""
        until(lambda: status in self.run("bjobs", "-a", "-w", job).stdout.split(), 10.0)

    def history(self, event: str | None = None) -> list[dict[str, Any]]:
        """The witness of all that happened."""
        told = list(journal.history(self.directory / journal.FILE))
        return [each for each in told if event in (None, each["event"])]

    def faults(self, **faults: Any) -> None:
        """Orders a bad day; without any, it is over."""
        order(self.directory, **faults)

    def configure(self, **settings: float) -> None:
        """Changes settings; the daemon sees them with the next command."""
        config.configure(self.directory, **settings)

    def daemon(self) -> int:
        """Its process."""
        return int((self.directory / "daemon.lock").read_text())

    def processes(self) -> list[int]:
        """All that runs for this directory: the daemon and runners by their arguments, jobs by their environment."""
        directory = os.fsencode(self.directory)
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                arguments = (process / "cmdline").read_bytes().split(b"\0")
                variables = (process / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            ours = any(word == directory or word.startswith(directory + b"/jobs") for word in arguments)
            if ours or any(word.startswith(b"LSB_JOBFILENAME=" + directory) for word in variables):
                found.append(int(process.name))
        return found

    def stop(self) -> None:
        """Ends everything."""
        stop(self.directory)


def until(condition: Callable[[], bool], within: float = 10.0, told: Callable[[], object] = lambda: "") -> None:
    """Waits for something to become true; fails when it does not in time."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
