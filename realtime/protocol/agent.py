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
A job is run, looked at and killed as its `user`; an agent that runs everything as itself does not look at that name.
Each observation carries `n`, the agent's own count, growing within its generation: one older than what the manager
has applied to the same thing is ignored, so repeating is harmless.
"""

from realtime.protocol.rows import Check
from realtime.protocol.wire import Shape, UtcTime

VERSION = 2

OUTPUT_LIMIT = 32 * 1024
"""Bytes of a submit script's stdout and stderr each that travel to the manager (the end is kept)."""

QUESTION_TIMEOUT = 5.0
"""Seconds within which a question must be answered."""

TRY_TIMEOUT = 45.0
"""The same for a question of kind `try`, in which a script runs for up to 30 s."""

UNKNOWN_KIND = "a question of this kind is not known"
"""How the error begins with which an agent answers a kind of question that is newer than itself."""


def answer_within(kind: str) -> float:
    """Seconds that an answer to a question of this kind may take."""
    return TRY_TIMEOUT if kind == "try" else QUESTION_TIMEOUT


class LeaseRequest(Shape, frozen=True, kw_only=True):
    """`agent` is a random name kept in the spool: the same one gets its lease back at once after a restart.

    `seen_generation`: the newest generation that its spool has held, under a store of `seen_epoch`. A manager of the
    same epoch that knows only older ones has been restored from an older copy of its store.
    """

    protocol: int = VERSION
    location: str
    agent: str
    version: str
    scheduler: str | None
    scheduler_version: str | None
    seen_generation: int = 0
    seen_epoch: str | None = None


class Followed(Shape, frozen=True, kw_only=True):
    """A live job that LSF has, as the manager knows it."""

    job: str
    user: str
    lsf_ids: list[str]


class Unsettled(Shape, frozen=True, kw_only=True):
    """A job whose script was granted and that has no LSF id, or may have more LSF jobs than the known ones (doubt)."""

    job: str
    user: str
    requested_at: UtcTime


class Lease(Shape, frozen=True, kw_only=True):
    """`generation` goes into every further call. `follow`, `unsettled`: what to look after, should the spool be lost.

    `instance` is part of every tag given to LSF.
    """

    generation: int
    epoch: str
    instance: str
    follow: list[Followed]
    unsettled: list[Unsettled]


class CommandCount(Shape, frozen=True, kw_only=True):
    """How often a command of the batch system was called since the agent's start; `failures`: without an answer."""

    calls: int
    failures: int
    seconds: float


class AgentState(Shape, frozen=True, kw_only=True):
    """How the agent and its batch system fare. Sent with each request for work; what `/readyz` and `/metrics` tell."""

    answered_at: UtcTime | None = None
    """when a command was last really answered"""
    silent_since: UtcTime | None = None
    """the first of the questions in a row that found no answer; None: the last one was answered"""
    problem: str | None = None
    """what the last question without an answer met; None when answered"""
    format: str | None = None
    """how bjobs is asked: `json`, `delimited, few fields`, `wide`, ...; None: not found out yet"""
    followed: dict[str, int] = {}
    """status -> LSF jobs followed"""
    look_seconds: float | None = None
    """duration of the last look at LSF"""
    commands: dict[str, CommandCount] = {}
    scripts: int = 0
    """submit scripts under way"""
    doubts: int = 0
    """submissions of which it is being found out whether LSF has them"""
    observations: int = 0
    """not acknowledged yet"""


class WorkRequest(Shape, frozen=True, kw_only=True):
    """`room`: how many scripts may be started now. `holding`: items (`submit/JOB`, `kill/JOB`, `check/ID/VERSION`,
    `question/ID`, `verify/JOB`) that were received and are not finished; they are not handed out again meanwhile."""

    location: str
    generation: int
    room: int
    holding: list[str]
    state: AgentState


