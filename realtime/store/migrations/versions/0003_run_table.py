"""comments and tags of runs, newest jobs, ages of numbers, activity"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("comment", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("tags", sa.JSON(), server_default="[]", nullable=False))
    with op.batch_alter_table("definition", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quiet_after", sa.Float(), nullable=True))
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("counters_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("longest_quiet", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("superseded", sa.Boolean(), server_default="0", nullable=False))
        batch_op.drop_index("job_by_run")
        batch_op.create_index("job_by_run", ["experiment", "run", "live", "superseded", "status"], unique=False)
        batch_op.create_index("job_by_definition_and_run", ["experiment", "definition", "run"], unique=False)
    op.execute(
        "UPDATE job SET superseded = (1 = 1) WHERE EXISTS (SELECT 1 FROM job AS newer WHERE "
        "newer.experiment = job.experiment AND newer.definition = job.definition AND newer.run = job.run "
        "AND newer.number > job.number)"
    )
    op.create_table(
        "activity",
        sa.Column("experiment", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.Column("job", sa.String(length=24), nullable=True),
        sa.Column("definition", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("experiment", "seq"),
    )
