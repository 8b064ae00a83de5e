"""An agent as it runs in earnest: its own process, started, killed and started again."""

import asyncio
import itertools
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from realtime.protocol.agent import Kill, Submit

from .farm import Farm
from .manager import TOKEN, Manager

_numbers = itertools.count(1)


def new_job() -> str:
    return f"{next(_numbers):024x}"


def me() -> str:
    """The account that the tests run as."""
    return pwd.getpwuid(os.geteuid()).pw_name


def a_request(job: str, executable: str, *arguments: str, restored: bool = False) -> Submit:
    return Submit(
        job=job,
        user=me(),
        requested_at=datetime.now(UTC),
        restored=restored,
        executable=executable,
        arguments=["xppx12345", "12", *arguments],
        environment={"BATCH_JOB_ID": job, "BATCH_UPDATE_URL": "http://127.0.0.1/report"},
    )


def a_kill(job: str, *lsf_ids: str, force: bool = False) -> Kill:
    return Kill(job=job, user=me(), lsf_ids=list(lsf_ids), force=force)


def kill_by_id(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def processes_of(folder: Path) -> list[int]:
    """Processes whose command line or environment names the folder: nobody's but this test's."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and int(path.name) != os.getpid():
            try:
                text = (path / "cmdline").read_bytes() + (path / "environ").read_bytes()
            except OSError:
                continue
            if f"{folder}/".encode() in text or f"{folder}\0".encode() in text:
                found.append(int(path.name))
    return found


def runners_of(directory: Path) -> list[int]:
    """Runners at work on a directory of the spool: the record is their standard input."""
    found = []
    for path in Path("/proc").iterdir():
        with suppress(OSError):
            if path.name.isdigit() and (path / "fd" / "0").readlink() == directory / "record":
                found.append(int(path.name))
    return found


class AgentProcess:
    """`python -m lsf_agent` over a folder of its own, in its own process group."""

    def __init__(self, folder: Path, farm: Farm, manager: Manager) -> None:
        self.folder = folder
        self.farm = farm
        self.manager = manager
        self.settings: dict[str, str] = {"POLL_INTERVAL": "0.2", "SUBMIT_TIMEOUT": "5"}
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "agent.log"

    @property
    def spool(self) -> Path:
        return self.folder / "var" / "agent" / "spool"

    @property
    def environment(self) -> dict[str, str]:
        settings = {
            "DATA_DIR": str(self.folder / "var"),
            "MANAGER_URL": self.manager.url,
            "AGENT_TOKEN": TOKEN,
            **self.settings,
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith("BATCHBOARD_")}
        return {
            **kept,
            **{f"BATCHBOARD_{name}": value for name, value in settings.items()},
            "PATH": f"{self.farm.bin}:{os.environ['PATH']}",
        }

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lsf_agent"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9 of the whole process group."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    async def end(self, limit: float = 5.0) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.terminate()
        return await asyncio.to_thread(self.process.wait, limit)

    def script(self, text: str, name: str = "submit.sh", head: str = "#!/bin/sh\n") -> str:
        path = self.folder / "scripts" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(head + text)
        path.chmod(0o755)
        return str(path)

    async def submit(self, text: str, *arguments: str, head: str = "#!/bin/sh\n") -> str:
        """Asks for a script to be run; the job's id."""
        job = new_job()
        await self.manager.put(a_request(job, self.script(text, f"{job}.sh", head), *arguments))
        return job

    def clean_up(self) -> None:
        for pid in processes_of(self.folder):
            kill_by_id(pid)
        if self.process is not None:
            self.process.wait()


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    return Farm(tmp_path / "farm")


@pytest.fixture
async def manager() -> AsyncIterator[Manager]:
    manager = Manager()
    await manager.start()
    yield manager
    await manager.stop()


@pytest.fixture
def agent(tmp_path: Path, farm: Farm, manager: Manager) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path, farm, manager)
    yield agent
    agent.clean_up()


async def until(holds: Callable[[], object], limit: float = 10.0) -> None:
    """Polls for something that only the file system tells."""
    async with asyncio.timeout(limit):
        while True:
            if holds():
                return
            await asyncio.sleep(0.02)
