"""By which client bulk was asked for."""

import sqlalchemy as sa
from alembic import op

from wayseal.store.database.errors import DatabaseError

revision = "main_0002"
down_revision = "main_0001"

_TABLE = "approvals"
_APPROVALS = sa.table(_TABLE, sa.column("client"))


def upgrade() -> None:
    """Adds the column. Approvals of before name no client: they end within a shift."""
    op.add_column(_TABLE, sa.Column("client", sa.String(128), server_default="", nullable=False))


def downgrade() -> None:
    """Drops it where no approval names a client: without it one client could ask and agree."""
    named = sa.select(sa.literal(1)).select_from(_APPROVALS).where(_APPROVALS.c.client != "").limit(1)
    if op.get_bind().execute(named).first():
        raise DatabaseError("table {table} holds rows, and this step back would lose them", table=_TABLE)
    op.drop_column(_TABLE, "client")
