"""Codes that were used, one by one and not up to the newest; days on which the console ran."""

import json

import sqlalchemy as sa
from alembic import op

revision = "console_0007"
down_revision = "console_0006"

_PEOPLE = sa.table("people", sa.column("person"), sa.column("totp_step"), sa.column("totp_used"))


def upgrade() -> None:
    """Adds them. What was used so far stays used: up to `totp_step`."""
    op.add_column("people", sa.Column("totp_used", sa.Text, server_default="[]", nullable=False))
    op.create_table(
        "days_run",
        sa.Column("day", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )


def downgrade() -> None:
    """Drops them: up to the newest code that was used, none counts any more."""
    connection = op.get_bind()
    for row in connection.execute(sa.select(_PEOPLE).where(_PEOPLE.c.totp_used != "[]")).all():
        newest = max(last for _, last in json.loads(row.totp_used))
        own = _PEOPLE.update().where(_PEOPLE.c.person == row.person)
        connection.execute(own.values(totp_step=max(row.totp_step, newest)))
    op.drop_table("days_run")
    op.drop_column("people", "totp_used")
