"""A proof that a report, or a letter about it, stood in a hotline's log on a day: to be checked without the hotline.

1. An entry tells a letter's kind, the day in whose log it stands, and the letter's SHA-256. A letter holds a random
   text of its own, so that nobody finds a short one by its hash.
2. The log's checkpoint of a day names that day, and an entry holds under no other. No minute is in an entry or in it.
3. A letter that comes along is the one of the entry, byte for byte, or the proof fails; without it the entry holds all
   the same, and who has the letter compares.
4. What fills up a day (`DECOY`) has the form of an entry and proves nothing.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Self

from wayseal.merkle.checkpoint import Checkpoint, VerifyKey
from wayseal.merkle.hashing import SIZE, leaf_hash
from wayseal.proofs._fields import base64_bytes, digits, exactly, read_json, spell_base64, text, whole
from wayseal.proofs.entries import EntryProof, ProvenEntry, open_entry, spell_entry
from wayseal.proofs.errors import ProofFailsError

FORMAT = "wayseal_report_proof"
KINDS = ("report", "message", "answer", "state", "reward", "closing")
"""Letters that have an entry."""
DECOY = "none"
_ORIGIN = "wayseal hotline "


def make_entry(kind: str, day: str, digest: bytes) -> dict[str, Any]:
    """The entry of a letter (rule 1). kind: of KINDS, or DECOY. day: 2026-12-01. digest: 32 bytes."""
    return {"v": 1, "kind": kind, "day": day, "digest": digest.hex()}


def leaf_of(entry: Mapping[str, Any], salt: bytes) -> bytes:
    """The hash of an entry's leaf. salt: 32 random bytes."""
    return leaf_hash(salt + spell_entry(entry))


def checkpoint_of(unit: str, day: str, size: int, root: bytes) -> Checkpoint:
    """The checkpoint of a day, to be signed (rule 2). unit: whose hotline, without line ends."""
    return Checkpoint(origin=f"{_ORIGIN}{unit}", size=size, root=root, more=(f"day {day}",))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportProof(EntryProof):
    """The proof of an entry, and the letter that it is of, as it was hashed, where it is shown (rule 3)."""

    NAME: ClassVar = FORMAT
    letter: bytes | None = None

    def _more(self) -> dict[str, Any]:
        return {"letter": None if self.letter is None else spell_base64(self.letter)}

    @classmethod
    def _build(cls, found: dict[str, Any]) -> Self:
        members = cls._read(found, "letter")
        return cls(**members, letter=None if found["letter"] is None else base64_bytes(found, "letter"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenReport(ProvenEntry):
    """An entry of a hotline's log that was proven. letter: what is in its letter, where that came along."""

    letter: Mapping[str, Any] | None


def verify_report(content: bytes, keys: Sequence[VerifyKey]) -> ProvenReport:
    """Checks a proof with nothing but public keys. Raises what `verify_entry` does."""
    proof = ReportProof.from_json(content)
    entry, point, by = open_entry(proof, keys)
    if not _is_entry(entry):
        raise ProofFailsError("this is no entry of a hotline's log")
    if not point.origin.startswith(_ORIGIN) or point.more != (f"day {entry['day']}",):
        raise ProofFailsError("the proof doesn't hold: its checkpoint is not a hotline's of the entry's day")
    letter = None if proof.letter is None else _read_letter(proof.letter, entry)
    return ProvenReport(entry=entry, index=proof.index, checkpoint=point, keys=by, letter=letter)


def _is_entry(entry: dict[str, Any]) -> bool:
    try:
        exactly(entry, ("v", "kind", "day", "digest"))
        digits(entry, "digest", SIZE)
        day = text(entry, "day")
        return whole(entry, "v") == 1 and entry["kind"] in KINDS and str(date.fromisoformat(day)) == day
    except ValueError:
        return False


def _read_letter(letter: bytes, entry: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found = read_json(letter)
    except ValueError:
        found = {}
    if hashlib.sha256(letter).hexdigest() != entry["digest"] or found.get("kind") != entry["kind"]:
        raise ProofFailsError("the proof doesn't hold: the letter that came along is not the one of the entry")
    return found
