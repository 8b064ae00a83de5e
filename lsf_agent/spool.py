"""What the agent must not forget, one directory for each job: a request is on disk before its script may run.

| file | written by | meaning |
|---|---|---|
| `request.json` | agent | the request as received: the intent |
| `claimed` | agent | the manager granted it; from here on a runner may be started |
| `run.json` | agent | how the runner is to run it |
| `lock`, `began`, `script.json`, `stdout`, `stderr`, `bsub_called`, `ended.json` | runner | see `lsf_agent.runner` |
| `logs.json` | agent | LSF ID -> where LSF writes its output; kept for when LSF has forgotten |
| `closed` | agent | the manager has acknowledged the end of all of it |

Directories are 0700 and files 0600: requests hold report addresses, which are secrets.
"""

import fcntl
import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from realtime.protocol.agent import Submit
from realtime.protocol.wire import decode, encode

KEEP = 7 * 24 * 3600.0
"""Seconds that a closed directory is kept."""

T = TypeVar("T")

_JOB = re.compile(r"[0-9a-f]{24}")


class SpoolError(Exception):
    """The spool cannot be used; the message says why."""


class RunPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How a script is run. `submitted`: the pattern of a line that tells an LSF ID; `timeout` in seconds."""

    working_directory: str
    timeout: float
    submitted: str


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """The script as it was run; `pid` is also its process group."""

    pid: int
    sha256: str | None = None
    modified_at: datetime | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a script ended."""

    exit_code: int | None
    timed_out: bool
    problem: str | None
    ended_at: datetime


class Entry:
    """The directory of one job. Reading methods answer None for what is not there (yet)."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.job = directory.name

    def store(self, request: Submit) -> None:
        """Durable on return; a request that is there stays as it is. Raises OSError when it could not be written."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        if self.request() is None:
            write_durably(self.directory / "request.json", encode(request))
        self.reopen()
        _sync(self.directory.parent)

    def request(self) -> Submit | None:
        return self._read("request.json", Submit)

    def mark_claimed(self) -> None:
        write_durably(self.directory / "claimed", b"")

    @property
    def claimed(self) -> bool:
        return (self.directory / "claimed").exists()

    def plan(self, plan: RunPlan) -> None:
        write_durably(self.directory / "run.json", encode(plan))

    @property
    def began_at(self) -> datetime | None:
        try:
            return datetime.fromtimestamp((self.directory / "began").stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def runner_lives(self) -> bool:
        """Whether a runner holds the lock. Looking takes it for an instant; the runner waits for that."""
        try:
            lock = os.open(self.directory / "lock", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def script(self) -> Script | None:
        return self._read("script.json", Script)

    def bsub_called_at(self) -> datetime | None:
        """The first time, in UTC."""
        try:
            first = (self.directory / "bsub_called").read_text(errors="replace").split("\n", 1)[0]
            return datetime.strptime(first, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except (FileNotFoundError, ValueError):
            return None

    def end(self, ended: Ended) -> None:
        """For a runner that died before it could write the end."""
        write_durably(self.directory / "ended.json", encode(ended))

    def ended(self) -> Ended | None:
        return self._read("ended.json", Ended)

    def output(self, name: str, offset: int, limit: int) -> bytes:
        """A piece of `stdout` or `stderr`; empty before the script began."""
        try:
            with (self.directory / name).open("rb") as file:
                file.seek(offset)
                return file.read(limit)
        except FileNotFoundError:
            return b""

    def output_end(self, name: str, limit: int) -> str:
        """The last `limit` bytes as text."""
        try:
            size = (self.directory / name).stat().st_size
        except FileNotFoundError:
            return ""
        return self.output(name, max(0, size - limit), limit).decode(errors="replace")

    def log_files(self) -> dict[str, str]:
        return self._read("logs.json", dict[str, str]) or {}

    def remember_log(self, lsf_id: str, path: str) -> None:
        self.directory.mkdir(mode=0o700, exist_ok=True)
        write_durably(self.directory / "logs.json", encode(self.log_files() | {lsf_id: path}))

    def close(self) -> None:
        if self.directory.is_dir() and not self.closed:
            write_durably(self.directory / "closed", b"")

    def reopen(self) -> None:
        (self.directory / "closed").unlink(missing_ok=True)

    @property
    def closed(self) -> bool:
        return (self.directory / "closed").exists()

    def discard(self) -> None:
        """For a request that was not granted; a script that began is never forgotten."""
        if self.began_at is None:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _read(self, name: str, kind: type[T]) -> T | None:
        try:
            return decode((self.directory / name).read_bytes(), kind)
        except (FileNotFoundError, msgspec.DecodeError):
            return None


class Spool:
    """The directory of all jobs; one agent process at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock: int | None = None

    def open(self) -> None:
        """Takes the spool; raises SpoolError when it cannot be written or another agent has it."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.root / "agent.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise SpoolError(f"another agent uses {self.root}; one at a time") from None
        except OSError as error:
            raise SpoolError(f"{self.root} cannot be used: {error.strerror or error}") from error

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def agent_id(self) -> str:
        """A random name, the same for the life of the spool; SpoolError when it cannot be written."""
        path = self.root / "agent.id"
        try:
            with suppress(FileNotFoundError):
                if re.fullmatch(r"[0-9a-f]{24}", kept := path.read_text(errors="replace")):
                    return kept
            made = secrets.token_hex(12)
            write_durably(path, made.encode())
        except OSError as error:
            raise SpoolError(f"{path} cannot be used: {error.strerror or error}") from error
        return made

    @staticmethod
    def is_job(job: str) -> bool:
        """Whether it has the form of a job's id."""
        return _JOB.fullmatch(job) is not None

    def entry(self, job: str) -> Entry:
        """Raises ValueError for what is not a job's id: it becomes a path."""
        if not self.is_job(job):
            raise ValueError(f"not a job's id: {job[:40]!r}")
        return Entry(self.root / job)

    def entries(self) -> list[Entry]:
        """All jobs on disk, oldest id first."""
        return [Entry(path) for path in sorted(self.root.iterdir()) if _JOB.fullmatch(path.name) and path.is_dir()]

    def sweep(self) -> None:
        """Removes what was closed long ago, and what a crash left before its request was on disk."""
        for entry in self.entries():
            marker = entry.directory / "closed" if entry.closed else entry.directory
            left_over = entry.request() is None and entry.began_at is None and not entry.log_files()
            old = time.time() - marker.stat().st_mtime > KEEP and (entry.closed or entry.request() is None)
            if left_over or old:
                shutil.rmtree(entry.directory, ignore_errors=True)


def write_durably(path: Path, content: bytes) -> None:
    """The whole file or nothing, on disk on return; raises OSError."""
    temporary = path.with_name(f"{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    _sync(path.parent)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
