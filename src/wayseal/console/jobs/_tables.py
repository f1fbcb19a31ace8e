"""The tables of jobs, as `console.serve` has them made."""

import sqlalchemy as sa

METADATA = sa.MetaData()

jobs = sa.Table(
    "jobs",
    METADATA,
    sa.Column("job", sa.BigInteger, primary_key=True, autoincrement=False),
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
    sa.Index("ix_jobs_state", "state", "job"),
    sa.Index("ix_jobs_subject", "subject", "job"),
)
lines = sa.Table(
    "job_lines",
    METADATA,
    sa.Column("job", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
schedules = sa.Table(
    "job_schedules",
    METADATA,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("hour", sa.Integer, nullable=False),
    sa.Column("who", sa.String(64), nullable=False),
    sa.Column("set_at", sa.BigInteger, nullable=False),
    sa.Column("last_day", sa.Integer),
    sa.Column("each_hour", sa.Boolean, server_default=sa.false(), nullable=False),
)
messages = sa.Table(
    "job_messages",
    METADATA,
    sa.Column("message", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),
    sa.Column("job", sa.BigInteger),
    sa.Column("content", sa.Text, nullable=False),
    sa.Index("ix_job_messages_due_at", "due_at", "message"),
)
days_run = sa.Table(
    "days_run",
    METADATA,
    sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
)
