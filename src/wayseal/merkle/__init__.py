"""Merkle trees of RFC 9162, their tiles, and signed checkpoints: pure functions that know nothing of what is in a leaf.

Hashes of single leaves and of many messages stand in `wayseal.merkle.hashing`, tiles in `wayseal.merkle.tiles`.
"""

from wayseal.merkle._proof import verify_consistency, verify_inclusion
from wayseal.merkle._tree import Tree
from wayseal.merkle.checkpoint import Checkpoint, SigningKey, VerifyKey
from wayseal.merkle.errors import MerkleError

__all__ = [
    "Checkpoint",
    "MerkleError",
    "SigningKey",
    "Tree",
    "VerifyKey",
    "verify_consistency",
    "verify_inclusion",
]
