"""The tables of baskets and runs, as `console.serve` has them made."""

import sqlalchemy as sa

METADATA = sa.MetaData()
OPEN_END = 2**31 - 1
"""`until` of a row that is still there."""

baskets = sa.Table(
    "baskets",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("numbers", sa.Integer, nullable=False),
    sa.Column("next_row", sa.Integer, nullable=False),
    sa.Column("closed", sa.Integer, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Column("changed_by", sa.String(64), nullable=False),
    sa.Index("ix_baskets_closed", "closed", "changed_at", "number"),
)
rows = sa.Table(
    "basket_rows",
    METADATA,
    sa.Column("basket", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("since", sa.Integer, primary_key=True, autoincrement=False),
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
    sa.Index("ix_basket_rows_until", "basket", "until", "row"),
    sa.Index("ix_basket_rows_waybill", "waybill", "until"),
)
acts = sa.Table(
    "basket_acts",
    METADATA,
    sa.Column("basket", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("act", sa.String(12), nullable=False),
    sa.Column("who", sa.String(64), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
)
runs = sa.Table(
    "trace_runs",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
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
    sa.Index("ix_trace_runs_job", "job", unique=True),
    sa.Index("ix_trace_runs_basket", "basket", "kind", "number"),
    sa.Index("ix_trace_runs_kind", "kind", "number"),
    sa.Index("ix_trace_runs_of", "of", "number"),
)
