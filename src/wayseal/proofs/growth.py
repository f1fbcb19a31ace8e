"""A proof that a log only grew between two checkpoints; it tells nothing of what is in it.

1. A proof holds two signed checkpoints of one log and the way from one root to the other.
2. Every log goes on from an empty one, so that is no proof of anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from wayseal.merkle import verify_consistency
from wayseal.merkle.checkpoint import Checkpoint, VerifyKey, name_keys
from wayseal.merkle.errors import OtherOriginError
from wayseal.proofs._fields import VERSION, Proof, exactly, hashes, spell_hashes, spell_proof, text
from wayseal.proofs.errors import ProofFailsError

FORMAT = "wayseal_growth_proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthProof(Proof):
    """The proof of growth (rule 1).

    Attributes:
        old: The earlier checkpoint, signed.
        new: The later one, signed.
        path: Hashes that lead from one root to the other.
    """

    NAME: ClassVar = FORMAT
    old: str
    new: str
    path: tuple[bytes, ...]

    def to_json(self) -> str:
        """The form in which it is handed on.

        Returns:
            JSON.
        """
        return spell_proof({FORMAT: VERSION, "old": self.old, "new": self.new, "path": spell_hashes(self.path)})

    @classmethod
    def _build(cls, found: dict[str, Any]) -> Self:
        exactly(found, (FORMAT, "old", "new", "path"))
        return cls(old=text(found, "old"), new=text(found, "new"), path=hashes(found, "path"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenGrowth:
    """Growth that was proven: the log of the new checkpoint begins with all that was in that of the old one.

    Attributes:
        old: The earlier checkpoint.
        new: The later one.
        keys: Who signed them, as name+id.
    """

    old: Checkpoint
    new: Checkpoint
    keys: tuple[str, ...]


def verify_growth(content: bytes, keys: Sequence[VerifyKey]) -> ProvenGrowth:
    """Checks a proof that a log only grew. Raises what `verify_entry` does; OtherOriginError: of two logs."""
    proof = GrowthProof.from_json(content)
    (old, by), (new, also) = (Checkpoint.open(note.encode(), keys) for note in (proof.old, proof.new))
    if old.origin != new.origin:
        raise OtherOriginError(
            "one checkpoint is of {origin}, the other of {other}", origin=old.origin, other=new.origin
        )
    if not verify_consistency(old.size, old.root, new.size, new.root, proof.path):
        raise ProofFailsError("the proof doesn't hold: the later log doesn't begin with the earlier one")
    return ProvenGrowth(old=old, new=new, keys=tuple(dict.fromkeys((*name_keys(by), *name_keys(also)))))
