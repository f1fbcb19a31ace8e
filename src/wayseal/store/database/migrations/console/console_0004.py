"""How a person signs in, which account of the company's sign-in is theirs, whose outlet; who is on the way to it."""

import sqlalchemy as sa
from alembic import op

from wayseal.store.database.errors import DatabaseError

revision = "console_0004"
down_revision = "console_0003"

_PEOPLE = sa.table("people", sa.column("way"), sa.column("outlet"))


def upgrade() -> None:
    """Adds the columns and the table. Whoever there is signs in by password."""
    op.add_column("people", sa.Column("way", sa.String(10), server_default="password", nullable=False))
    op.add_column("people", sa.Column("identity_hmac", sa.String(64)))
    op.add_column("people", sa.Column("outlet", sa.String(64)))
    op.create_index("ix_people_identity_hmac", "people", ["identity_hmac"], unique=True)
    op.create_table(
        "departures",
        sa.Column("state_sha256", sa.String(64), nullable=False),
        sa.Column("browser_sha256", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("state_sha256"),
    )


def downgrade() -> None:
    """Drops them where nobody signs in by the company's sign-in, and nobody has an outlet."""
    needs = sa.or_(_PEOPLE.c.way != "password", _PEOPLE.c.outlet.is_not(None))
    if op.get_bind().execute(sa.select(sa.literal(1)).select_from(_PEOPLE).where(needs).limit(1)).first():
        raise DatabaseError("table {table} holds rows, and this step back would lose them", table="people")
    op.drop_table("departures")
    op.drop_index("ix_people_identity_hmac", "people")
    for column in ("outlet", "identity_hmac", "way"):
        op.drop_column("people", column)
