"""What somebody marked for themselves or for all: up to where they saw changes, views of lists."""

import sqlalchemy as sa
from alembic import op

from wayseal.store.database.migrations._downgrade_guard import refuse_with_rows

revision = "console_0005"
down_revision = "console_0002"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "marks",
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person", "name"),
    )


def downgrade() -> None:
    """Drops it where it is empty."""
    refuse_with_rows(op.get_bind(), ("marks",))
    op.drop_table("marks")
