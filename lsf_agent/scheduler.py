"""What the agent asks of a batch system, and the facts it gets back. LSF is the adapter in `lsf_agent.lsf`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from realtime.domain.status import Status


class SilentError(Exception):
    """The batch system did not answer; the message says which command failed and how."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One job as the batch system tells it; an array is one job. `log_file` may be relative to the job's folder."""

    status: Status
    exit_code: int | None = None
    reason: str | None = None
    queue: str | None = None
    host: str | None = None
    log_file: str | None = None


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
    """Every call is bounded in time. Calls raise SilentError where no fact stands for `no answer`."""

    @property
    def answered_at(self) -> datetime | None:
        """When a command was last really answered."""

    async def version(self) -> Version | None:
        """None: no answer."""

    async def look(self, ids: Sequence[str]) -> Look:
        """One query for all ids; never two at a time."""

    async def kill(self, ids: Sequence[str]) -> Mapping[str, Killed | KillRefused]:
        """An entry for each of `ids`."""

    async def history(self, lsf_id: str) -> Record | Past:
        """The end of a job that is not listed any more."""

    async def detail(self, lsf_id: str) -> Detail | None:
        """None: the job is not described any more."""

    async def details(self, ids: Sequence[str], limit: float) -> str:
        """The long description as text for people."""

    async def peek(self, lsf_id: str, limit: float) -> Peek:
        """The output so far; PermissionError: another user's job."""
