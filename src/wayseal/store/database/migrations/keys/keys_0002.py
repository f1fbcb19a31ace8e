"""Which revision of a record each data key opens, and since when another one opens it."""

import sqlalchemy as sa
from alembic import op

from wayseal.store.database.errors import DatabaseError

revision = "keys_0002"
down_revision = "keys_0001"

_TABLE = "data_keys"
_KEYS = sa.table(_TABLE, sa.column("superseded_by"))


def upgrade() -> None:
    """Adds the columns; keys of before open first revisions."""
    op.add_column(_TABLE, sa.Column("revision", sa.Integer, server_default="1", nullable=False))
    op.add_column(_TABLE, sa.Column("superseded_at", sa.BigInteger))
    op.add_column(_TABLE, sa.Column("superseded_by", sa.BigInteger))


def downgrade() -> None:
    """Drops them where no key was superseded: without its mark it would open an old record again."""
    marked = sa.select(sa.literal(1)).select_from(_KEYS).where(_KEYS.c.superseded_by.is_not(None)).limit(1)
    if op.get_bind().execute(marked).first():
        raise DatabaseError("table {table} holds rows, and this step back would lose them", table=_TABLE)
    for column in ("superseded_by", "superseded_at", "revision"):
        op.drop_column(_TABLE, column)
