"""What the agent must not forget, one directory for each job: a request is on disk before its script may run.

| file | written by | meaning |
|---|---|---|
| `request.json` | agent | the request as received: the intent |
| `claimed` | agent | the manager granted it; from here on a runner may be started |
| `record` | agent, runner | the plan, and what happened to it (`.record`, `lsf_agent.runner.script`) |
| `stdout`, `stderr` | script | what it prints |
| `tag`, `bin/`, `calls/`, `calls.jsonl` | shim | notes of the calls of bsub, while the script is of our own account |
| `resolution.json` | agent | what was found out of calls that had no clear answer |
| `logs.json` | agent | LSF ID -> where LSF writes its output; kept for when LSF has forgotten |
| `closed` | agent | the manager has acknowledged the end of all of it |

Beside the jobs' directories: `agent.id`, `agent.lock`, and `lease.json`, the newest lease that was ever held.

Directories are 0700 and files 0600: requests hold report addresses, which are secrets.
"""

import fcntl
import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from lsf_agent.submission.durable import write_durably
from lsf_agent.submission.entry import Entry
from realtime.protocol.wire import decode, encode

KEEP = 7 * 24 * 3600.0
"""Seconds that a closed directory is kept."""

_JOB = re.compile(r"[0-9a-f]{24}")


class SpoolError(Exception):
    """The spool cannot be used; the message says why."""


class KeptLease(msgspec.Struct, frozen=True, kw_only=True):
    """The newest lease that this spool has held."""

    generation: int
    epoch: str
    instance: str


class Spool:
    """The directory of all jobs; one agent process at a time is at work on it, another stands by."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock: int | None = None

    def take(self) -> bool:
        """False: another agent is at work on it. Raises SpoolError when it cannot be written."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.root / "agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        except OSError as error:
            raise SpoolError(f"{self.root} cannot be used: {error.strerror or error}") from error
        return True

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def lease(self) -> KeptLease | None:
        """None: none was ever held, as far as is known."""
        try:
            return decode((self.root / "lease.json").read_bytes(), KeptLease)
        except (OSError, msgspec.DecodeError):
            return None

    def keep_lease(self, lease: KeptLease) -> None:
        """On disk on return; raises OSError."""
        write_durably(self.root / "lease.json", encode(lease))

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
            kept = entry.began_at is not None or entry.log_files() or entry.resolution() is not None
            left_over = entry.request() is None and not kept
            old = time.time() - marker.stat().st_mtime > KEEP and (entry.closed or entry.request() is None)
            if left_over or old:
                shutil.rmtree(entry.directory, ignore_errors=True)
