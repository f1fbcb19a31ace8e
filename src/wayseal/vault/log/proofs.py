"""Proofs out of the log; `wayseal.proofs` checks them.

Nothing is proved of what isn't what was written: entry, leaf, mark and tree are compared before a proof is made.
"""

import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.merkle import Checkpoint, Tree, verify_inclusion
from wayseal.merkle.errors import OtherOriginError
from wayseal.proofs import EntryProof, GrowthProof
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log.sound_entries import sound
from wayseal.vault.log.tiles import tree
from wayseal.vault.row_marks import RowMarks


def prove(connection: Connection, marks: RowMarks, seq: int, note: bytes) -> EntryProof:
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
