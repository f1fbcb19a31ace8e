"""The proof of a purge: to be checked without the ledger, with nothing but public keys.

1. It holds what the manifest said before and after (no personal data, but names of source files), the way from the
   leaves of both commits to the root after it, and signed checkpoints from before and after it.
2. It shows that both are one history, that the purge took away just the files of reads that it names, all of days
   before its boundary, and rewrote nothing but what hangs on them; and who did it, why and when, in their own words.
3. Every byte of it counts: it has one spelling, and nothing is in it that isn't checked.
4. It can't show that no copy exists: not in a backup, not on a disk whose blocks were not written anew.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field, PlainSerializer

from wayseal.ledger._manifest import (
    GONE,
    REWRITTEN,
    TOMBSTONES,
    FileEntry,
    Manifest,
    PurgeEntry,
    check_manifest,
    hash_commit,
)
from wayseal.ledger.errors import LedgerChangedError
from wayseal.merkle import Checkpoint, MerkleError, VerifyKey, verify_consistency, verify_inclusion
from wayseal.merkle.checkpoint import name_keys
from wayseal.merkle.errors import OtherOriginError
from wayseal.merkle.hashing import SIZE
from wayseal.model.messages import Message
from wayseal.model.schema import CLOSED, parse_json, parsed_by, plain, value_at

FORMAT = "wayseal_purge_proof"
VERSION = 1
_MOST = 1 << 28
_IDS = ("session", "ip", "device")
_MAY_CHANGE = frozenset((*REWRITTEN, TOMBSTONES, GONE, "table:queries", *(f"dictionary:{n}" for n in _IDS)))


def _parse_hash(text: str) -> bytes:
    """A hash as hexadecimal digits, in their one spelling."""
    found = bytes.fromhex(text)
    if len(found) != SIZE or found.hex() != text:
        raise ValueError("digits")
    return found


_Hashes = tuple[Annotated[bytes, parsed_by(_parse_hash, str, bytes.hex)], ...]
_Spelled = Annotated[Manifest, PlainSerializer(lambda manifest: json.loads(manifest.to_json()))]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeProof:
    """The proof of rule 1. Of both manifests only the last commit is kept: the leaf binds it, and its digest the rest.

    leaves: paths from both leaves to the root after the purge. grown, consistency: how that tree goes on from the one
    before the purge, and from the earlier checkpoint. notes: signed checkpoints, the earlier one first.
    """

    __pydantic_config__: ClassVar = CLOSED
    version: Annotated[int, Field(alias=FORMAT, ge=VERSION, le=VERSION)] = VERSION
    before: _Spelled
    after: _Spelled
    leaves: tuple[_Hashes, _Hashes]
    grown: _Hashes
    consistency: _Hashes
    notes: Annotated[tuple[str, ...], Field(alias="checkpoints", min_length=1)]

    def to_json(self) -> str:
        """The form in which it is handed on, and its one spelling."""
        return json.dumps(plain(self), ensure_ascii=False, indent=1) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPurge:
    """A purge that was proven to lie between two checkpoints of one history, signed by these keys."""

    purge: PurgeEntry
    earlier: Checkpoint
    later: Checkpoint
    keys: tuple[str, ...]


def is_purge_proof(content: bytes) -> bool:
    """True if this claims to be the proof of a purge, and not of a read."""
    return f'"{FORMAT}"'.encode() in content[:64]


def verify_purge(content: bytes, keys: Sequence[VerifyKey], notes: Sequence[bytes] = ()) -> VerifiedPurge:
    """Checks a proof (rules 2 and 3). notes: checkpoints that were signed after it was written.

    MerkleError: it is no proof, or no checkpoint from right after the purge is there; UnknownKeyError: one is signed by
    others; OtherOriginError: one is of another ledger; LedgerChangedError: the proof fails.
    """
    proof = _parsed(content)
    opened = [Checkpoint.open(n, keys) for n in (*(n.encode() for n in proof.notes), *notes)]
    for point, _ in opened:
        if point.origin != proof.before.origin:
            raise OtherOriginError(
                "a checkpoint is of {origin}, the proof of {own}", origin=point.origin, own=proof.before.origin
            )
    earlier = opened[0][0]
    after = proof.after
    later = next((p for p, _ in opened if (p.size, p.root.hex()) == (after.size, after.root)), None)
    if later is None:
        raise MerkleError("there is no signed checkpoint from right after the purge: give it with --checkpoint")
    _check_history(proof, earlier, later)
    entry = _check_difference(proof.before, after)
    names = sorted({name for _, by in opened for name in name_keys(by)})
    return VerifiedPurge(purge=entry, earlier=earlier, later=later, keys=tuple(names))


def _check_history(proof: PurgeProof, earlier: Checkpoint, later: Checkpoint) -> None:
    """Both commits stand in one tree that goes on from the earlier checkpoint and ends with the later one."""
    before, after = proof.before, proof.after
    _require(earlier.size <= before.size, "its first checkpoint came after the purge")
    for size, root, path in (
        (earlier.size, earlier.root, proof.consistency),
        (before.size, bytes.fromhex(before.root), proof.grown),
    ):
        _require(verify_consistency(size, root, later.size, later.root, path), "the checkpoints are of no one history")
    for manifest, path in zip((before, after), proof.leaves, strict=True):
        commit = manifest.commits[0]
        own = (commit.generation, commit.digest, commit.sources)
        _require(own == (manifest.generation, manifest.digest, len(manifest.sources)), "a manifest is not its commit's")
        leaf = hash_commit(manifest, commit)
        held = verify_inclusion(leaf, manifest.size - 1, later.size, path, later.root)
        _require(held, "a manifest is not what the tree says")
    _require(after.commits[0].pages == 0, "it isn't the commit of a purge")


def _check_difference(before: Manifest, after: Manifest) -> PurgeEntry:
    """The purge, if it is all that lies between two manifests."""
    _require(
        bool(after.purges) and after.purges[:-1] == before.purges, "no purge, or several, lie between its manifests"
    )
    entry = after.purges[-1]
    same = _kept(before) == _kept(after) and entry.generation == after.generation
    _require(same, "more than a purge lies between its manifests")
    gone, new = set(before.files) - set(after.files), set(after.files) - set(before.files)
    _require(all(f.generation == after.generation for f in new), "a file was put in that the purge didn't make")
    _check_reads(entry, [f for f in gone if f.kind == "accesses"], [f for f in new if f.kind == "accesses"])
    for file in (*gone, *new):
        raw = file.kind == "quarantine" and file in gone and file.path.endswith(".raw.csv")
        other = file.kind == "accesses" or file.kind in _MAY_CHANGE or file.kind.startswith("counts:")
        _require(other or raw, "files were changed that no purge changes")
    for table, rows in entry.rows.items():
        less = _rows(before.files, table) - _rows(after.files, table)
        fits = less >= rows if table == "waybills" else less == rows  # of `waybills` old rows go when files are merged
        _require(fits, "another number of rows went than it says")
    return entry


def _kept(manifest: Manifest) -> tuple[object, ...]:
    """The part of a manifest that no purge changes."""
    return manifest.sources, manifest.key_bits, manifest.counts, manifest.id, manifest.secret


def _check_reads(entry: PurgeEntry, gone: Sequence[FileEntry], new: Sequence[FileEntry]) -> None:
    """The files of reads that went are those that the purge names, and what came for them are held waybills' reads."""
    named = Counter((s.day, s.rows, s.sha256) for s in entry.segments)
    _require(Counter((f.day, f.rows, f.sha256) for f in gone) == named, "other segments went than it names")
    days = {s.day for s in entry.segments}
    _require(all(day < entry.day for day in days), "a segment went that is younger than its boundary")
    _require(all(f.day in days for f in new), "reads were put in")
    _require(sum(f.rows for f in gone) - sum(f.rows for f in new) == entry.reads, "another number of reads went")


def _rows(files: Sequence[FileEntry], table: str) -> int:
    return sum(f.rows for f in files if f.kind == f"table:{table}")


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise LedgerChangedError("the proof doesn't hold: {why}", why=Message(text))


def _parsed(content: bytes) -> PurgeProof:
    """A proof out of JSON in its one spelling (rule 3)."""
    try:
        proof = parse_json(content[:_MOST], PurgeProof)
        for manifest in (proof.before, proof.after):
            check_manifest(manifest)
        one = len(proof.before.commits) == len(proof.after.commits) == 1
        if not (one and proof.to_json().encode() == content):
            raise ValueError("spelling")
    except ValueError as error:
        said = value_at(content[:_MOST], FORMAT)
        if said is not None and repr(said) != str(VERSION):
            raise MerkleError("this version of Wayseal reads proofs of version {version}", version=VERSION) from None
        raise MerkleError("this is no proof of Wayseal's, or it was changed") from error
    return proof
