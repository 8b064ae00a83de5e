"""The record of a submission: a file of JSON lines that agent and runner only add to, read as far as it has grown.

What is not understood is passed over: a line that a crash has torn, or that somebody else wrote.
"""

import os
from dataclasses import replace
from pathlib import Path

import msgspec

from lsf_agent.submission.calls import Call
from realtime.protocol.wire import UtcTime

READ_AT_MOST = 64 * 1024 * 1024
"""Bytes of one record that are looked at."""
PIECE = 4 * 1024 * 1024


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Base of what happens to a submission."""

    at: UtcTime


class Began(Event, frozen=True, kw_only=True, tag="began"):
    """From here on the script is not run again. `host`: where its processes are."""

    host: str | None = None


class Started(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="script"):
    """The script as it was run; `pid` is also its process group, `started` tells it from a later process."""

    pid: int
    started: str | None = None
    sha256: str | None = None
    modified_at: UtcTime | None = None


class Surroundings(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="surroundings"):
    """What the script found around it: its working directory, and its environment but for what came with the job; None
    for a value that looked like a secret."""

    folder: str
    environment: dict[str, str | None]


class Called(Event, frozen=True, kw_only=True, tag="call"):
    """Before bsub was started."""

    number: int
    tag: str | None
    name: str | None


class Answered(Event, frozen=True, kw_only=True, tag="answer"):
    """What bsub had said by then; `exit_code` None: it went on."""

    number: int
    exit_code: int | None
    stdout: str
    stderr: str


class Ended(Event, frozen=True, kw_only=True, tag="ended"):
    """How the script ended: its exit code, or why there is none."""

    exit_code: int | None
    timed_out: bool
    problem: str | None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a script is run. `submitted`: the pattern of a line that tells an LSF ID; `timeout` in seconds; `roots`:
    where scripts must lie, empty: anywhere; `workspace`: where the shim before bsub is at work, None: the runner finds
    a place; `given`: names in the environment that came with the job."""

    executable: str
    arguments: list[str]
    environment: dict[str, str]
    given: list[str]
    working_directory: str
    timeout: float
    submitted: str
    tag: str
    roots: list[str]
    workspace: str | None
    started_by: str
    do: str = "script"


class _Planned(msgspec.Struct, frozen=True, kw_only=True):
    do: str
    tag: str
    workspace: str | None


Line = Began | Surroundings | Started | Called | Answered | Ended


class Story:
    """What has happened so far, from all that was read. `tag`: of its calls, without their number; `ours`: the script
    runs as our own account, and the shim's notes are in our hands."""

    def __init__(self) -> None:
        self.began: Began | None = None
        self.surroundings: Surroundings | None = None
        self.script: Started | None = None
        self.ended: Ended | None = None
        self.tag: str | None = None
        self.ours = True
        self._calls: dict[int, Call] = {}

    @property
    def calls(self) -> tuple[Call, ...]:
        """In the order of their numbers."""
        return tuple(call for _, call in sorted(self._calls.items()))

    def note(self, line: Line) -> None:
        """The first word counts, but of an answer the last."""
        match line:
            case Began():
                self.began = self.began or line
            case Surroundings():
                self.surroundings = self.surroundings or line
            case Started():
                self.script = self.script or line
            case Ended():
                self.ended = self.ended or line
            case Called():
                made = Call(number=line.number, tag=line.tag, name=line.name, called_at=line.at)
                self._calls.setdefault(line.number, made)
            case Answered():
                call = self._calls.get(line.number)
                if call is not None and call.ended_at is None:
                    self._calls[line.number] = _answered(call, line)


def _answered(call: Call, answer: Answered) -> Call:
    new = replace(
        call,
        exit_code=answer.exit_code,
        stdout=answer.stdout,
        stderr=answer.stderr,
        ended_at=answer.at if answer.exit_code is not None else None,
    )
    return replace(new, told_at=answer.at) if new.lsf_ids and call.told_at is None else new


class Reader:
    """Tells the whole lines of a growing file, each once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""

    def read(self, story: Story) -> None:
        """Adds what is new. A file that is not there (yet) tells nothing."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                while self._offset < READ_AT_MOST and (piece := file.read(PIECE)):
                    self._offset += len(piece)
                    *lines, self._rest = (self._rest + piece).split(b"\n")
                    for line in lines:
                        _take(line, story)
        except FileNotFoundError:
            return


def _take(line: bytes, story: Story) -> None:
    try:
        story.note(msgspec.json.decode(line, type=Line))
    except msgspec.DecodeError:
        try:
            plan = msgspec.json.decode(line, type=_Planned)
            story.tag, story.ours = plan.tag, plan.workspace is not None
        except msgspec.DecodeError:
            return


def append(file: int, line: msgspec.Struct) -> None:
    """On disk on return; raises OSError when it is not, or not surely, there as a whole."""
    size = os.fstat(file).st_size
    torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
    content = (b"\n" if torn else b"") + msgspec.json.encode(line) + b"\n"
    if os.write(file, content) < len(content):
        raise OSError("the disk is full")
    os.fsync(file)
