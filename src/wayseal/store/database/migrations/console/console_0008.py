"""People and how they sign in, what was marked, jobs, baskets of numbers, and traces."""

import sqlalchemy as sa
from alembic import op

from wayseal.store.database.migrations._downgrade_guard import refuse_with_rows

revision = "console_0008"
down_revision = None
_TABLES = (
    "people",
    "sessions",
    "acts",
    "marks",
    "recovery_codes",
    "links",
    "attempts",
    "departures",
    "days_run",
    "jobs",
    "job_lines",
    "job_schedules",
    "job_messages",
    "baskets",
    "basket_rows",
    "basket_acts",
    "trace_runs",
)


def upgrade() -> None:
    """Makes the tables."""
    _make_people()
    _make_signing_in()
    _make_jobs()
    _make_baskets()
    _make_traces()


def _make_people() -> None:
    op.create_table(
        "people",
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("password", sa.String(200)),
        sa.Column("totp", sa.LargeBinary),
        sa.Column("totp_next", sa.LargeBinary),
        sa.Column("totp_step", sa.BigInteger, nullable=False),
        sa.Column("lang", sa.String(5)),
        sa.Column("theme", sa.String(5)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("way", sa.String(10), server_default="password", nullable=False),
        sa.Column("identity_hmac", sa.String(64)),
        sa.Column("outlet", sa.String(64)),
        sa.Column("totp_used", sa.Text, server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("person"),
    )
    op.create_index("ix_people_identity_hmac", "people", ["identity_hmac"], unique=True)
    op.create_index("ix_people_login", "people", ["login"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("session", sa.String(32), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("via", sa.String(10), nullable=False),
        sa.Column("device", sa.String(60), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("confirmed_at", sa.BigInteger, nullable=False),
        sa.Column("misses", sa.Integer, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("looks", sa.Text, server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("session"),
    )
    op.create_index("ix_sessions_person", "sessions", ["person"])
    op.create_index("ix_sessions_token_sha256", "sessions", ["token_sha256"], unique=True)
    op.create_table(
        "acts",
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("act", sa.String(20), nullable=False),
        sa.Column("who", sa.String(32)),
        sa.Column("person", sa.String(32)),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("chain", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "marks",
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person", "name"),
    )


def _make_signing_in() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("code_hmac", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("person", "code_hmac"),
    )
    op.create_table(
        "links",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("person", sa.String(32)),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("token_sha256"),
    )
    op.create_table(
        "attempts",
        sa.Column("key_hmac", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key_hmac"),
    )
    op.create_table(
        "departures",
        sa.Column("state_sha256", sa.String(64), nullable=False),
        sa.Column("browser_sha256", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("state_sha256"),
    )
    op.create_table(
        "days_run",
        sa.Column("day", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )


def _make_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("job", sa.BigInteger, autoincrement=False, nullable=False),
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
        sa.Column("job", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("job", "line"),
    )
    op.create_table(
        "job_schedules",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("set_at", sa.BigInteger, nullable=False),
        sa.Column("last_day", sa.Integer),
        sa.Column("each_hour", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("kind"),
    )
    op.create_table(
        "job_messages",
        sa.Column("message", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("job", sa.BigInteger),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("message"),
    )
    op.create_index("ix_job_messages_due_at", "job_messages", ["due_at", "message"])


def _make_baskets() -> None:
    op.create_table(
        "baskets",
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("numbers", sa.Integer, nullable=False),
        sa.Column("next_row", sa.Integer, nullable=False),
        sa.Column("closed", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("changed_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_baskets_closed", "baskets", ["closed", "changed_at", "number"])
    op.create_table(
        "basket_rows",
        sa.Column("basket", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("since", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("until", sa.Integer, nullable=False),
        sa.Column("waybill", sa.String(512), nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("seen_day", sa.Integer, nullable=False),
        sa.Column("asked_at", sa.BigInteger),
        sa.Column("absent_at", sa.BigInteger),
        sa.Column("found_by", sa.String(16)),
        sa.Column("seller", sa.Text),
        sa.Column("asked", sa.Text),
        sa.Column("price", sa.String(40), nullable=False),
        sa.Column("bought_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("basket", "row", "since"),
    )
    op.create_index("ix_basket_rows_until", "basket_rows", ["basket", "until", "row"])
    op.create_index("ix_basket_rows_waybill", "basket_rows", ["waybill", "until"])
    op.create_table(
        "basket_acts",
        sa.Column("basket", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("act", sa.String(12), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("basket", "version"),
    )


def _make_traces() -> None:
    op.create_table(
        "trace_runs",
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("job", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("basket", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("of", sa.String(64), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("item", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_trace_runs_basket", "trace_runs", ["basket", "kind", "number"])
    op.create_index("ix_trace_runs_job", "trace_runs", ["job"], unique=True)
    op.create_index("ix_trace_runs_kind", "trace_runs", ["kind", "number"])
    op.create_index("ix_trace_runs_of", "trace_runs", ["of", "number"])


def downgrade() -> None:
    """Drops them where they are empty."""
    refuse_with_rows(op.get_bind(), _TABLES)
    for name in _TABLES:
        op.drop_table(name)
