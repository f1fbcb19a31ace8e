"""Jobs: what was asked for, their logs, what starts each day, and the queue."""

import sqlalchemy as sa
from alembic import op

from wayseal.store.database.migrations._downgrade_guard import refuse_with_rows

revision = "console_0002"
down_revision = "console_0001"
_TABLES = ("job_messages", "job_schedules", "job_lines", "jobs")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "jobs",
        sa.Column("job", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("given", sa.Text, nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("stage", sa.String(40), nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("cancelling", sa.Boolean, nullable=False),
        sa.Column("worker", sa.String(40)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("job"),
    )
    op.create_index("ix_jobs_state", "jobs", ["state", "job"])
    op.create_index("ix_jobs_subject", "jobs", ["subject", "job"])
    op.create_table(
        "job_lines",
        sa.Column("job", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("line", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("job", "line"),
    )
    _make_the_rest()


def _make_the_rest() -> None:
    op.create_table(
        "job_schedules",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("set_at", sa.BigInteger, nullable=False),
        sa.Column("last_day", sa.Integer),
        sa.PrimaryKeyConstraint("kind"),
    )
    op.create_table(
        "job_messages",
        sa.Column("message", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("job", sa.BigInteger),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("message"),
    )
    op.create_index("ix_job_messages_due_at", "job_messages", ["due_at", "message"])


def downgrade() -> None:
    """Drops them where they are empty."""
    refuse_with_rows(op.get_bind(), _TABLES)
    for table in _TABLES:
        op.drop_table(table)
