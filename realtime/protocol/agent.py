"""What agent and manager say to each other over HTTP. The agent alone opens connections; all calls are POST with JSON
and `Authorization: Bearer AGENT_TOKEN`.

| call | body -> answer | meaning |
|---|---|---|
| `/agent/v1/lease` | Lease request -> Lease | become the agent of a location; 409 while another one holds it |
| `/agent/v1/work` | WorkRequest -> Work | held open up to `hold` s until there is something to do |
| `/agent/v1/claim` | Claim -> Claimed | may this script be run? The store decides the race with a cancelling user |
| `/agent/v1/observations` | Observations -> Acknowledged | what was seen, in order; repeated until acknowledged |
| `/agent/v1/answers` | Answer -> 204 | the answer to a question of Work |

409 with code `no_lease` on any call: the generation is not the current one; ask for a lease again.
Each observation carries `n`, the agent's own count, growing within its generation: one older than what the manager
has applied to the same thing is ignored, so repeating is harmless.
"""

from realtime.protocol.rows import Check
from realtime.protocol.wire import Shape, UtcTime

VERSION = 1

OUTPUT_LIMIT = 32 * 1024
"""Bytes of a submit script's stdout and stderr each that travel to the manager (the end is kept)."""

QUESTION_TIMEOUT = 5.0
"""Seconds within which a question must be answered."""


class LeaseRequest(Shape, frozen=True, kw_only=True):
    """`agent` is a random name kept in the spool: the same one gets its lease back at once after a restart."""

    protocol: int = VERSION
    location: str
    agent: str
    version: str
    scheduler: str | None
    scheduler_version: str | None


class Followed(Shape, frozen=True, kw_only=True):
    """A live job that LSF has, as the manager knows it."""

    job: str
    lsf_ids: list[str]


class Lease(Shape, frozen=True, kw_only=True):
    """`generation` goes into every further call. `follow`: what to look after, should the spool be lost."""

    generation: int
    epoch: str
    instance: str
    follow: list[Followed]


class WorkRequest(Shape, frozen=True, kw_only=True):
    """`room`: how many scripts may be started now. `holding`: items (`submit/JOB`, `kill/JOB`, `check/ID/VERSION`,
    `question/ID`) that were received and are not finished; they are not handed out again meanwhile."""

    location: str
    generation: int
    room: int
    holding: list[str]
    scheduler_answered_at: UtcTime | None


class Submit(Shape, frozen=True, kw_only=True):
    """Run this script once. It is called as `executable *arguments`; nothing of it goes through a shell."""

    job: str
    executable: str
    arguments: list[str]
    environment: dict[str, str]


class Kill(Shape, frozen=True, kw_only=True):
    """Kill the LSF jobs of a job. Without an id yet: as soon as one is known."""

    job: str
    lsf_ids: list[str]


class CheckPath(Shape, frozen=True, kw_only=True):
    """Look whether a definition's script can be run here."""

    definition: int
    version: int
    executable: str


class Question(Shape, frozen=True, kw_only=True):
    """Asked by a person who waits; worthless after QUESTION_TIMEOUT.

    `log`: bytes from `offset` (None: the last `limit`), at most `limit`, of the job's output.
    `details`: `bjobs -l` of all ids.
    """

    id: str
    kind: str
    job: str
    lsf_ids: list[str]
    ended: bool
    offset: int | None = None
    limit: int = 0


class Work(Shape, frozen=True, kw_only=True):
    """What is to be done and not in the caller's hands yet; empty when the request was held in vain."""

    submit: list[Submit] = []
    kill: list[Kill] = []
    check: list[CheckPath] = []
    questions: list[Question] = []


class Claim(Shape, frozen=True, kw_only=True):
    """Sent after the intent is on disk and before the script runs. Safe to repeat."""

    location: str
    generation: int
    job: str


class Claimed(Shape, frozen=True, kw_only=True):
    """Not granted: the request was cancelled or deleted; the script must not run."""

    granted: bool
    reason: str | None


class SubmissionSeen(Shape, frozen=True, kw_only=True, tag_field="type", tag="submission"):
    """The state of a submit script: sent when it starts, when an id is found, when bsub is called, when it ends."""

    n: int
    at: UtcTime
    job: str
    began_at: UtcTime | None = None
    bsub_called_at: UtcTime | None = None
    lsf_ids: list[str] = []
    """in the order found; a later observation never takes one back"""
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


Observation = SubmissionSeen | LsfSeen | KillSeen | CheckSeen


class Observations(Shape, frozen=True, kw_only=True):
    """At most 200 at a time, oldest first."""

    location: str
    generation: int
    observations: list[Observation]


class Acknowledged(Shape, frozen=True, kw_only=True):
    """Everything up to and including `n` is in the store. `unknown`: jobs that the manager does not have (deleted)."""

    n: int
    unknown: list[str]


class LogAnswer(Shape, frozen=True, kw_only=True):
    """A piece of a log; positions in bytes of `source` (`file`, `bpeek` or `none`)."""

    text: str
    source: str
    offset: int
    next: int
    size: int
    path: str | None
    complete: bool


class Answer(Shape, frozen=True, kw_only=True):
    """Exactly one of log, text and error is set. `error` says what failed and who did not answer."""

    question: str
    log: LogAnswer | None = None
    text: str | None = None
    error: str | None = None
