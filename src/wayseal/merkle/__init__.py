"""Merkle trees of RFC 9162, their tiles, and signed checkpoints: pure functions that know nothing of what is in a leaf.

Hashes of single leaves stand in `wayseal.merkle.hashing`, of many messages in `wayseal.merkle.bulk`, tiles in
`wayseal.merkle.tiles`. What checks a proof or a checkpoint needs no arrays.
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.merkle.checkpoint import Checkpoint, SigningKey, VerifyKey
    from wayseal.merkle.errors import MerkleError
    from wayseal.merkle.hashing import verify_consistency, verify_inclusion
    from wayseal.merkle.tiles import Tree

__all__ = [
    "Checkpoint",
    "MerkleError",
    "SigningKey",
    "Tree",
    "VerifyKey",
    "verify_consistency",
    "verify_inclusion",
]

__getattr__ = load_when_asked(
    __name__,
    {
        "Checkpoint": "checkpoint",
        "MerkleError": "errors",
        "SigningKey": "checkpoint",
        "Tree": "tiles",
        "VerifyKey": "checkpoint",
        "verify_consistency": "hashing",
        "verify_inclusion": "hashing",
    },
)
