"""What must be in place before anything is started: data directory, its lock, a port, the example scripts."""

import fcntl
import hashlib
import importlib.util
import json
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from realtime.settings import Settings

PREDECESSOR_TIMEOUT = 5.0
"""Seconds that what a killed demo left has to be cleared away."""
SHIPPED = ".shipped.json"


class DemoRefused(Exception):
    """The demo cannot run here; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where the demo stands. `lock` is the descriptor that keeps other demos off, as long as anybody has it open."""

    data_dir: Path
    lock: int


def prepare(settings: Settings) -> Ground:
    """Make and lock the data directory, look for the port, lay out the scripts; raises DemoRefused."""
    data_dir = settings.data_dir
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(data_dir / "demo.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DemoRefused(
            f"{data_dir} cannot be used: {error.strerror}; choose another directory with BATCHBOARD_DATA_DIR"
        ) from error
    try:
        _lock(lock, data_dir)
        _look_for_port(settings.host, settings.port)
        _lay_out_scripts(data_dir / "scripts")
    except OSError as error:
        os.close(lock)
        raise DemoRefused(f"{data_dir} cannot be used: {error}") from error
    except DemoRefused:
        os.close(lock)
        raise
    return Ground(data_dir=data_dir, lock=lock)


def _lock(lock: int, data_dir: Path) -> None:
    deadline = time.monotonic() + PREDECESSOR_TIMEOUT
    while not _locked(lock):
        if _holder_lives(lock) or time.monotonic() > deadline:
            raise DemoRefused(
                f"another demo is running on {data_dir}; end it, or set another BATCHBOARD_DATA_DIR and BATCHBOARD_PORT"
            )
        time.sleep(0.05)
    os.truncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder_lives(lock: int) -> bool:
    """Not so: the demo was killed, and its guard is still clearing away what it left."""
    try:
        os.kill(int(os.pread(lock, 20, 0)), 0)
    except PermissionError:
        return True
    except (ValueError, ProcessLookupError):
        return False
    return True


def _look_for_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise DemoRefused(
                f"cannot listen on {host}:{port}: {error.strerror}; is another one running? Set another BATCHBOARD_PORT"
            ) from error


def _lay_out_scripts(folder: Path) -> None:
    """Copy the examples. A script that somebody has edited stays as it is."""
    folder.mkdir(exist_ok=True)
    record = folder / SHIPPED
    shipped = _read_record(record)
    for source in sorted(_examples().glob("*.*")):
        content = source.read_bytes()
        if source.suffix not in (".sh", ".py") or not _ours(folder / source.name, shipped.get(source.name)):
            continue
        if shipped.get(source.name) != _sha256(content) or not (folder / source.name).exists():
            _replace(folder / source.name, content, 0o755)
            shipped[source.name] = _sha256(content)
    _replace(record, json.dumps(shipped, indent=1).encode(), 0o600)


def _examples() -> Path:
    package = importlib.util.find_spec("lsf_agent")
    places = list(package.submodule_search_locations or []) if package else []
    if not places:
        raise DemoRefused("the batch client (lsf_agent) is not installed: pip install .")
    return Path(places[0]) / "examples"


def _read_record(record: Path) -> dict[str, str]:
    try:
        found = json.loads(record.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): str(digest) for name, digest in found.items()} if isinstance(found, dict) else {}


def _ours(path: Path, digest: str | None) -> bool:
    return not path.exists() or (digest is not None and _sha256(path.read_bytes()) == digest)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _replace(path: Path, content: bytes, mode: int) -> None:
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    new.chmod(mode)
    new.replace(path)
