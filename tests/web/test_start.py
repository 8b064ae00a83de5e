"""A start that cannot succeed says which setting is wrong, and leaves nothing behind."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port


def started(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """`batchboard serve`, which must end by itself."""
    usual = {"DATA_DIR": str(folder / "var"), "REDIS_URL": "unix:///nowhere/redis.sock"}
    environ = {"PATH": os.environ["PATH"]} | {f"BATCHBOARD_{k}": v for k, v in (usual | settings).items()}
    command = [sys.executable, "-m", "realtime", "serve"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)


def refuses(done: subprocess.CompletedProcess[str], setting: str) -> bool:
    """One clear line, exit code 2."""
    last = done.stderr.strip().splitlines()[-1]
    return done.returncode == 2 and last.startswith(setting) and "Traceback" not in done.stderr


@pytest.fixture
def taken() -> Iterator[str]:
    """A port that somebody listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield str(other.getsockname()[1])


def test_a_port_in_use_is_named(tmp_path: Path, taken: str) -> None:
    assert refuses(started(tmp_path, PORT=taken), "BATCHBOARD_PORT")


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = started(tmp_path, DATA_DIR=str(tmp_path / "file" / "var"), PORT=str(free_port()))
    assert refuses(done, "BATCHBOARD_DATA_DIR"), done.stderr


def test_a_database_that_is_none_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    database = tmp_path / "var" / "batchboard.db"
    database.write_bytes(b"not a database" * 100)
    done = started(tmp_path, PORT=str(free_port()))
    assert refuses(done, "BATCHBOARD_DATABASE_URL"), done.stderr
    assert database.read_bytes() == b"not a database" * 100
