"""Data keys, and what was erased of them."""

import sqlalchemy as sa
from alembic import op

from wayseal.store.database.migrations._downgrade_guard import refuse_with_rows

revision = "keys_0002"
down_revision = None  # keys_0001 is in it: nobody has data of that


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "data_keys",
        sa.Column("waybill", sa.String(64), nullable=False),
        sa.Column("key_id", sa.LargeBinary, nullable=False),
        sa.Column("key_version", sa.Integer, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("revision", sa.Integer, server_default="1", nullable=False),
        sa.Column("superseded_at", sa.BigInteger),
        sa.Column("superseded_by", sa.BigInteger),
        sa.PrimaryKeyConstraint("waybill", "key_id"),
    )
    op.create_index("ix_data_keys_key_version", "data_keys", ["key_version"])
    op.create_table(
        "erasures",
        sa.Column("waybill", sa.String(64), nullable=False),
        sa.Column("erased_at", sa.BigInteger, nullable=False),
        sa.Column("gone_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("waybill"),
    )


def downgrade() -> None:
    """Drops them where they are empty."""
    tables = ("erasures", "data_keys")
    refuse_with_rows(op.get_bind(), tables)
    for table in tables:
        op.drop_table(table)
