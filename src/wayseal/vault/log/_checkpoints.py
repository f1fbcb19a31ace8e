"""Signed checkpoints of the log.

1. One is signed only where the tree goes on from the newest one that is stored, and `check` agrees: a history that was
   written anew gets no signature of ours. `keep` is told of what was signed before anybody can read it, so that what
   a crash leaves was signed and is remembered.
2. A stored one is never written over; each size has one. The time is signed with it.
3. One is compared with the log's tree only with a signature by a given key, and if it is of this log. Without keys none
   counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.merkle import Checkpoint, MerkleError, SigningKey, VerifyKey
from wayseal.merkle.errors import UnknownKeyError
from wayseal.model.errors import Finding
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log._findings import Code
from wayseal.vault.log.tiles import tree

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    """A checkpoint whose signature was verified. stored: it lies in the log itself."""

    where: str
    point: Checkpoint
    keys: tuple[str, ...]
    stored: bool


class CheckpointOpener:
    """Opens checkpoints of the log of `origin` (None: of whatever the first one says) with `size` entries."""

    def __init__(
        self, origin: str | None, size: int, keys: Sequence[VerifyKey], find: Callable[[Finding], None]
    ) -> None:  # fmt: skip
        self.origin = origin
        self._size = size
        self._keys = keys
        self._find = find

    def open(self, where: str, note: bytes, *, stored: bool = False) -> SignedCheckpoint | None:
        """A checkpoint to be compared; None where it can't be, and a finding says why."""
        try:
            point, by = Checkpoint.open(note, self._keys)
        except UnknownKeyError as error:
            return self._refuse(Code.CHECKPOINT_KEY, where, keys=", ".join(error.keys))
        except MerkleError as error:
            return self._refuse(Code.CHECKPOINT_UNREADABLE, where, reason=str(error))
        self.origin = self.origin or point.origin
        said: dict[str, str | int] = {"origin": point.origin, "size": point.size, "own": self.origin}
        if point.origin != self.origin:
            return self._refuse(Code.CHECKPOINT_ORIGIN, where, **said)
        if point.size > self._size:
            return self._refuse(Code.CHECKPOINT_AHEAD, where, **said)
        return SignedCheckpoint(where=where, point=point, keys=tuple(f"{k.name}+{k.id}" for k in by), stored=stored)

    def _refuse(self, code: Code, where: str, **values: str | int) -> SignedCheckpoint | None:
        self._find(Finding(code=code, where=where, values=values))
        return None
