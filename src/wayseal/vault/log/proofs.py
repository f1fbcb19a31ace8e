"""Signed checkpoints of the log, and proofs under them, which `wayseal.proofs` checks.

1. One is signed only where the tree goes on from the newest one that is stored, and `check` agrees: a history that was
   written anew gets no signature of ours. `keep` is told of what was signed before anybody can read it, so that what
   a crash leaves was signed and is remembered.
2. A stored one is never written over; each size has one. The time is signed with it.
3. Nothing is proved of what isn't what was written: entry, leaf, mark and tree are compared before a proof is made.
"""

from collections.abc import Callable

import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.merkle import Checkpoint, MerkleError, SigningKey, Tree, verify_inclusion
from wayseal.merkle.errors import OtherOriginError
from wayseal.proofs import EntryProof, GrowthProof
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log.sound_entries import sound
from wayseal.vault.log.tiles import tree
from wayseal.vault.row_macs import RowMacs

_AT = "at "


def make_checkpoint(
    connection: Connection,
    origin: str,
    key: SigningKey,
    at: int,
    check: Callable[[Connection], None] | None = None,
    keep: Callable[[str], None] | None = None,
) -> str:
    """Signs size and root of the log as it is, and stores the note; the one that is there if nothing was added.

    at: microseconds since 1970. LogChangedError: the log doesn't go on from its newest checkpoint (rule 1).
    """
    if check is not None:
        check(connection)
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
    if keep is not None:
        keep(note)
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


def prove(connection: Connection, marks: RowMacs, seq: int, note: bytes) -> EntryProof:
    """The proof of the entry at a place, under a signed checkpoint of the log.

    VaultError: there is no such entry, it was erased, or it came after the checkpoint; LogChangedError: entry or log
    aren't what was written.
    """
    point, grown = _claimed(connection, note)
    row = connection.execute(sa.select(t.entries).where(t.entries.c.seq == seq)).first()
    if row is None:
        raise VaultError("the log has no entry at this place")
    if seq >= point.size:
        raise VaultError("this entry came after the checkpoint: take a newer one")
    if row.salt is None or row.entry is None:
        raise VaultError("this entry was erased: it can't be proved any more")
    if not marks.holds(t.entries, row) or sound(row.leaf, row.salt, row.entry) is None:
        raise LogChangedError("this entry isn't what was written: verify the log")
    path = tuple(grown.inclusion(seq, point.size))
    if not verify_inclusion(row.leaf, seq, point.size, path, point.root):
        raise LogChangedError("this entry isn't what the log's tree says: verify the log")
    return EntryProof(content=row.entry, salt=row.salt, index=seq, path=path, note=note.decode())


def prove_growth(connection: Connection, old: bytes, new: bytes) -> GrowthProof:
    """The proof that the log of one checkpoint goes on from that of another.

    OtherOriginError: they are of two logs; VaultError: `old` is the newer one, or of an empty log; LogChangedError: the
    log isn't what either says.
    """
    before, after = Checkpoint.claimed(old), Checkpoint.claimed(new)
    if before.origin != after.origin:
        raise OtherOriginError(
            "one checkpoint is of {origin}, the other of {other}", origin=before.origin, other=after.origin
        )
    if before.size > after.size:
        raise VaultError("the first checkpoint is the newer one")
    if before.size == 0:
        raise VaultError("the first checkpoint is of an empty log, from which every log goes on: nothing can be proved")
    _claimed(connection, old)
    return GrowthProof(old=old.decode(), new=new.decode(), path=path_of_growth(connection, before.size, new))


def path_of_growth(connection: Connection, old: int, new: bytes) -> tuple[bytes, ...]:
    """The consistency proof from the tree of so many entries to that of a checkpoint; none from an empty log.

    LogChangedError: the log isn't what the checkpoint says; MerkleError: that has fewer entries.
    """
    point, grown = _claimed(connection, new)
    return tuple(grown.consistency(old, point.size))


def _claimed(connection: Connection, note: bytes) -> tuple[Checkpoint, Tree]:
    """Return the checkpoint that a note claims, and the log's tree, which says the same."""
    point, grown = Checkpoint.claimed(note), tree(connection)
    if point.size > grown.size or grown.root(point.size) != point.root:
        raise LogChangedError("the log isn't what the checkpoint says: verify it")
    return point, grown
