"""What the agent has seen, told until the manager acknowledges it."""

from realtime.protocol.rows import Check
from realtime.protocol.wire import Shape, UtcTime

OUTPUT_LIMIT = 32 * 1024
"""Bytes of a submit script's stdout and stderr each that travel to the manager (the end is kept)."""


class SubmissionSeen(Shape, frozen=True, kw_only=True, tag_field="type", tag="submission"):
    """The state of a submit script: sent when it starts, when an id is found, when bsub is called, when it ends."""

    n: int
    at: UtcTime
    job: str
    began_at: UtcTime | None = None
    bsub_called_at: UtcTime | None = None
    lsf_ids: list[str] = []
    """in the order found; a later observation never takes one back"""
    adopted: list[str] = []
    """those of `lsf_ids` that no bsub told of, found in LSF by the job's tag"""
    surplus: list[str] = []
    """further LSF jobs that one and the same bsub made; killed, and never among `lsf_ids`"""
    doubt: str | None = None
    """why it is not known whether LSF has a job of this script; while it is set, the script's end decides nothing"""
    ended_at: UtcTime | None = None
    exit_code: int | None = None
    """None while running, or when `problem` says why there is none; negative: killed by that signal"""
    timed_out: bool = False
    problem: str | None = None
    """why the script could not be run or its end is unknown: `not there`, `not executable`, ..."""
    stdout: str = ""
    stderr: str = ""
    sha256: str | None = None
    """of the script as it was run"""
    modified_at: UtcTime | None = None
    host: str | None = None
    """where it ran"""
    folder: str | None = None
    """its working directory"""
    environment: dict[str, str | None] | None = None
    """what it found in its environment besides what Submit gave; null: a value that looked like a secret. Told once the
    script has ended; None: not told (yet)"""


class LsfSeen(Shape, frozen=True, kw_only=True, tag_field="type", tag="lsf"):
    """What LSF says of one of a job's LSF jobs. `status` is one of LSF's words, or `LOST`."""

    n: int
    at: UtcTime
    job: str
    lsf_id: str
    status: str
    exit_code: int | None = None
    reason: str | None = None
    """of an end, in words"""
    queue: str | None = None
    host: str | None = None
    log_file: str | None = None
    """where LSF writes the output, `%J` and `%I` expanded"""
    elements: dict[str, int] = {}
    """of a job array: status -> number of elements; empty for a single job"""
    max_memory: int | None = None
    """bytes, the most that it had"""
    memory_limit: int | None = None
    """bytes"""
    run_limit: float | None = None
    """seconds of running that it may take"""
    cpu_time: float | None = None
    """seconds"""


class KillSeen(Shape, frozen=True, kw_only=True, tag_field="type", tag="kill"):
    """bkill was called and answered. `error` is LSF's refusal; None: accepted, or there was nothing left to kill."""

    n: int
    at: UtcTime
    job: str
    error: str | None


class CheckSeen(Shape, frozen=True, kw_only=True, tag_field="type", tag="check"):
    """What was found at a definition's path."""

    n: int
    at: UtcTime
    definition: int
    version: int
    check: Check


class PostSeen(Shape, frozen=True, kw_only=True, tag_field="type", tag="post"):
    """What became of a Verify: what was asked, and why it does not count (None: it does)."""

    n: int
    at: UtcTime
    job: str
    lsf_id: str | None
    lsf_problem: str | None
    log_file: str | None
    log_problem: str | None


Observation = SubmissionSeen | LsfSeen | KillSeen | CheckSeen | PostSeen


class Observations(Shape, frozen=True, kw_only=True):
    """At most 200 at a time, oldest first."""

    location: str
    generation: int
    observations: list[Observation]


class Acknowledged(Shape, frozen=True, kw_only=True):
    """Everything up to and including `n` is in the store. `unknown`: jobs that the manager does not have (deleted)."""

    n: int
    unknown: list[str]
