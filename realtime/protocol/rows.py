"""The visible objects: the same shape in the API, on the websocket and on Redis.

Each carries `key` (unique in its scope), `kind` and `seq`, the number of its last change in its scope.
A row is absolute state; a newer row of the same key replaces an older one.
"""

from typing import Any

from realtime.protocol.wire import Shape, UtcTime


class ExperimentRow(Shape, frozen=True, kw_only=True, tag_field="kind", tag="experiment"):
    """A beam time. Scope: site."""

    key: str
    """`experiment/NAME`"""
    seq: int
    name: str
    instrument: str
    description: str
    runs: int
    last_run: int | None
    jobs_live: int
    last_activity_at: UtcTime | None
    created_at: UtcTime


class RunRow(Shape, frozen=True, kw_only=True, tag_field="kind", tag="run"):
    """One numbered acquisition. Scope: its experiment."""

    key: str
    """`run/12`"""
    seq: int
    experiment: str
    number: int
    started_at: UtcTime
    ended_at: UtcTime | None
    params: dict[str, Any]
    jobs: dict[str, int]
    """status -> number of this run's jobs in it"""
    current: dict[str, int] = {}
    """status -> number of its current jobs in it: the newest of each hash, and every live one"""
    comment: str = ""
    tags: list[str] = []


class Check(Shape, frozen=True, kw_only=True):
    """What the agent found at a definition's path on its host."""

    ok: bool
    problem: str | None
    """`not there`, `not executable`, `interpreter missing: /usr/bin/foo`, `Windows line ends`, ...; None when ok"""
    at: UtcTime


class DefinitionRow(Shape, frozen=True, kw_only=True, tag_field="kind", tag="definition"):
    """A hash: a named script with its parameters. Scope: its experiment."""

    key: str
    """`definition/3`"""
    seq: int
    id: int
    experiment: str
    name: str
    executable: str | None
    """absolute path; None for a draft"""
    parameters: str
    location: str
    created_by: str
    created_at: UtcTime
    archived_at: UtcTime | None
    check: Check | None
    """None: not checked yet"""
    version: int
    quiet_after: float | None = None
    """seconds without a change of its numbers after which a job of it is unusually quiet; None: not learnt yet"""


class DefinitionRef(Shape, frozen=True, kw_only=True):
    """The hash that a job was made from."""

    id: int
    name: str


class Counter(Shape, frozen=True, kw_only=True):
    """One line of a job's report."""

    name: str
    value: str | int | float | bool | None
    color: str | None
    at: UtcTime | None = None
    """when its value or colour last changed, in whole seconds; None: before this was kept"""


class JobRow(Shape, frozen=True, kw_only=True, tag_field="kind", tag="job"):
    """One definition applied to one run. Scope: its experiment."""

    key: str
    """`job/ID`"""
    seq: int
    id: str
    """24 hex digits, time-ordered"""
    number: int
    """short, for people; counts up in the experiment"""
    experiment: str
    run: int
    definition: DefinitionRef
    executable: str
    parameters: str
    user: str
    location: str
    status: str
    as_of: UtcTime
    detail: str
    """the status in words"""
    kill_requested_at: UtcTime | None
    lsf_id: str | None
    lsf_ids: list[str]
    counters: list[Counter]
    requested_at: UtcTime
    submitted_at: UtcTime | None
    started_at: UtcTime | None
    ended_at: UtcTime | None
    exit_code: int | None
    reason: str | None
    queue: str | None
    host: str | None
    log_file: str | None


class Queue(Shape, frozen=True, kw_only=True):
    """A queue of a farm, as bqueues tells it; numbers of jobs (slots, where LSF counts these)."""

    name: str
    status: str
    """`Open:Active`, `Closed:Active`, ..."""
    pending: int
    running: int
    suspended: int


class LocationRow(Shape, frozen=True, kw_only=True, tag_field="kind", tag="location"):
    """A farm that an agent serves. Scopes: site, and each experiment that uses it (with a seq of its own there)."""

    key: str
    """`location/default`"""
    seq: int
    name: str
    agent_connected: bool
    agent_seen_at: UtcTime | None
    agent_version: str | None
    scheduler: str | None
    """what answers: `LSF 10.1`, `embedded`"""
    scheduler_version: str | None
    scheduler_answered_at: UtcTime | None
    scheduler_format: str | None
    """how bjobs is asked here: `json`, `delimited`, `wide`, ..."""
    scheduler_silent_since: UtcTime | None
    """None: the last question was answered"""
    scheduler_problem: str | None
    """what the last question without an answer met"""
    queues: list[Queue] | None = None
    """None: not told yet"""
    queues_at: UtcTime | None = None
    """when they were told last"""


Row = ExperimentRow | RunRow | DefinitionRow | JobRow | LocationRow


class Transition(Shape, frozen=True, kw_only=True, rename={"from_": "from"}):
    """One change of a job's status. `seq` is unique in the experiment and grows."""

    seq: int
    job: str
    experiment: str
    run: int
    lsf_id: str | None
    from_: str | None
    """None for the request itself"""
    to: str
    at: UtcTime
    by: str
    """`agent`, `manager`, or the user"""
    reason: str | None
