"""The vault's tables. Times are microseconds since 1970, UTC; `database.migrations` makes them.

Two sets, so that wrapped keys can live in a database of their own, with backups of their own: what is erased there is
erased for good as soon as its backups are gone.
"""

from collections.abc import Mapping
from typing import Literal

import sqlalchemy as sa

from wayseal.database.migrations import Chain
from wayseal.model.fields import ID, NUMBER

SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""Places in the log: on SQLite the row's own number."""

main = sa.MetaData()
keys = sa.MetaData()
ChainName = Literal["main", "keys"]
CHAINS: Mapping[ChainName, Chain] = {
    "main": Chain(
        name="main",
        what="Sealed waybills, people and work, policies, and the disclosure log.",
        tables=(main,),
        first=3,
    ),
    "keys": Chain(name="keys", what="Data keys, and what was erased of them.", tables=(keys,), first=3),
}
# mark: keyed hash of the row (`row_macs`), by which a row that somebody else wrote is known.
# entry: place in the log of the entry that says so.

facts = sa.Table(
    "facts",
    main,
    sa.Column("name", sa.String(ID), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("mark", sa.LargeBinary),
)
"""What the vault is: its origin, when it was made."""

waybills = sa.Table(
    "waybills",
    main,
    sa.Column("waybill", sa.String(NUMBER), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("key_id", sa.LargeBinary, nullable=False),
    sa.Column("sealed_at", sa.BigInteger, nullable=False),
    sa.Column("sealed_by", sa.String(ID), nullable=False),
    sa.Column("keep_until", sa.BigInteger, index=True),
    sa.Column("origin_outlet", sa.String(ID)),
    sa.Column("destination_outlet", sa.String(ID)),
    # Where it is now, by room `custody`; null before its first scan.
    sa.Column("outlet", sa.String(ID)),
    sa.Column("since", sa.BigInteger),
    sa.Column("until", sa.BigInteger),
    sa.Column("departed", sa.BigInteger),
    sa.Column("erased_at", sa.BigInteger),
    sa.Column("mark", sa.LargeBinary),
)
scans = sa.Table(
    "scans",
    main,
    sa.Column("waybill", sa.String(NUMBER), primary_key=True),
    sa.Column("at", sa.BigInteger, primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("outlet", sa.String(ID), primary_key=True),
    sa.Column("entry", sa.BigInteger),
    sa.Column("mark", sa.LargeBinary),
)
tickets = sa.Table(
    "tickets",
    main,
    sa.Column("ticket", sa.String(ID), primary_key=True),
    sa.Column("waybill", sa.String(NUMBER), nullable=False, index=True),
    sa.Column("actor", sa.String(ID), nullable=False),
    sa.Column("kind", sa.String(ID)),
    sa.Column("opened_at", sa.BigInteger, nullable=False),
    sa.Column("closed_at", sa.BigInteger),
    sa.Column("entry", sa.BigInteger),
    sa.Column("mark", sa.LargeBinary),
)
work = sa.Table(
    "work",
    main,
    sa.Column("of", sa.String(ID + 10), primary_key=True),
    sa.Column("day", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)
"""Work that arrived: of `outlet:ID` or `actor:ID`, a kind (arrivals, issued, tickets), a day of the courier's clock."""
budgets = sa.Table(
    "budgets",
    main,
    sa.Column("of", sa.String(ID + 10), primary_key=True),
    sa.Column("day", sa.Integer, primary_key=True),
    sa.Column("purpose", sa.String(40), primary_key=True),
    sa.Column("used", sa.Integer, nullable=False),
)
"""What was shown: to `actor:ID` or at `outlet:ID`, by purpose and day."""
actors = sa.Table(
    "actors",
    main,
    sa.Column("actor", sa.String(ID), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("role", sa.String(ID), nullable=False),
    sa.Column("outlet", sa.String(ID)),
    sa.Column("region", sa.String(ID)),
    sa.Column("valid_from", sa.BigInteger),
    sa.Column("valid_to", sa.BigInteger),
    sa.Column("trained_until", sa.BigInteger),
    sa.Column("blocked_at", sa.BigInteger),
    sa.Column("mark", sa.LargeBinary),
)
clients = sa.Table(
    "clients",
    main,
    sa.Column("client", sa.String(ID), primary_key=True),
    sa.Column("secret_sha256", sa.LargeBinary, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("actor", sa.String(ID)),
    sa.Column("acts_for", sa.Text, nullable=False),
    sa.Column("per_second", sa.Integer, nullable=False),
    sa.Column("certificate_sha256", sa.String(64)),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("disabled_at", sa.BigInteger),
    sa.Column("mark", sa.LargeBinary),
)
"""Systems that call. actor: whom it is when it acts for itself; acts_for: roles on whose behalf it may act."""
phones = sa.Table(
    "phones",
    main,
    sa.Column("tag", sa.LargeBinary, primary_key=True),
    sa.Column("waybill", sa.String(NUMBER), primary_key=True, index=True),
    sa.Column("key_version", sa.Integer, nullable=False),
)
"""Blind index: keyed hashes of phones."""
policies = sa.Table(
    "policies",
    main,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("purposes", sa.Text, nullable=False),
    sa.Column("rules", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("activated_at", sa.BigInteger, nullable=False),
    sa.Column("activated_by", sa.String(ID), nullable=False),
    sa.Column("entry", sa.BigInteger),
    sa.Column("mark", sa.LargeBinary),
)
"""Every policy that was ever in force; the highest version is."""
approvals = sa.Table(
    "approvals",
    main,
    sa.Column("approval", sa.String(40), primary_key=True),
    sa.Column("actor", sa.String(ID), nullable=False),
    sa.Column("purpose", sa.String(40), nullable=False),
    sa.Column("most", sa.Integer, nullable=False),
    sa.Column("left", sa.Integer, nullable=False),
    sa.Column("asked_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("approved_by", sa.String(ID)),
    sa.Column("approved_at", sa.BigInteger),
    sa.Column("mark", sa.LargeBinary),
    sa.Column("client", sa.String(ID), server_default="", nullable=False),
)
"""Bulk that a second person has to agree to. client: by which it was asked for."""
replies = sa.Table(
    "replies",
    main,
    sa.Column("client", sa.String(ID), primary_key=True),
    sa.Column("key", sa.String(ID), primary_key=True),
    sa.Column("asked_sha256", sa.LargeBinary, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column("mark", sa.LargeBinary),
)
"""Answers to requests with an idempotency key: rules and places in the log, never what was shown."""

entries = sa.Table(
    "entries",
    main,
    sa.Column("seq", SEQ, primary_key=True, autoincrement=False),
    sa.Column("leaf", sa.LargeBinary, nullable=False),
    sa.Column("salt", sa.LargeBinary),
    sa.Column("entry", sa.LargeBinary),
    sa.Column("mark", sa.LargeBinary),
)
"""The disclosure log: leaf = hash of salt and entry. An entry that was erased keeps its leaf."""
nodes = sa.Table(
    "nodes",
    main,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)
"""Entry `place` of tile level `level` (1 and up; level 0 is `entries.leaf`): hash of 256**level leaves."""
checkpoints = sa.Table(
    "checkpoints",
    main,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

data_keys = sa.Table(
    "data_keys",
    keys,
    sa.Column("waybill", sa.String(NUMBER), primary_key=True),
    sa.Column("key_id", sa.LargeBinary, primary_key=True),
    sa.Column("key_version", sa.Integer, nullable=False, index=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Column("revision", sa.Integer, server_default="1", nullable=False),
    sa.Column("superseded_at", sa.BigInteger),
    sa.Column("superseded_by", sa.BigInteger),
)
"""Data keys. key_id: eight random bytes, so that a key left by a crash is in nobody's way.

revision: of the record that it opens. superseded_by: from this place of the log on another key opens the number.
"""
erasures = sa.Table(
    "erasures",
    keys,
    sa.Column("waybill", sa.String(NUMBER), primary_key=True),
    sa.Column("erased_at", sa.BigInteger, nullable=False),
    sa.Column("gone_at", sa.BigInteger, nullable=False),
)
"""Keys that were erased, and when the last backup that may hold them is gone. A restore erases them again."""
