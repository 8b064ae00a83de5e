"""What the agent asks of a batch system, and the facts it gets back. LSF is the adapter in `lsf_agent.lsf`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from realtime.domain.status import Status
from realtime.protocol.rows import Queue


class SilentError(Exception):
    """The batch system did not answer; the message says which command failed and how."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a job took and may take, in bytes and seconds; None: not told. What it took is told of its end."""

    max_memory: int | None = None
    memory_limit: int | None = None
    run_limit: float | None = None
    cpu_time: float | None = None

    def over(self, old: "Usage") -> "Usage":
        """With what was told before, where nothing is told now."""
        return Usage(
            max_memory=old.max_memory if self.max_memory is None else self.max_memory,
            memory_limit=old.memory_limit if self.memory_limit is None else self.memory_limit,
            run_limit=old.run_limit if self.run_limit is None else self.run_limit,
            cpu_time=old.cpu_time if self.cpu_time is None else self.cpu_time,
        )

    @property
    def limits(self) -> "Usage":
        """Without what it took."""
        return Usage(memory_limit=self.memory_limit, run_limit=self.run_limit)


NOT_TOLD = Usage()


@dataclass(frozen=True, kw_only=True)
class Record:
    """One job as the batch system tells it; an array is one job. `log_file` may be relative to the job's folder.

    `elements`: of an array, status -> number of elements; empty for a single job.
    """

    status: Status
    exit_code: int | None = None
    reason: str | None = None
    queue: str | None = None
    host: str | None = None
    log_file: str | None = None
    elements: Mapping[str, int] = field(default_factory=dict)
    usage: Usage = NOT_TOLD


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one look found for the ids asked for: a record, `missing` (said to be unknown), or neither: no news.

    `answered`: something really came from the batch system. `thorough`: exit codes and log files were asked for, too.
    """

    records: Mapping[str, Record] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    answered: bool = False
    thorough: bool = True
    problem: str | None = None


class Killed(Enum):
    """What became of a kill."""

    ACCEPTED = auto()
    GONE = auto()
    """ended before"""
    NOT_FOUND = auto()
    """unknown; may also be too new to be known"""
    SILENT = auto()
    """no answer: to be tried again"""


@dataclass(frozen=True)
class KillRefused:
    """The batch system does not let us kill it."""

    reason: str


class Past(Enum):
    """What the history says of a job that is not listed any more, when it does not tell an end."""

    ALIVE = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, kw_only=True)
class Detail:
    """What the long description of a job adds to a record."""

    exit_code: int | None = None
    reason: str | None = None
    log_file: str | None = None
    usage: Usage = NOT_TOLD


@dataclass(frozen=True, kw_only=True)
class Tagged:
    """A job of the batch system that carries one of our tags as its name. `user`: whose it is, where that was told."""

    tag: str
    lsf_id: str
    status: Status
    user: str | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Whose a job is and since when; what is needed to believe somebody who names it. `folder`: working directory."""

    user: str
    submitted_at: datetime | None
    folder: str | None = None


@dataclass(frozen=True, kw_only=True)
class Details:
    """The long description for people; `pending`: the reasons why a job waits, None when none does."""

    text: str
    pending: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Peek:
    """Output of a job that may still run, from its first byte. None: it has none to show (not started, ended)."""

    text: bytes | None
    truncated: bool = False


@dataclass(frozen=True, kw_only=True)
class Version:
    """Who answers: `LSF 10.1`, and the full number."""

    name: str
    number: str | None


class Scheduler(Protocol):
    """Every call is bounded in time. Calls raise SilentError where no fact stands for `no answer`.

    `user`: as whom a command is run, for those that only a job's owner may give.
    """

    @property
    def state(self) -> "State":
        """How it fares."""

    async def version(self) -> Version | None:
        """Who it is; says nothing about whether jobs can be looked at. None: no answer."""

    async def look(self, ids: Sequence[str]) -> Look:
        """One query for all ids; never two at a time. Without ids: whether it answers at all, and in which format."""

    async def tagged(self, tags: str) -> Sequence[Tagged]:
        """Jobs, live or ended, whose name is a tag that matches `tags` (it may end in `*`); empty only when the batch
        system itself says that there is none. One that was submitted a moment ago may be missing."""

    async def once_tagged(self, tag: str) -> Sequence[str]:
        """Ids of jobs with that tag that only the history knows, however long ago."""

    async def facts(self, lsf_id: str) -> Facts | None:
        """None: it knows no such job."""

    async def kill(self, ids: Sequence[str], user: str, force: bool = False) -> Mapping[str, Killed | KillRefused]:
        """An entry for each of `ids`. `force`: forget them without waiting for their hosts."""

    async def history(self, lsf_id: str) -> Record | Past:
        """The end of a job that is not listed any more."""

    async def detail(self, lsf_id: str) -> Detail | None:
        """None: the job is not described any more."""

    async def details(self, ids: Sequence[str], limit: float) -> Details:
        """The long description as text for people."""

    async def queues(self) -> Sequence[Queue]:
        """All queues and how many jobs wait and run there."""

    async def peek(self, lsf_id: str, user: str, limit: float) -> Peek:
        """The output so far; PermissionError: another user's job."""


@dataclass(frozen=True, kw_only=True)
class Count:
    """Calls of one command since the start; `failures`: without an answer; `seconds` in all."""

    calls: int = 0
    failures: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class State:
    """`answered_at`: when a command was last really answered; `silent_since` and `problem`: since when and why none
    was; `format`: how many jobs are asked for at once."""

    answered_at: datetime | None = None
    silent_since: datetime | None = None
    problem: str | None = None
    format: str | None = None
    commands: Mapping[str, Count] = field(default_factory=dict)
