"""Hashes of a tree (RFC 9162, section 2.1.1), one at a time; many at once stand in `wayseal.merkle.bulk`.

1. A leaf is SHA-256(0x00 || data), a node SHA-256(0x01 || left || right), the empty tree SHA-256 of nothing: none can
   be taken for another.
"""

import hashlib

SIZE = 32
"""Bytes of a hash."""
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf with `data` (rule 1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of the node over two others (rule 1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()
