"""Bodies and answers of the HTTP API (`/api/v1`) beside the rows themselves."""

from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from realtime.protocol.history import Variable
from realtime.protocol.rows import DefinitionRow, ExperimentRow, JobRow, LocationRow, RunRow, Transition
from realtime.protocol.wire import Shape, Strict, UtcTime

T = TypeVar("T")

RunNumber = Annotated[int, msgspec.Meta(ge=1, le=2_000_000_000)]


class Page(Shape, Generic[T], frozen=True, kw_only=True):
    """A part of a list. `next` is the cursor of the following part; (epoch, seq) is the position it was read at."""

    items: list[T]
    next: str | None
    epoch: str
    seq: int


class ExperimentPage(Page[ExperimentRow], frozen=True, kw_only=True):
    """Experiments by name."""


class DefinitionPage(Page[DefinitionRow], frozen=True, kw_only=True):
    """Definitions by id, archived ones included."""


class RunPage(Page[RunRow], frozen=True, kw_only=True):
    """Runs, newest first."""


class JobPage(Page[JobRow], frozen=True, kw_only=True):
    """Jobs, newest first."""


class TransitionPage(Page[Transition], frozen=True, kw_only=True):
    """Transitions in order. Go on from `next`, or from `seq` when it is null."""


class NewExperiment(Strict, frozen=True, kw_only=True):
    """`name`: letters, digits, `_`, `-`."""

    name: str
    instrument: str = ""
    description: str = ""


class ExperimentChange(Strict, frozen=True, kw_only=True):
    """What is left out stays."""

    instrument: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


class NewDefinition(Strict, frozen=True, kw_only=True):
    """`executable`: absolute path, empty for a draft; `parameters`: split at blanks and nothing else.

    Left out, `location` is the one that the manager is set to.
    """

    name: str
    executable: str | None = None
    parameters: str = ""
    location: str | None = None


class DefinitionChange(Strict, frozen=True, kw_only=True):
    """What is left out stays. With `seq` (of the row it was made from) an older one is refused with 409."""

    name: str | UnsetType = UNSET
    executable: str | UnsetType | None = UNSET
    parameters: str | UnsetType = UNSET
    location: str | UnsetType = UNSET
    seq: int | UnsetType = UNSET


class NewRun(Strict, frozen=True, kw_only=True):
    """Left out, `number` is the next one and `started_at` now."""

    number: RunNumber | None = None
    started_at: UtcTime | None = None
    params: dict[str, Any] = {}


class RunChange(Strict, frozen=True, kw_only=True):
    """What is left out stays, also within `params`, where null removes one; `tags` are all of them.

    A tag: 1 to 40 printable characters, no comma.
    """

    ended_at: UtcTime | UnsetType | None = UNSET
    params: dict[str, Any] | UnsetType = UNSET
    comment: Annotated[str, msgspec.Meta(max_length=2000)] | UnsetType = UNSET
    tags: Annotated[list[str], msgspec.Meta(max_length=20)] | UnsetType = UNSET


class Apply(Strict, frozen=True, kw_only=True):
    """`definition`: name or id; `runs`: 12, `1-20,25` or `all`; `only`: leave out runs that need none."""

    definition: str | int
    runs: int | str
    only: Literal["all", "missing", "failed"] = "all"
    parameters: str | None = None


class SkippedRun(Shape, frozen=True, kw_only=True):
    """A run that was asked for and got no job."""

    run: int
    reason: str


class Applied(Shape, frozen=True, kw_only=True):
    """The jobs that were made."""

    jobs: list[JobRow]
    skipped: list[SkippedRun]


class Details(Shape, frozen=True, kw_only=True):
    """`bjobs -l` of a job, and when it was read; without an LSF ID the submit script's output.

    `pending`: LSF's reasons why the job waits; None when it does not, or when the text is not fresh.
    """

    text: str
    as_of: UtcTime
    pending: list[str] | None = None


class KillRequest(Strict, frozen=True, kw_only=True):
    """`force` (`bkill -r`): LSF forgets the job without waiting for its host; for UNKWN and ZOMBI, after a kill."""

    force: bool = False


class Adopt(Strict, frozen=True, kw_only=True):
    """The LSF job that a person knows to be this job's; verified before it counts."""

    lsf_id: str


class SingleLsfJob(Shape, frozen=True, kw_only=True):
    """One of the LSF jobs of a job."""

    lsf_id: str
    status: str
    as_of: UtcTime
    submitted_at: UtcTime
    started_at: UtcTime | None
    ended_at: UtcTime | None
    exit_code: int | None
    reason: str | None
    queue: str | None
    host: str | None
    log_file: str | None
    elements: dict[str, int]
    """of a job array: status -> number of elements"""
    max_memory: int | None
    """bytes, the most that it had; None: LSF has not told"""
    memory_limit: int | None
    """bytes"""
    run_limit: float | None
    """seconds of running that it may take"""
    cpu_time: float | None
    """seconds"""


class LsfJobs(Page[SingleLsfJob], frozen=True, kw_only=True):
    """The LSF jobs of a job in the order they were submitted; `surplus`: doubles that were killed and do not count."""

    surplus: list[str]


class SubmissionAnswer(Shape, frozen=True, kw_only=True):
    """How the submit script was run and what it said. `text` has it all for people."""

    text: str
    as_of: UtcTime
    executable: str
    arguments: list[str]
    exit_code: int | None
    timed_out: bool
    problem: str | None
    stdout: str
    stderr: str
    handed_at: UtcTime | None
    began_at: UtcTime | None
    bsub_called_at: UtcTime | None
    ended_at: UtcTime | None
    sha256: str | None
    """of the script as it was run"""
    modified_at: UtcTime | None
    """when it was last changed before"""
    doubt: str | None
    """why it is not known whether LSF has a job of this script"""
    adopted: list[str]
    """LSF jobs found by the job's tag after bsub gave no answer"""
    surplus: list[str]
    """doubles that one bsub made, killed"""
    host: str | None
    """where it ran; null: not told"""
    folder: str | None
    """its working directory"""
    environment: list[Variable]
    """what it found: first what we gave it, the addresses to report to masked"""
    command: str
    """a line for a terminal that runs it in the same way, except that it cannot report"""


class SkippedItem(Shape, frozen=True, kw_only=True):
    """An item of a post that was not taken."""

    key: str
    reason: str


class ReportAnswer(Shape, frozen=True, kw_only=True):
    """What became of a post."""

    accepted: int
    skipped: list[SkippedItem]


class ReceivedPost(Shape, frozen=True, kw_only=True):
    """A post as it was received; `truncated`: `body` is only its beginning."""

    n: int
    at: UtcTime
    body: str
    truncated: bool
    accepted: int
    skipped: list[SkippedItem]


class JobTransitions(Page[Transition], frozen=True, kw_only=True):
    """A job's history."""


class JobReports(Page[ReceivedPost], frozen=True, kw_only=True):
    """The last posts received, newest first."""


class Alive(Shape, frozen=True, kw_only=True):
    """The process answers."""

    ok: bool


class StoreState(Shape, frozen=True, kw_only=True):
    """Whether the store answers."""

    ok: bool
    epoch: str | None
    error: str | None


class BusState(Shape, frozen=True, kw_only=True):
    """How news travel between processes."""

    name: str
    server: str
    connected: bool
    since: UtcTime | None
    """when `connected` last changed"""
    error: str | None


class Ready(Shape, frozen=True, kw_only=True):
    """What is up and what is away."""

    store: StoreState
    bus: BusState
    locations: list[LocationRow]
