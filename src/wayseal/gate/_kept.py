"""The gate's own database: who is refused or near it, and whose codes were tried: what a restart may not forget.

1. It holds keyed hashes; their key is in a file of its own. Of an account it holds the name.
2. It has as many rows as there are callers in memory, at most, and a tenth more.
3. A clock that went back makes nothing older, and one that jumped ahead forgives no more than a pause would.
"""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from wayseal.database import Connection, execute, query
from wayseal.database.migrations import Chain
from wayseal.gate._judge import MOST, Kept

METADATA = sa.MetaData()
CHAIN = Chain(name="gate", what="Callers of the gate that are refused or near it.", tables=(METADATA,), first=1)
callers = sa.Table(
    "callers",
    METADATA,
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("name", sa.LargeBinary, primary_key=True),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("refused", sa.Boolean, nullable=False),
    sa.Column("wide", sa.Boolean, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sqlite_with_rowid=False,
)
_PUT = "INSERT OR REPLACE INTO callers (kind, name, score, refused, wide, count, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
_DROP = "DELETE FROM callers WHERE at < (SELECT at FROM callers ORDER BY at DESC LIMIT 1 OFFSET ?)"


def save(connection: Connection, kept: Iterable[Kept], now: float) -> None:
    """Put what changed. now: seconds since 1970."""
    execute(connection, _PUT, [(*one[:-1], now - one.age) for one in kept])


def drop(connection: Connection, most: int = MOST) -> None:
    """Drop the oldest beyond `most` (rule 2)."""
    execute(connection, _DROP, [(most,)])


def load(connection: Connection, now: float) -> Sequence[Kept]:
    """What was there. now: seconds since 1970 (rule 3)."""
    rows = query(connection, "SELECT kind, name, score, refused, wide, count, at FROM callers ORDER BY at")
    return [
        Kept(row[0], bytes(row[1]), row[2], bool(row[3]), bool(row[4]), row[5], max(0.0, now - row[6])) for row in rows
    ]


def is_empty(connection: Connection) -> bool:
    """Whether nothing is there that would need the key."""
    return not query(connection, "SELECT 1 FROM callers LIMIT 1")
