"""The tables. Times are UTC; JSON columns hold what PRODUCT's objects hold; `seq` is a row's last change in its scope.

Scopes: `site` (experiments, locations) and one `experiment/NAME` for each experiment (its runs, definitions, jobs,
and the locations that it uses, whose seq in that scope stands in `location_use`).
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored as naive UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""`epoch` and `secret` of this store; `restored_at` (RFC 3339) once an older copy of it was put in its place;
`served_since` and `served_at` (RFC 3339)."""

scope = Table(
    "scope",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("floor", Integer, nullable=False, server_default="0"),
)
"""The counter of each scope; tombstones up to `floor` are forgotten."""

tombstone = Table(
    "tombstone",
    metadata,
    Column("scope", String(80), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("tombstone_by_seq", "scope", "seq"),
)

experiment = Table(
    "experiment",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("instrument", String(64), nullable=False),
    Column("description", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_activity_at", UtcDateTime),
    Column("jobs_made", Integer, nullable=False, server_default="0"),
    Column("seq", Integer, nullable=False),
    Index("experiment_by_seq", "seq"),
)

run = Table(
    "run",
    metadata,
    Column("experiment", ForeignKey("experiment.name"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("params", JSON, nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    Column("tags", JSON, nullable=False, server_default="[]"),
    Column("seq", Integer, nullable=False),
    Index("run_by_seq", "experiment", "seq"),
)

definition = Table(
    "definition",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("experiment", ForeignKey("experiment.name"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("executable", Text),
    Column("parameters", Text, nullable=False),
    Column("location", String(64), nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("archived_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    Column("check_ok", Boolean),
    Column("check_problem", Text),
    Column("check_at", UtcDateTime),
    Column("checked_at", UtcDateTime),
    Column("quiet_after", Float),
    Column("seq", Integer, nullable=False),
    Index("definition_by_seq", "experiment", "seq"),
    Index(
        "definition_name",
        "experiment",
        "name",
        unique=True,
        sqlite_where=text("archived_at IS NULL"),
        postgresql_where=text("archived_at IS NULL"),
    ),
    Index("definition_by_location", "location"),
    sqlite_autoincrement=True,
)
"""`check_at`: since when the check says so; `checked_at`: when it was last looked at (not visible). `quiet_after`:
seconds without a change of its numbers after which a job of it is unusually quiet, learnt from its good jobs."""

definition_version = Table(
    "definition_version",
    metadata,
    Column("definition", ForeignKey("definition.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("executable", Text),
    Column("parameters", Text, nullable=False),
    Column("location", String(64), nullable=False),
)

# SQLite takes a partial index only for a condition in the very words of the index: SQLAlchemy asks for `live = 1`.
_kill_asked = text("kill_requested_at IS NOT NULL AND kill_answered_at IS NULL")
_posted_lsf_id = text("posted_lsf_id IS NOT NULL")
_posted_log_file = text("posted_log_file IS NOT NULL")

_OF_TIMES = ("experiment", "definition", "requested_at", "started_at", "ended_at", "status", "superseded", "run")

job = Table(
    "job",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("experiment", String(64), nullable=False),
    Column("run", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("definition", ForeignKey("definition.id"), nullable=False),
    Column("definition_name", String(64), nullable=False),
    Column("definition_version", Integer, nullable=False),
    Column("executable", Text, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("user", String(64), nullable=False),
    Column("location", String(64), nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("cancelled_at", UtcDateTime),
    Column("kill_requested_at", UtcDateTime),
    Column("kill_requested_by", String(64)),
    Column("kill_answered_at", UtcDateTime),
    Column("kill_error", Text),
    Column("kill_force", Boolean, nullable=False, server_default="0"),
    Column("posted_lsf_id", String(20)),
    Column("posted_log_file", Text),
    Column("posted_by", String(64)),
    Column("verified_log_file", Text),
    Column("look_wanted_at", UtcDateTime),
    Column("look_due", Boolean, nullable=False, server_default="0"),
    Column("counters", JSON, nullable=False),
    Column("counters_at", UtcDateTime),
    Column("longest_quiet", Float),
    Column("sample_due_at", UtcDateTime),
    Column("superseded", Boolean, nullable=False, server_default="0"),
    # What follows is derived from the facts above and from submission and lsf_job, at each change of them.
    Column("live", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    Column("reason", Text),
    Column("as_of", UtcDateTime, nullable=False),
    Column("submitted_at", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("exit_code", Integer),
    Column("queue", String(64)),
    Column("host", Text),
    Column("log_file", Text),
    Column("lsf_id", String(20)),
    Column("seq", Integer, nullable=False),
    Index("job_by_seq", "experiment", "seq"),
    Index("job_by_run", "experiment", "run", "live", "superseded", "status"),
    Index("job_by_definition_and_run", "experiment", "definition", "run"),
    Index("job_by_definition", "definition"),
    Index("job_by_times", *_OF_TIMES),
    Index("job_live", "location", "status", sqlite_where=text("live = 1"), postgresql_where=text("live")),
    Index("job_live_by_experiment", "experiment", sqlite_where=text("live = 1"), postgresql_where=text("live")),
    Index("job_look_due", "location", sqlite_where=text("look_due = 1"), postgresql_where=text("look_due")),
    Index("job_kill_asked", "location", sqlite_where=_kill_asked, postgresql_where=_kill_asked),
    Index("job_posted_lsf_id", "location", sqlite_where=_posted_lsf_id, postgresql_where=_posted_lsf_id),
    Index("job_posted_log_file", "location", sqlite_where=_posted_log_file, postgresql_where=_posted_log_file),
)
"""`posted_...`: what the script or a person (`posted_by`) said, not verified yet. `look_due`: the agent is to be told
to look at it early, which was last wanted at `look_wanted_at`. `counters_at`: when its numbers last changed, and
`longest_quiet` the most seconds between two such changes. `sample_due_at`:
from when on its numbers are kept once more in `series`. `superseded`: a newer job of its hash stands on its run."""

submission = Table(
    "submission",
    metadata,
    Column("job", ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False, server_default="1"),
    Column("arguments", JSON, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("handed_at", UtcDateTime),
    Column("claimed_at", UtcDateTime),
    Column("began_at", UtcDateTime),
    Column("bsub_called_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("exit_code", Integer),
    Column("timed_out", Boolean, nullable=False),
    Column("problem", Text),
    Column("stdout", Text, nullable=False),
    Column("stderr", Text, nullable=False),
    Column("sha256", String(64)),
    Column("modified_at", UtcDateTime),
    Column("doubt", Text),
    Column("adopted", JSON, nullable=False, server_default="[]"),
    Column("surplus", JSON, nullable=False, server_default="[]"),
    Column("host", String(255)),
    Column("folder", Text),
    Column("environment", String(64)),
    Index("submission_by_environment", "environment"),
)
"""`host`, `folder`: where the script ran; `environment`: key of what it found there besides what we gave it."""

environment = Table(
    "environment",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("variables", JSON, nullable=False),
)
"""Environments of submit scripts, each kept once: name -> value; null: it looked like a secret and was left out."""

_follow_due = text("follow_due_at IS NOT NULL")

lsf_job = Table(
    "lsf_job",
    metadata,
    Column("job", ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("lsf_id", String(20), primary_key=True),
    Column("attempt", Integer, nullable=False, server_default="1"),
    Column("position", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("exit_code", Integer),
    Column("reason", Text),
    Column("queue", String(64)),
    Column("host", Text),
    Column("log_file", Text),
    Column("elements", JSON, nullable=False, server_default="{}"),
    Column("follow_due_at", UtcDateTime),
    Column("named", Boolean, nullable=False, server_default="0"),
    Column("max_memory", BigInteger),
    Column("memory_limit", BigInteger),
    Column("run_limit", Float),
    Column("cpu_time", Float),
    Index("lsf_job_by_id", "lsf_id"),
    Index("lsf_job_follow_due", "follow_due_at", sqlite_where=_follow_due, postgresql_where=_follow_due),
)

transition = Table(
    "transition",
    metadata,
    Column("experiment", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("job", String(24), nullable=False),
    Column("run", Integer, nullable=False),
    Column("lsf_id", String(20)),
    Column("from", String(16)),
    Column("to", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(64), nullable=False),
    Column("reason", Text),
    Index("transition_by_job", "job"),
)

activity = Table(
    "activity",
    metadata,
    Column("experiment", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("run", Integer),
    Column("job", String(24)),
    Column("definition", Integer),
)
"""What people and programs did, one row for each request; `text` says it in words. `run`, `job`, `definition`: where to
look, when it was one."""

post = Table(
    "post",
    metadata,
    Column("job", ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("body", Text, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("skipped", JSON, nullable=False),
    sqlite_with_rowid=False,
)
"""The last posts received by a job's report address. They are most of what a store grows by: each stands there once,
without an index beside the table."""

series = Table(
    "series",
    metadata,
    Column("job", ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("samples", JSON, nullable=False),
)
"""The numbers of a job over time, thinned: what `domain.series` makes of them."""

log_end = Table(
    "log_end",
    metadata,
    Column("job", ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("text", Text, nullable=False),
    Column("error_line", Text),
    Column("error_at", BigInteger),
    Column("as_of", UtcDateTime, nullable=False),
)
"""The last lines of the output of a job that failed, and the first line of it that tells of an error, with its byte."""

details = Table(
    "details",
    metadata,
    Column("job", ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("text", Text, nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
)
"""The last `bjobs -l` text of a job, shown while the agent is away."""

location = Table(
    "location",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("agent", String(64)),
    Column("generation", Integer, nullable=False, server_default="0"),
    Column("heard_at", UtcDateTime),
    Column("agent_connected", Boolean, nullable=False),
    Column("agent_seen_at", UtcDateTime),
    Column("agent_version", String(64)),
    Column("scheduler", String(64)),
    Column("scheduler_version", String(200)),
    Column("scheduler_answered_at", UtcDateTime),
    Column("scheduler_format", String(64)),
    Column("scheduler_silent_since", UtcDateTime),
    Column("scheduler_problem", Text),
    Column("state", JSON),
    Column("queues", JSON),
    Column("queues_at", UtcDateTime),
    Column("restored_at", UtcDateTime),
    Column("seq", Integer, nullable=False),
    Index("location_by_seq", "seq"),
)
"""`heard_at` moves with every request of the agent; the visible `agent_seen_at` follows it in coarse steps. `state`: an
AgentState. `restored_at`: when an agent knew a newer generation than this store."""

location_use = Table(
    "location_use",
    metadata,
    Column("experiment", ForeignKey("experiment.name"), primary_key=True),
    Column("location", ForeignKey("location.name"), primary_key=True),
    Column("seq", Integer, nullable=False),
    Index("location_use_by_seq", "experiment", "seq"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("experiment", ForeignKey("experiment.name"), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("body", String(64), nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""Answers to requests that carried an Idempotency-Key, kept for a day; `body` is the SHA-256 of the request."""
