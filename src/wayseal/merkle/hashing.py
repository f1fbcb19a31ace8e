"""Hashes of a tree (RFC 9162, section 2.1.1), one at a time; many at once stand in `wayseal.merkle.bulk`.

1. A leaf is SHA-256(0x00 || data), a node SHA-256(0x01 || left || right), the empty tree SHA-256 of nothing: none can
   be taken for another.

Checking proofs (RFC 9162, sections 2.1.3.2 and 2.1.4.2).

P1. A proof that is too long, too short or of a place that can't be fails, and so does a hash that isn't one; none
   raises.
P2. That a tree goes on from the empty one is no statement about it, so nothing proves it.
P3. Whoever checks needs the proof and two roots, or a leaf and a root, and nothing else.
"""

import hashlib
from collections.abc import Iterable, Sequence

SIZE = 32
"""Bytes of a hash."""
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf with `data` (rule 1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of the node over two others (rule 1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Check that a leaf stands in a tree.

    Args:
        leaf: Hash of the leaf, 32 bytes.
        index: Its place, from 0.
        size: Leaves of the tree.
        path: Hashes of the proof (RFC 9162, 2.1.3).
        root: Root of the tree, 32 bytes.

    Returns:
        True only if the proof holds; a proof that is none is False.
    """
    if not (0 <= index < size and _are_hashes((leaf, root, *path))):
        return False
    node, last, found = index, size - 1, leaf
    for other in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(other, found)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, other)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Check that one tree begins another.

    Args:
        old: Leaves of the older tree, at least one (rule P2).
        old_root: Its root, 32 bytes.
        size: Leaves of the newer tree.
        root: Its root, 32 bytes.
        path: Hashes of the proof (RFC 9162, 2.1.4).

    Returns:
        True only if the proof holds; a proof that is none is False.
    """
    if not (0 < old <= size and _are_hashes((old_root, root, *path))):
        return False
    if old == size:
        return not path and old_root == root
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    if not hashes:
        return False
    first = second = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(other, first), node_hash(other, second)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, other)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == root


def _are_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == SIZE for value in values)
