"""Signed checkpoints of the log.

1. One is signed only where the tree goes on from the newest one that is stored: a history that was written anew gets no
   signature of ours.
2. A stored one is never written over; each size has one. The time is signed with it.
"""

import sqlalchemy as sa

from wayseal.merkle import Checkpoint, MerkleError, SigningKey
from wayseal.store.database import Connection
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log.tiles import tree

_AT = "at "


def make_checkpoint(connection: Connection, origin: str, key: SigningKey, at: int) -> str:
    """Signs size and root of the log as it is, and stores the note; the one that is there if nothing was added.

    at: microseconds since 1970. LogChangedError: the log doesn't go on from its newest checkpoint (rule 1).
    """
    now = tree(connection)
    newest = connection.execute(sa.select(t.checkpoints).order_by(t.checkpoints.c.size.desc()).limit(1)).first()
    if newest is not None:
        try:
            before = Checkpoint.claimed(newest.note.encode())
            same = before.size <= now.size and now.root(before.size) == before.root
        except MerkleError:
            same = False
        if not same:
            raise LogChangedError("the log doesn't go on from its newest checkpoint: verify it")
        if newest.size == now.size:
            return str(newest.note)
    point = Checkpoint(origin=origin, size=now.size, root=now.root(), more=(f"{_AT}{at}",))
    note = key.sign(point.to_text())
    connection.execute(t.checkpoints.insert().values(size=point.size, note=note, at=at))
    return note


def newest_checkpoint(connection: Connection) -> str | None:
    """The newest stored note; None before the first."""
    statement = sa.select(t.checkpoints.c.note).order_by(t.checkpoints.c.size.desc()).limit(1)
    note: str | None = connection.execute(statement).scalar()
    return note


def signed_at(point: Checkpoint) -> int | None:
    """When a checkpoint of a vault's log was signed, microseconds; None where it doesn't say."""
    said = [line.removeprefix(_AT) for line in point.more if line.startswith(_AT)]
    return int(said[0]) if len(said) == 1 and said[0].isdecimal() and said[0].isascii() else None
