"""The directory of one job in the spool (`lsf_agent.submission.spool` lists its files)."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from lsf_agent.runner.workspace import under_way
from lsf_agent.submission.calls import Call
from lsf_agent.submission.durable import settle_names, write, write_durably
from lsf_agent.submission.record import Ended, Plan, Reader, Started, Story, append
from realtime.protocol.agent import Submit
from realtime.protocol.wire import decode, encode

T = TypeVar("T")


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out of a job's doubtful calls. `adopted`: tag -> the LSF ID that is kept; `surplus`: doubles;
    `absent`: tags of which LSF has said that there is no job; `forsaken`: whatever is found is killed."""

    adopted: dict[str, str] = {}
    surplus: list[str] = []
    absent: list[str] = []
    forsaken: bool = False


class Entry:
    """The directory of one job. Reading methods answer None for what is not there (yet)."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.job = directory.name
        self._story = Story()
        self._record = Reader(directory / "record")
        self._notes = Reader(directory / "calls.jsonl")

    def store(self, request: Submit) -> None:
        """Durable on return; a request that is there stays as it is, unless it must not be run any more. Raises OSError
        when it could not be written."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        if self.request() is None or request.restored:
            write_durably(self.directory / "request.json", encode(request))
        self.reopen()
        settle_names(self.directory.parent)

    def request(self) -> Submit | None:
        return self._read("request.json", Submit)

    def mark_claimed(self) -> None:
        write_durably(self.directory / "claimed", b"")

    @property
    def claimed(self) -> bool:
        return (self.directory / "claimed").exists()

    @contextmanager
    def offered(self, plan: Plan) -> Iterator[tuple[int, int, int] | None]:
        """Descriptors for a runner: the record, locked for it, stdout and stderr. None: there is one, or has been.
        Raises OSError when they cannot be written."""
        with ExitStack() as files:
            record = files.enter_context(self._opened("record"))
            settle_names(self.directory)
            try:
                fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
                return
            if self.began_at is not None:
                yield None
                return
            append(record, plan)
            os.lseek(record, 0, os.SEEK_SET)
            yield (
                record,
                files.enter_context(self._opened("stdout")),
                files.enter_context(self._opened("stderr")),
            )

    @contextmanager
    def _opened(self, name: str) -> Iterator[int]:
        file = os.open(self.directory / name, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield file
        finally:
            os.close(file)

    def story(self) -> Story:
        """What has happened to the script so far."""
        self._record.read(self._story)
        self._notes.read(self._story)
        return self._story

    @property
    def began_at(self) -> datetime | None:
        began = self.story().began
        return began.at if began else None

    @property
    def began_unrecorded(self) -> bool:
        """Whether a runner of an earlier version has begun: its script must not be run again."""
        return (self.directory / "began").exists() and self.began_at is None

    def runner_lives(self) -> bool:
        """Whether a runner holds the record. Looking takes it for an instant; the runner waits for that."""
        try:
            record = os.open(self.directory / "record", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(record, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(record)
        return False

    def script(self) -> Started | None:
        return self.story().script

    def calls(self) -> tuple[Call, ...]:
        """The calls of bsub that were noted."""
        return self.story().calls

    def calls_under_way(self) -> bool:
        """Whether a bsub lives that has not answered yet, not even with an id."""
        answered = {call.number for call in self.calls() if call.ended_at is not None or call.told_at is not None}
        return bool(under_way(self.directory) - answered)

    def end(self, ended: Ended) -> None:
        """For a runner that could not write the end."""
        with self._opened("record") as record:
            append(record, ended)

    def ended(self) -> Ended | None:
        return self.story().ended

    def resolution(self) -> Resolution | None:
        return self._read("resolution.json", Resolution)

    def resolve(self, resolution: Resolution) -> None:
        """On disk on return; raises OSError."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        write_durably(self.directory / "resolution.json", encode(resolution))

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
        """Not forced to disk, as LSF can be asked again: ten thousand jobs may be told in one look."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        write(self.directory / "logs.json", encode(self.log_files() | {lsf_id: path}))

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
