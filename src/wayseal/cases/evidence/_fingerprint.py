"""What the machine says of some bytes when they are taken in: two hashes of all, and one of each 4 KiB.

1. The hash of a piece is a leaf of RFC 9162 (SHA-256 of 0x00 and the piece); their tree's root stands for all of them.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from cryptography.hazmat.primitives import hashes

from wayseal.merkle.hashing import EMPTY, SIZE, leaf_hash, node_hash

CHUNK = 4096
"""Bytes of a piece."""
_AT_ONCE = 64 * CHUNK


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The size and the hashes of some bytes.

    Attributes:
        size: Bytes.
        sha256: SHA-256 of all, as hexadecimal digits.
        sm3: SM3 of all, in the same way.
        crc: CRC-32, which a zip wants.
        leaves: Hashes of the pieces, one after the other, 32 bytes each (rule 1).
    """

    size: int
    sha256: str
    sm3: str
    crc: int
    leaves: bytes

    @property
    def chunks(self) -> int:
        """How many pieces there are."""
        return len(self.leaves) // SIZE

    @property
    def root(self) -> str:
        """Root over the pieces, as hexadecimal digits (rule 1)."""
        return root_of([self.leaves[at : at + SIZE] for at in range(0, len(self.leaves), SIZE)]).hex()


def fingerprint(parts: Iterable[bytes]) -> Fingerprint:
    """Compute the fingerprint of bytes that come in parts of any size."""
    sha, sm3, crc, size, leaves, rest = hashlib.sha256(), hashes.Hash(hashes.SM3()), 0, 0, [], b""
    for part in parts:
        sha.update(part)
        sm3.update(part)
        crc, size = zlib.crc32(part, crc), size + len(part)
        rest += part
        whole = len(rest) - len(rest) % CHUNK
        leaves += [leaf_hash(rest[at : at + CHUNK]) for at in range(0, whole, CHUNK)]
        rest = rest[whole:]
    if rest:
        leaves.append(leaf_hash(rest))
    return Fingerprint(
        size=size, sha256=sha.hexdigest(), sm3=sm3.finalize().hex(), crc=crc, leaves=b"".join(leaves)
    )  # fmt: skip


def fingerprint_of(content: bytes) -> Fingerprint:
    """Compute the fingerprint of these bytes."""
    return fingerprint([content])


def read_parts(file: IO[bytes]) -> Iterator[bytes]:
    """A file in parts that fit into memory."""
    while part := file.read(_AT_ONCE):
        yield part


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Root of the tree of RFC 9162 over hashes of leaves: whole subtrees from the left, joined from the right."""
    roots: list[tuple[int, bytes]] = []
    for leaf in leaves:
        size, node = 1, leaf
        while roots and roots[-1][0] == size:
            left = roots.pop()[1]
            size, node = 2 * size, node_hash(left, node)
        roots.append((size, node))
    if not roots:
        return EMPTY
    node = roots.pop()[1]
    while roots:
        node = node_hash(roots.pop()[1], node)
    return node
