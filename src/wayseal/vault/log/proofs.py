"""Proofs out of the log, to be checked without it.

1. A proof of an entry holds the entry, its salt, the way to the root, and a signed checkpoint; it tells nothing of
   other entries, whose hashes are salted.
2. A proof that a log only grew holds two signed checkpoints and the way from one root to the other.
3. Either holds or it doesn't: every byte that it shows goes into a hash or under a signature.
4. Whoever checks needs the proof and a public key. Why somebody asked stays sealed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import sqlalchemy as sa
from pydantic import Field

from wayseal.merkle import Checkpoint, Tree, VerifyKey, verify_consistency, verify_inclusion
from wayseal.merkle.errors import OtherOriginError
from wayseal.merkle.hashing import leaf_hash
from wayseal.merkle.proof_fields import Hashes, hex_of, name_keys, parse_proof, spell_proof
from wayseal.model.schema import CLOSED, parsed_by
from wayseal.store.database import Connection
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log._append import SALT
from wayseal.vault.log.entries import Entry, decode, to_canonical_json
from wayseal.vault.log.tiles import tree

VERSION = 1
_MOST = 1 << 20
_DISCLOSURE, _GROWTH = "wayseal_disclosure_proof", "wayseal_growth_proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureProof:
    """What rule 1 lists. content: the entry's spelling; index: its place in the log."""

    __pydantic_config__: ClassVar = CLOSED
    version: Annotated[int, Field(alias=_DISCLOSURE)] = VERSION
    content: Annotated[bytes, Field(alias="entry"), parsed_by(to_canonical_json, dict, json.loads)]
    salt: Annotated[bytes, hex_of(SALT)]
    index: Annotated[int, Field(ge=0)]
    path: Hashes
    note: Annotated[str, Field(alias="checkpoint")]

    def to_json(self) -> str:
        """The form in which it is handed on."""
        return spell_proof(self)

    @staticmethod
    def from_json(content: bytes) -> "DisclosureProof":
        """Read what `to_json` gives; MerkleError where it is something else. Nothing is verified."""
        return parse_proof(content[:_MOST], _DISCLOSURE, VERSION, DisclosureProof)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthProof:
    """What rule 2 lists; old and new are notes."""

    __pydantic_config__: ClassVar = CLOSED
    version: Annotated[int, Field(alias=_GROWTH)] = VERSION
    old: str
    new: str
    path: Hashes

    def to_json(self) -> str:
        """The form in which it is handed on."""
        return spell_proof(self)

    @staticmethod
    def from_json(content: bytes) -> "GrowthProof":
        """Read what `to_json` gives; MerkleError where it is something else. Nothing is verified."""
        return parse_proof(content[:_MOST], _GROWTH, VERSION, GrowthProof)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What a proof has shown: this entry stands at this place of the log that the checkpoint describes.

    keys: who signed that, as name+id.
    """

    entry: Entry
    index: int
    checkpoint: Checkpoint
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """What a proof has shown: the log of the new checkpoint begins with all that was in that of the old one."""

    old: Checkpoint
    new: Checkpoint
    keys: tuple[str, ...]


def prove(connection: Connection, seq: int, note: bytes) -> DisclosureProof:
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
    content, salt = bytes(row.entry), bytes(row.salt)
    if leaf_hash(salt + content) != row.leaf:
        raise LogChangedError("this entry isn't what was written: verify the log")
    decode(content)
    path = tuple(grown.inclusion(seq, point.size))
    if not verify_inclusion(bytes(row.leaf), seq, point.size, path, point.root):
        raise LogChangedError("this entry isn't what the log's tree says: verify the log")
    return DisclosureProof(content=content, salt=salt, index=seq, path=path, note=note.decode())


def verify_disclosure(content: bytes, keys: Sequence[VerifyKey]) -> Proven:
    """Checks a proof with nothing but public keys (rules 3 and 4).

    MerkleError: it is no proof; UnknownKeyError: its checkpoint is signed by others; LogChangedError: it fails.
    """
    proof = DisclosureProof.from_json(content)
    point, by = Checkpoint.open(proof.note.encode(), keys)
    leaf = leaf_hash(proof.salt + proof.content)
    if not verify_inclusion(leaf, proof.index, point.size, proof.path, point.root):
        raise LogChangedError("the proof doesn't hold: this entry is not what stands in the log of the checkpoint")
    entry = decode(proof.content)
    return Proven(entry=entry, index=proof.index, checkpoint=point, keys=name_keys(by))


def prove_growth(connection: Connection, old: bytes, new: bytes) -> GrowthProof:
    """The proof that the log of one checkpoint goes on from that of another.

    OtherOriginError: they are of two logs; VaultError: `old` is the newer one; LogChangedError: the log isn't what
    either says.
    """
    before, after = Checkpoint.claimed(old), Checkpoint.claimed(new)
    if before.origin != after.origin:
        raise OtherOriginError(
            "one checkpoint is of {origin}, the other of {other}", origin=before.origin, other=after.origin
        )
    if before.size > after.size:
        raise VaultError("the first checkpoint is the newer one")
    _claimed(connection, old)
    _, grown = _claimed(connection, new)
    return GrowthProof(old=old.decode(), new=new.decode(), path=tuple(grown.consistency(before.size, after.size)))


def verify_growth(content: bytes, keys: Sequence[VerifyKey]) -> Grown:
    """Checks a proof that a log only grew. Raises what `verify_disclosure` does; OtherOriginError: two logs."""
    proof = GrowthProof.from_json(content)
    (old, by), (new, also) = (Checkpoint.open(n.encode(), keys) for n in (proof.old, proof.new))
    if old.origin != new.origin:
        raise OtherOriginError(
            "one checkpoint is of {origin}, the other of {other}", origin=old.origin, other=new.origin
        )
    if not verify_consistency(old.size, old.root, new.size, new.root, proof.path):
        raise LogChangedError("the proof doesn't hold: the later log doesn't begin with the earlier one")
    return Grown(old=old, new=new, keys=tuple(dict.fromkeys((*name_keys(by), *name_keys(also)))))


def _claimed(connection: Connection, note: bytes) -> tuple[Checkpoint, Tree]:
    """What a note says, and the log's tree, which says the same."""
    point, grown = Checkpoint.claimed(note), tree(connection)
    if point.size > grown.size or grown.root(point.size) != point.root:
        raise LogChangedError("the log isn't what the checkpoint says: verify it")
    return point, grown
