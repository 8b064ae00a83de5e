"""doubt, verified claims, forced kills, arrays, the agent's state, restorations"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kill_force", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("posted_log_file", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("posted_by", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("verified_log_file", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("look_wanted_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("look_due", sa.Boolean(), server_default="0", nullable=False))
        batch_op.drop_index("job_live")
        batch_op.drop_index("job_live_by_experiment")

    # Each condition stands in the very words that a query uses: SQLite takes the index for no other.
    _index("job_live", "job", ["location", "status"], "live = 1", "live")
    _index("job_live_by_experiment", "job", ["experiment"], "live = 1", "live")
    _index("job_look_due", "job", ["location"], "look_due = 1", "look_due")
    asked = "kill_requested_at IS NOT NULL AND kill_answered_at IS NULL"
    _index("job_kill_asked", "job", ["location"], asked, asked)
    for name in ("posted_lsf_id", "posted_log_file"):
        _index(f"job_{name}", "job", ["location"], f"{name} IS NOT NULL", f"{name} IS NOT NULL")

    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("doubt", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("adopted", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("surplus", sa.JSON(), server_default="[]", nullable=False))

    with op.batch_alter_table("lsf_job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("elements", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("follow_due_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("named", sa.Boolean(), server_default="0", nullable=False))
        batch_op.create_index("lsf_job_by_id", ["lsf_id"], unique=False)
    _index("lsf_job_follow_due", "lsf_job", ["follow_due_at"], "follow_due_at IS NOT NULL", "follow_due_at IS NOT NULL")

    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scheduler_format", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("scheduler_silent_since", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("scheduler_problem", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("state", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("restored_at", sa.DateTime(), nullable=True))


def _index(name: str, table: str, columns: list[str], sqlite: str, postgresql: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(sqlite), postgresql_where=sa.text(postgresql))
