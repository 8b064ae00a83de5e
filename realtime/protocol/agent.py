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

from realtime.protocol.questions import Question
from realtime.protocol.rows import Queue
from realtime.protocol.wire import Shape, UtcTime

VERSION = 2


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
    queues: list[Queue] | None = None
    """as bqueues tells them; None: not asked yet, or it gave no answer"""
    queues_at: UtcTime | None = None
    """when it told"""


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
