"""Sealed waybills, people and work, policies, and the disclosure log."""

import sqlalchemy as sa
from alembic import op

from wayseal.store.database.migrations._downgrade_guard import refuse_with_rows

revision = "main_0002"
down_revision = None  # main_0001 is in it: nobody has data of that

_NUMBER = 64
_ID = 128
_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables."""
    _parcels()
    _work()
    _people()
    _asking()
    _log()


def downgrade() -> None:
    """Drops them where they are empty."""
    tables = (
        *("checkpoints", "nodes", "entries", "replies", "approvals", "policies", "phones", "clients", "actors"),
        *("budgets", "work", "tickets", "scans", "waybills", "facts"),
    )
    refuse_with_rows(op.get_bind(), tables)
    for table in tables:
        op.drop_table(table)


def _parcels() -> None:
    op.create_table(
        "facts",
        sa.Column("name", sa.String(_ID), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("mark", sa.LargeBinary),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "waybills",
        sa.Column("waybill", sa.String(_NUMBER), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("key_id", sa.LargeBinary, nullable=False),
        sa.Column("sealed_at", sa.BigInteger, nullable=False),
        sa.Column("sealed_by", sa.String(_ID), nullable=False),
        sa.Column("keep_until", sa.BigInteger),
        sa.Column("origin_outlet", sa.String(_ID)),
        sa.Column("destination_outlet", sa.String(_ID)),
        sa.Column("outlet", sa.String(_ID)),
        sa.Column("since", sa.BigInteger),
        sa.Column("until", sa.BigInteger),
        sa.Column("departed", sa.BigInteger),
        sa.Column("erased_at", sa.BigInteger),
        sa.Column("mark", sa.LargeBinary),
        sa.PrimaryKeyConstraint("waybill"),
    )
    op.create_index("ix_waybills_keep_until", "waybills", ["keep_until"])
    op.create_table(
        "phones",
        sa.Column("tag", sa.LargeBinary, nullable=False),
        sa.Column("waybill", sa.String(_NUMBER), nullable=False),
        sa.Column("key_version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tag", "waybill"),
    )
    op.create_index("ix_phones_waybill", "phones", ["waybill"])


def _work() -> None:
    op.create_table(
        "scans",
        sa.Column("waybill", sa.String(_NUMBER), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("outlet", sa.String(_ID), nullable=False),
        sa.Column("entry", sa.BigInteger),
        sa.Column("mark", sa.LargeBinary),
        sa.PrimaryKeyConstraint("waybill", "at", "kind", "outlet"),
    )
    op.create_table(
        "tickets",
        sa.Column("ticket", sa.String(_ID), nullable=False),
        sa.Column("waybill", sa.String(_NUMBER), nullable=False),
        sa.Column("actor", sa.String(_ID), nullable=False),
        sa.Column("kind", sa.String(_ID)),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("entry", sa.BigInteger),
        sa.Column("mark", sa.LargeBinary),
        sa.PrimaryKeyConstraint("ticket"),
    )
    op.create_index("ix_tickets_waybill", "tickets", ["waybill"])
    op.create_table(
        "work",
        sa.Column("of", sa.String(_ID + 10), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("of", "day", "kind"),
    )
    op.create_table(
        "budgets",
        sa.Column("of", sa.String(_ID + 10), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("of", "day", "purpose"),
    )


def _people() -> None:
    op.create_table(
        "actors",
        sa.Column("actor", sa.String(_ID), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("role", sa.String(_ID), nullable=False),
        sa.Column("outlet", sa.String(_ID)),
        sa.Column("region", sa.String(_ID)),
        sa.Column("valid_from", sa.BigInteger),
        sa.Column("valid_to", sa.BigInteger),
        sa.Column("trained_until", sa.BigInteger),
        sa.Column("blocked_at", sa.BigInteger),
        sa.Column("mark", sa.LargeBinary),
        sa.PrimaryKeyConstraint("actor"),
    )
    op.create_table(
        "clients",
        sa.Column("client", sa.String(_ID), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("actor", sa.String(_ID)),
        sa.Column("acts_for", sa.Text, nullable=False),
        sa.Column("per_second", sa.Integer, nullable=False),
        sa.Column("certificate_sha256", sa.String(64)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
        sa.Column("mark", sa.LargeBinary),
        sa.PrimaryKeyConstraint("client"),
    )


def _asking() -> None:
    op.create_table(
        "policies",
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("purposes", sa.Text, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("activated_at", sa.BigInteger, nullable=False),
        sa.Column("activated_by", sa.String(_ID), nullable=False),
        sa.Column("entry", sa.BigInteger),
        sa.Column("mark", sa.LargeBinary),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "approvals",
        sa.Column("approval", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(_ID), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("most", sa.Integer, nullable=False),
        sa.Column("left", sa.Integer, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("approved_by", sa.String(_ID)),
        sa.Column("approved_at", sa.BigInteger),
        sa.Column("mark", sa.LargeBinary),
        sa.Column("client", sa.String(_ID), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("approval"),
    )
    op.create_table(
        "replies",
        sa.Column("client", sa.String(_ID), nullable=False),
        sa.Column("key", sa.String(_ID), nullable=False),
        sa.Column("asked_sha256", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("mark", sa.LargeBinary),
        sa.PrimaryKeyConstraint("client", "key"),
    )
    op.create_index("ix_replies_at", "replies", ["at"])


def _log() -> None:
    op.create_table(
        "entries",
        sa.Column("seq", _SEQ, autoincrement=False, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("entry", sa.LargeBinary),
        sa.Column("mark", sa.LargeBinary),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "nodes",
        sa.Column("level", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", "place"),
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