class Submit(Shape, frozen=True, kw_only=True):
    """Run this script once. It is called as `executable *arguments`; nothing of it goes through a shell.

    `restored`: the request is older than a restoration of the manager's store, which may have forgotten that the
    script was run: it must not run unless spool and LSF are asked first, and in doubt not at all.
    """

    job: str
    user: str
    requested_at: UtcTime
    restored: bool
    executable: str
    arguments: list[str]
    environment: dict[str, str]


class Kill(Shape, frozen=True, kw_only=True):
    """Kill the LSF jobs of a job. Without an id yet: as soon as one is known. `force`: `bkill -r`."""

    job: str
    user: str
    lsf_ids: list[str]
    force: bool


class CheckPath(Shape, frozen=True, kw_only=True):
    """Look whether a definition's script can be run here by `user`."""

    definition: int
    version: int
    executable: str
    user: str


class Verify(Shape, frozen=True, kw_only=True):
    """What a script, or a person, says of a job: to be verified before it counts for anything.

    `lsf_id`: must be a job of `user` (of the agent's account when it runs everything as itself), submitted after
    `requested_at`. `log_file`: must lie below the script's folder, the LSF job's working directory or LOG_ROOTS.
    `lsf_ids`: the LSF jobs known, for that working directory.
    """

    job: str
    user: str
    executable: str
    requested_at: UtcTime
    lsf_ids: list[str]
    lsf_id: str | None
    log_file: str | None


class Question(Shape, frozen=True, kw_only=True):
    """Asked by a person who waits; worthless after `answer_within`.

    `log`: bytes from `offset` (None: the last `limit`), at most `limit`, of the output: of `log_file`, a path that the
    script posted and that was verified, else of the first of `lsf_ids`. `details`: `bjobs -l` of all ids. `try`: check
    `executable` and run it once as `user` with `arguments` and `environment`, so that nothing is submitted.
    """

    id: str
    kind: str
    job: str
    user: str
    executable: str
    lsf_ids: list[str]
    ended: bool
    log_file: str | None = None
    offset: int | None = None
    limit: int = 0
    arguments: list[str] = []
    environment: dict[str, str] = {}
    """addresses to post to are empty here: the agent puts in one where nothing counts"""


class Work(Shape, frozen=True, kw_only=True):
    """What is to be done and not in the caller's hands yet; empty when the request was held in vain."""

    submit: list[Submit] = []
    kill: list[Kill] = []
    check: list[CheckPath] = []
    verify: list[Verify] = []
    questions: list[Question] = []
    follow: list[Followed] = []
    """jobs with LSF ids that did not come from their script (posted, or told by a person); not held, told again every
    now and then until the agent has said something of them"""
    look: list[str] = []
    """jobs that have reported although LSF said that they wait: to be looked at early; not held, told once"""


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


class LogAnswer(Shape, frozen=True, kw_only=True):
    """A piece of a log; positions in bytes of `source` (`file`, `bpeek` or `none`)."""

    text: str
    source: str
    offset: int
    next: int
    size: int
    path: str | None
    complete: bool


class TryCheck(Shape, frozen=True, kw_only=True):
    """One thing that was looked at. `ok` null: it could not be, or there was nothing to look at; `text` says why."""

    name: str
    """`path`, `interpreter`, `line ends`, `rights`, `syntax` or `dry run`"""
    ok: bool | None
    text: str


class StubCall(Shape, frozen=True, kw_only=True):
    """A bsub that a dry run has kept from submitting."""

    arguments: list[str]
    stdin: str


class Tried(Shape, frozen=True, kw_only=True):
    """What a script was found to be, and what it did in a dry run; without one (see its check) the rest is empty."""

    checks: list[TryCheck]
    exit_code: int | None = None
    timed_out: bool = False
    stdout: str = ""
    stderr: str = ""
    bsub: list[StubCall] = []


class Answer(Shape, frozen=True, kw_only=True):
    """Exactly one of log, text, tried and error is set. `error` says what failed and who did not answer.

    `pending`: with `text`, LSF's reasons why a job waits, one sentence each; None when it does not wait.
    """

    question: str
    log: LogAnswer | None = None
    text: str | None = None
    tried: Tried | None = None
    pending: list[str] | None = None
    error: str | None = None
