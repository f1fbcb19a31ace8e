"""A proof that an entry stands in a vault's disclosure log: to be checked without it, and telling nothing of others.

1. A proof holds the entry, its salt, its place, the way to the root, and a signed checkpoint. Hashes of other entries
   are salted with salts that the proof doesn't hold.
2. It holds or it doesn't: every byte that it shows goes into a hash or under a signature.
3. An entry has one spelling: JSON with sorted keys, no spaces, UTF-8; its hash is over that.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from wayseal.merkle import verify_inclusion
from wayseal.merkle.checkpoint import Checkpoint, VerifyKey, name_keys
from wayseal.merkle.hashing import leaf_hash
from wayseal.model.fields import Field, Form
from wayseal.proofs._fields import (
    NUMBERS,
    VERSION,
    Proof,
    digits,
    exactly,
    hashes,
    spell_hashes,
    spell_proof,
    text,
    whole,
)
from wayseal.proofs.errors import ProofFailsError

FORMAT = "wayseal_disclosure_proof"
SALT = 32
"""Bytes of an entry's salt."""
KINDS = ("disclosed", "refused", "sealed", "revised", "found", "admin")
"""What an entry can be of."""
_MEMBERS = ("entry", "salt", "index", "path", "checkpoint")
"""Of all proofs of entries, beside the one that says the kind."""
_TEXTS = ("actor", "client", "request", "via")
_MAY_BE = ("ip", "purpose", "reason", "rule", "waybill")
_FIELDS, _FORMS = frozenset(Field), frozenset(Form)
_spell = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def spell_entry(entry: Mapping[str, Any]) -> bytes:
    """The spelling of JSON of an entry (rule 3). ValueError: it has none."""
    return _spell(entry).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryProof(Proof):
    """The proof of an entry (rule 1).

    Attributes:
        content: The entry's spelling.
        salt: 32 bytes.
        index: Its place in the log.
        path: Hashes that lead from it to the root, the lowest first.
        note: The checkpoint, signed.
    """

    NAME: ClassVar = FORMAT
    content: bytes
    salt: bytes
    index: int
    path: tuple[bytes, ...]
    note: str

    def to_json(self) -> str:
        """The form in which it is handed on.

        Returns:
            JSON.
        """
        return spell_proof(
            {
                self.NAME: VERSION,
                "entry": json.loads(self.content),
                "salt": self.salt.hex(),
                "index": self.index,
                "path": spell_hashes(self.path),
                "checkpoint": self.note,
                **self._more(),
            }
        )

    def _more(self) -> dict[str, Any]:
        """The members of a kind of its own."""
        return {}

    @classmethod
    def _build(cls, found: dict[str, Any]) -> Self:
        return cls(**cls._read(found))

    @classmethod
    def _read(cls, found: dict[str, Any], *more: str) -> dict[str, Any]:
        """What all such proofs have. more: names of members of its own."""
        exactly(found, (cls.NAME, *_MEMBERS, *more))
        if type(found["entry"]) is not dict:
            raise ValueError("entry")
        return {
            "content": spell_entry(found["entry"]),
            "salt": digits(found, "salt", SALT),
            "index": whole(found, "index"),
            "path": hashes(found, "path"),
            "note": text(found, "checkpoint"),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenEntry:
    """An entry that was proven to stand at this place of the log that the checkpoint describes.

    Attributes:
        entry: Its members, as JSON has them.
        index: Its place, from 0.
        checkpoint: Of which log.
        keys: Who signed that, as name+id.
    """

    entry: Mapping[str, Any]
    index: int
    checkpoint: Checkpoint
    keys: tuple[str, ...]


def open_entry(proof: EntryProof, keys: Sequence[VerifyKey]) -> tuple[dict[str, Any], Checkpoint, tuple[str, ...]]:
    """The entry, the checkpoint in whose log it stands, and who signed that; raises as `verify_entry`."""
    point, by = Checkpoint.open(proof.note.encode(), keys)
    leaf = leaf_hash(proof.salt + proof.content)
    if not verify_inclusion(leaf, proof.index, point.size, proof.path, point.root):
        raise ProofFailsError("the proof doesn't hold: this entry is not what stands in the log of the checkpoint")
    return json.loads(proof.content), point, name_keys(by)


def verify_entry(content: bytes, keys: Sequence[VerifyKey]) -> ProvenEntry:
    """Checks a proof with nothing but public keys.

    ProofError: it is no proof; MerkleError: its checkpoint is none; UnknownKeyError: others signed it;
    ProofFailsError: it doesn't hold.
    """
    proof = EntryProof.from_json(content)
    entry, point, by = open_entry(proof, keys)
    if not _is_entry(entry):
        raise ProofFailsError("this is no entry of the disclosure log")
    return ProvenEntry(entry=entry, index=proof.index, checkpoint=point, keys=by)


def _is_entry(entry: dict[str, Any]) -> bool:
    """True if members have the names and types that an entry's have."""
    may_be = dict.fromkeys(_MAY_BE, str) | {"fields": dict, "more": dict}
    must_be = dict.fromkeys(_TEXTS, str) | {"kind": str, "at": int, "policy": int, "v": int}
    if not must_be.keys() <= entry.keys() <= must_be.keys() | may_be.keys():
        return False
    if any(type(value) is not (must_be | may_be)[name] for name, value in entry.items()):
        return False
    shown, more = entry.get("fields", {}), entry.get("more", {})
    return (
        entry["v"] == 1
        and entry["kind"] in KINDS
        and all(0 <= entry[name] < NUMBERS for name in ("at", "policy"))
        and all(name in _FIELDS and form in _FORMS for name, form in shown.items())
        and all(type(value) in (str, int) for value in more.values())
    )
