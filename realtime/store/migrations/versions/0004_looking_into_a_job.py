"""numbers over time, where scripts ran, what jobs used, ends of logs, queues"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sample_due_at", sa.DateTime(), nullable=True))
        batch_op.create_index(
            "job_by_times",
            ["experiment", "definition", "requested_at", "started_at", "ended_at", "status", "superseded", "run"],
        )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("host", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("folder", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("environment", sa.String(length=64), nullable=True))
        batch_op.create_index("submission_by_environment", ["environment"])
    with op.batch_alter_table("lsf_job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("max_memory", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("memory_limit", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("run_limit", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("cpu_time", sa.Float(), nullable=True))
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.add_column(sa.Column("queues", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("queues_at", sa.DateTime(), nullable=True))
    with op.batch_alter_table("post", recreate="always", table_kwargs={"sqlite_with_rowid": False}):
        pass
    op.create_table(
        "environment",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "series",
        sa.Column("job", sa.String(length=24), nullable=False),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["job.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job"),
    )
    op.create_table(
        "log_end",
        sa.Column("job", sa.String(length=24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("error_line", sa.Text(), nullable=True),
        sa.Column("error_at", sa.BigInteger(), nullable=True),
        sa.Column("as_of", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["job.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job"),
    )
