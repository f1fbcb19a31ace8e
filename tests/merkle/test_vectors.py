"""The cases of transparency-dev/merkle, made anew by their rules from RFC 9162's own definitions.

That repository (`testdata/inclusion` and `testdata/consistency`, Apache-2.0, at commit 417fb0c) changes a few proofs
over the eight test leaves of Certificate Transparency in the same ways each; none of its files is here. Of its 196
cases one doesn't apply: it takes a text of 12 bytes for the root of two equal trees. Those of subtrees aren't of RFC
9162.
"""

from collections.abc import Iterator

from tests.merkle import plain
from tests.merkle.test_tree import KNOWN_LEAVES
from tests.tables import each
from wayseal.merkle import verify_consistency, verify_inclusion
from wayseal.merkle.hashing import EMPTY, leaf_hash

LEAVES = [bytes.fromhex(x) for x in KNOWN_LEAVES]
RANDOM = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")
WORD, OTHER_WORD = b"don't care 1", b"don't care 2"
ONE = bytes.fromhex("0d3aed023148ffd2a259fbd0cdc7fb3cf975658760d3775b82af6f90aacc2dfc")

Inclusion = tuple[str, bytes, int, int, list[bytes], bytes, bool]
Consistency = tuple[str, int, bytes, int, bytes, list[bytes], bool]


def flipped(path: list[bytes], place: int, bit: int) -> list[bytes]:
    """A proof with one bit of one hash changed."""
    changed = bytearray(path[place])
    changed[0] ^= 1 << bit
    return [*path[:place], bytes(changed), *path[place + 1 :]]


def paths(path: list[bytes], bit: int, *roots: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A proof changed in the ways that both kinds share."""
    for place in range(len(path)):
        yield f"bit {bit} of hash {place}", flipped(path, place, bit)
    if path:
        yield "removed", path[:-1]
    for name, more in (("garbage", b""), *((f"root {n}", root) for n, root in enumerate(roots))):
        yield f"trailing {name}", [*path, more]
        yield f"preceding {name}", [more, *path]


def inclusions() -> Iterator[Inclusion]:
    for index, size in ((0, 1), (0, 8), (5, 8), (2, 3), (1, 5)):
        leaf, path, root = leaf_hash(LEAVES[index]), plain.path(index, LEAVES[:size]), plain.mth(LEAVES[:size])
        name = f"{index} of {size}:"
        yield f"{name} right", leaf, index, size, path, root, True
        for other in (index - 1 if index else (1 << 64) - 1, index + 1, index ^ 2):
            yield f"{name} index {other}", leaf, other, size, path, root, False
        for other in (2 * size, size // 2):
            yield f"{name} size {other}", leaf, index, other, path, root, False
        for other_leaf in (b"WrongLeaf", b""):
            yield f"{name} another leaf", other_leaf, index, size, path, root, False
        for other_root in (EMPTY, RANDOM, b"", root[:-1]):
            yield f"{name} another root", leaf, index, size, path, other_root, False
        for what, other_path in paths(path, 3, root):
            yield f"{name} {what}", leaf, index, size, other_path, root, False
        if path:
            yield f"{name} inserted", leaf, index, size, [path[0], RANDOM, *path[1:]], root, False
    for index, size in ((0, 0), (0, 1), (1, 0), (2, 1)):
        for leaf, root in ((RANDOM, EMPTY), (b"", EMPTY), (RANDOM, b"")):
            yield f"{index} of {size}, no tree", leaf, index, size, [], root, False
    for leaf, root, holds in ((ONE, ONE, True), (b"", ONE, False), (ONE, b"", False), (b"", b"", False)):
        yield "one leaf", leaf, 0, 1, [], root, holds


def consistencies() -> Iterator[Consistency]:
    for old, size in ((1, 1), (1, 8), (6, 8), (2, 5), (6, 7)):
        first, second, path = plain.mth(LEAVES[:old]), plain.mth(LEAVES[:size]), plain.proof(old, LEAVES[:size])
        name = f"{old} to {size}:"
        yield f"{name} right", old, first, size, second, path, True
        if old == size:
            continue
        for other in (old - 1, old + 1, old ^ 2):
            yield f"{name} old size {other}", other, first, size, second, path, False
        for other in (2 * size, size // 2):
            yield f"{name} size {other}", old, first, other, second, path, False
        for roots in ((b"WrongRoot", second), (first, b"WrongRoot"), (second, first), (first[:-1], second)):
            yield f"{name} other roots", old, roots[0], size, roots[1], path, False
        yield f"{name} empty", old, first, size, second, [], False
        yield f"{name} its first hash twice", old, first, size, second, [path[0], *path], False
        for what, other_path in paths(path, 4, first, second):
            yield f"{name} {what}", old, first, size, second, other_path, False
    for old, first, size, second, path in (
        (0, EMPTY, 1, EMPTY, [EMPTY]),
        (0, EMPTY, 0, OTHER_WORD, []),
        (0, WORD, 0, WORD, []),
        (0, WORD, 0, OTHER_WORD, []),
        (0, EMPTY, 0, EMPTY, [EMPTY]),
        (0, WORD, 1, OTHER_WORD, []),
        (0, EMPTY, 1, OTHER_WORD, []),
        (0, EMPTY, 8, plain.mth(LEAVES), []),
        (0, EMPTY, 0, EMPTY, []),
        (1, EMPTY, 1, OTHER_WORD, []),
        (1, EMPTY, 1, EMPTY, [EMPTY]),
        (1, WORD, 1, OTHER_WORD, []),
        (1, WORD, 2, OTHER_WORD, []),
        (1, WORD, 1, WORD, []),
        (1, WORD, 0, OTHER_WORD, []),
        (2, WORD, 1, OTHER_WORD, []),
    ):
        yield f"{old} to {size}, no proof", old, first, size, second, path, False
    yield "equal trees", 1, ONE, 1, ONE, [], True


@each(("name", "leaf", "index", "size", "path", "root", "holds"), inclusions())
def test_inclusion(name: str, leaf: bytes, index: int, size: int, path: list[bytes], root: bytes, holds: bool) -> None:
    assert verify_inclusion(leaf, index, size, path, root) == holds, name


@each(("name", "old", "first", "size", "second", "path", "holds"), consistencies())
def test_consistency(
    name: str, old: int, first: bytes, size: int, second: bytes, path: list[bytes], holds: bool
) -> None:
    assert verify_consistency(old, first, size, second, path) == holds, name
