"""Looks at names of cases, by session; numbers of baskets are found by number."""

import sqlalchemy as sa
from alembic import op

revision = "console_0006"
down_revision = "console_0005"
_INDEX = "ix_basket_rows_waybill"


def upgrade() -> None:
    """Adds them. Whoever is at a case's names just now says why again."""
    op.add_column("sessions", sa.Column("looks", sa.Text, server_default="{}", nullable=False))
    op.create_index(_INDEX, "basket_rows", ["waybill", "until"])


def downgrade() -> None:
    """Drops them: a look is a quarter of an hour at most, and the casebook has it on record."""
    op.drop_index(_INDEX, "basket_rows")
    op.drop_column("sessions", "looks")
