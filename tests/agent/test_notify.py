"""What systemd hears of the agent, on a real datagram socket."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsf_agent.notify import Notify

from .conftest import AgentProcess, until
from .manager import Manager


class Systemd:
    """Its end of the socket; `heard` so far, each word with how often."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(address)
        self.heard: list[str] = []

    def hears(self, word: str, times: int = 1) -> bool:
        while True:
            try:
                self.heard.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return self.heard.count(word) >= times


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    systemd = Systemd(str(tmp_path / "notify"))
    yield systemd
    systemd.socket.close()


@pytest.fixture
def started_by_systemd(systemd: Systemd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is started now."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "100000")


def test_an_abstract_socket_is_spoken_to() -> None:
    name = f"batchboard-test-{os.getpid()}"
    systemd = Systemd("\0" + name)
    Notify({"NOTIFY_SOCKET": "@" + name}).ready()
    assert systemd.hears("READY=1")
    systemd.socket.close()


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": "/nowhere/notify"}])
def test_without_systemd_nothing_happens(environ: dict[str, str]) -> None:
    notify = Notify(environ)
    notify.ready()
    notify.status("lives")
    notify.stopping()


def test_a_status_is_one_line_told_when_it_changes(tmp_path: Path, systemd: Systemd) -> None:
    notify = Notify({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    for text in ("waiting\nREADY=1", "waiting\nREADY=1", "lease 2"):
        notify.status(text)
    assert systemd.hears("STATUS=lease 2")
    assert systemd.heard == ["STATUS=waiting READY=1", "STATUS=lease 2"]


async def test_the_watchdog_hears_of_an_agent_that_lives_and_of_no_other(tmp_path: Path, systemd: Systemd) -> None:
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000", "WATCHDOG_PID": str(os.getpid())}
    alive = True
    keeping = asyncio.create_task(Notify(environ).keep(lambda: alive, lambda: f"alive: {alive}"))
    await until(lambda: systemd.hears("WATCHDOG=1", 3))
    alive = False
    await until(lambda: systemd.hears("STATUS=alive: False"))
    told = systemd.heard.index("STATUS=alive: False")
    assert "WATCHDOG=1" not in systemd.heard[told:]
    keeping.cancel()


@pytest.mark.parametrize("environ", [{"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}])
async def test_a_watchdog_of_another_process_is_not_ours(
    tmp_path: Path, systemd: Systemd, environ: dict[str, str]
) -> None:
    notify = Notify({"NOTIFY_SOCKET": str(tmp_path / "notify"), **environ})
    keeping = asyncio.create_task(notify.keep(lambda: True, lambda: "lives"))
    await until(lambda: systemd.hears("STATUS=lives"))
    assert not systemd.hears("WATCHDOG=1")
    keeping.cancel()


async def test_the_agent_says_that_it_has_started_lives_and_ends(
    agent: AgentProcess, manager: Manager, systemd: Systemd, started_by_systemd: None
) -> None:
    agent.start()
    await until(lambda: systemd.hears("READY=1"))
    await until(lambda: systemd.hears("WATCHDOG=1", 3))
    await until(lambda: systemd.hears("STATUS=lease 1"))
    await agent.end()
    assert systemd.hears("STOPPING=1")


async def test_an_agent_that_stands_by_has_started_and_says_why_it_waits(
    agent: AgentProcess, manager: Manager, systemd: Systemd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.start()
    await until(lambda: agent.spool.is_dir() and manager.generation)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    spare = AgentProcess(agent.folder, agent.farm, manager)
    spare.start()
    await until(lambda: systemd.hears("STATUS=standing by: another agent is at work on this spool"))
    assert systemd.hears("READY=1")
    await until(lambda: systemd.hears("WATCHDOG=1", 3))
    agent.kill()
    await until(lambda: systemd.hears("STATUS=lease 2"))
    assert await spare.end() == 0


async def test_scripts_do_not_hear_of_systemd(
    agent: AgentProcess, manager: Manager, started_by_systemd: None, tmp_path: Path
) -> None:
    agent.start()
    seen = tmp_path / "seen"
    await agent.submit(f"env > {seen}.new; mv {seen}.new {seen}; bsub true\n")
    await until(seen.exists)
    assert "BATCH_JOB_ID" in seen.read_text()
    assert "NOTIFY_SOCKET" not in seen.read_text() and "WATCHDOG" not in seen.read_text()
