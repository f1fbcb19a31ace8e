"""RFC 9162, section 2.1, written down from its recursive definitions: slow, and shares no code with ours."""

from collections.abc import Sequence
from hashlib import sha256


def k_of(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def mth(d: Sequence[bytes]) -> bytes:
    """MTH(D_n)."""
    n = len(d)
    if n == 0:
        return sha256().digest()
    if n == 1:
        return sha256(bytes([0]) + d[0]).digest()
    k = k_of(n)
    return sha256(bytes([1]) + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D_n)."""
    n = len(d)
    if n == 1:
        return []
    k = k_of(n)
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def proof(m: int, d: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D_n)."""
    return subproof(m, d, b=True)


def subproof(m: int, d: Sequence[bytes], *, b: bool) -> list[bytes]:
    """SUBPROOF(m, D_n, b)."""
    n = len(d)
    if m == n:
        return [] if b else [mth(d)]
    k = k_of(n)
    if m <= k:
        return [*subproof(m, d[:k], b=b), mth(d[k:])]
    return [*subproof(m - k, d[k:], b=False), mth(d[:k])]


def root_by(leaf: bytes, m: int, n: int, hashes: Sequence[bytes]) -> bytes:
    """The root that a path gives, going down the tree as PATH does; IndexError where the path is too short."""
    if n == 1:
        return leaf
    k = k_of(n)
    if m < k:
        return sha256(bytes([1]) + root_by(leaf, m, k, hashes[:-1]) + hashes[-1]).digest()
    return sha256(bytes([1]) + hashes[-1] + root_by(leaf, m - k, n - k, hashes[:-1])).digest()
