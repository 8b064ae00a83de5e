"""What the demo needs before it starts anything."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime.demo.ground import DemoRefused, Ground, prepare
from realtime.settings import Settings, read
from tests.ports import free_port

EXAMPLES = Path(__file__).parents[2] / "lsf_agent" / "examples"


def settings_of(folder: Path, port: int | None = None) -> Settings:
    """Settings of a demo below `folder`, on a free port unless one is given."""
    return read({"BATCHBOARD_DATA_DIR": str(folder / "var"), "BATCHBOARD_PORT": str(port or free_port())})


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """A prepared and locked directory."""
    ground = prepare(settings_of(tmp_path))
    yield ground
    os.close(ground.lock)


def prepare_again(tmp_path: Path) -> None:
    """Prepare and let go at once."""
    os.close(prepare(settings_of(tmp_path)).lock)


def test_the_scripts_are_there_and_can_be_run(ground: Ground) -> None:
    scripts = ground.data_dir / "scripts"
    for name in ("submit.sh", "submit.py", "fails.sh", "progress.sh"):
        assert (scripts / name).read_bytes() == (EXAMPLES / name).read_bytes()
        assert os.access(scripts / name, os.X_OK)


def test_an_edited_script_stays_and_a_removed_one_comes_back(tmp_path: Path) -> None:
    prepare_again(tmp_path)
    scripts = tmp_path / "var" / "scripts"
    (scripts / "submit.sh").write_text("#!/bin/sh\n# mine\n")
    (scripts / "fails.sh").unlink()
    prepare_again(tmp_path)
    assert "# mine" in (scripts / "submit.sh").read_text()
    assert (scripts / "fails.sh").exists()


def test_a_script_of_an_older_version_is_replaced_unless_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path / "older"
    older.mkdir()
    for name in ("submit.sh", "fails.sh"):
        (older / name).write_text("#!/bin/sh\n# older\n")
    monkeypatch.setattr("realtime.demo.ground._examples", lambda: older)
    prepare_again(tmp_path)
    monkeypatch.undo()
    scripts = tmp_path / "var" / "scripts"
    (scripts / "fails.sh").write_text("#!/bin/sh\n# older, and mine\n")
    prepare_again(tmp_path)
    assert (scripts / "submit.sh").read_bytes() == (EXAMPLES / "submit.sh").read_bytes()
    assert "mine" in (scripts / "fails.sh").read_text()


def test_a_second_demo_on_the_same_directory_is_refused(ground: Ground, tmp_path: Path) -> None:
    with pytest.raises(DemoRefused, match=f"another demo is running on {ground.data_dir}"):
        prepare(settings_of(tmp_path))


def test_a_demo_waits_until_what_a_killed_one_left_is_cleared_away(tmp_path: Path) -> None:
    killed = prepare(settings_of(tmp_path))
    with subprocess.Popen(["sleep", "0.5"], pass_fds=(killed.lock,)) as clearing:
        os.close(killed.lock)
        with subprocess.Popen([sys.executable, "-c", ""]) as dead:
            dead.wait()
        (killed.data_dir / "demo.lock").write_text(str(dead.pid))
        prepare_again(tmp_path)
        assert clearing.poll() is not None or clearing.wait(1) == 0


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DemoRefused, match=f"cannot listen on 127.0.0.1:{port}.*BATCHBOARD_PORT"):
            prepare(settings_of(tmp_path, port))


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(DemoRefused, match=r"var cannot be used.*BATCHBOARD_DATA_DIR"):
        prepare(settings_of(tmp_path))


def test_a_refused_demo_lets_go_of_the_lock(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(DemoRefused):
        prepare(settings_of(tmp_path, taken.getsockname()[1]))
    prepare_again(tmp_path)
