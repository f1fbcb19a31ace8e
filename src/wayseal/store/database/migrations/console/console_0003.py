"""Baskets of numbers that turned up outside, what was done with them, and the runs over them."""

import sqlalchemy as sa
from alembic import op

from wayseal.store.database.migrations._downgrade_guard import refuse_with_rows

revision = "console_0003"
down_revision = "console_0002"
_TABLES = ("trace_runs", "basket_acts", "basket_rows", "baskets")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "baskets",
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
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
        sa.Column("basket", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("row", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("since", sa.Integer, nullable=False, autoincrement=False),
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
    _make_the_rest()


def _make_the_rest() -> None:
    op.create_table(
        "basket_acts",
        sa.Column("basket", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("act", sa.String(12), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("basket", "version"),
    )
    op.create_table(
        "trace_runs",
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
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
    op.create_index("ix_trace_runs_job", "trace_runs", ["job"], unique=True)
    op.create_index("ix_trace_runs_basket", "trace_runs", ["basket", "kind", "number"])
    op.create_index("ix_trace_runs_kind", "trace_runs", ["kind", "number"])
    op.create_index("ix_trace_runs_of", "trace_runs", ["of", "number"])


def downgrade() -> None:
    """Drops them where they are empty."""
    refuse_with_rows(op.get_bind(), _TABLES)
    for table in _TABLES:
        op.drop_table(table)
