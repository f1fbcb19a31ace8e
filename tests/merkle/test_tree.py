"""Our trees against the RFC's own definitions, and proofs that must not hold."""

import hashlib
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import DEEP
from tests.merkle import plain
from wayseal.merkle import MerkleError, Tree, bulk, verify_consistency, verify_inclusion
from wayseal.merkle.bulk import Digests, stacked
from wayseal.merkle.hashing import leaf_hash
from wayseal.merkle.tiles import Tile, entries, grown, tile_of, tiles

# The hashes of the reference implementation of Certificate Transparency for its eight test leaves.
KNOWN_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
KNOWN_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def data(seed: int, size: int) -> list[bytes]:
    lot = random.Random(seed)
    return [lot.randbytes(lot.randrange(40)) for _ in range(size)]


def tree(leaves: list[bytes]) -> Tree:
    return Tree.of(stacked([leaf_hash(d) for d in leaves]))


def test_known_roots() -> None:
    leaves = [bytes.fromhex(x) for x in KNOWN_LEAVES]
    for size, root in KNOWN_ROOTS.items():
        assert tree(leaves[:size]).root().hex() == root == plain.mth(leaves[:size]).hex()


def test_an_independent_verifier_agrees() -> None:
    """For a thousand random trees (quick: 100): the root, and proofs of inclusion and consistency, both ways round."""
    for seed in range(1000 if DEEP else 100):
        lot = random.Random(seed)
        size = lot.choice((lot.randrange(1, 12), lot.randrange(1, 70), lot.randrange(1, 300)))
        leaves = data(seed, size)
        ours, root = tree(leaves), plain.mth(leaves)
        assert ours.root() == root
        for index in {0, size - 1, lot.randrange(size)}:
            path = ours.inclusion(index)
            assert path == plain.path(index, leaves)
            leaf = leaf_hash(leaves[index])
            assert plain.root_by(leaf, index, size, path) == root
            assert verify_inclusion(leaf, index, size, path, root)
        for old in {0, size, lot.randrange(size + 1)}:
            path = ours.consistency(old)
            assert path == (plain.proof(old, leaves) if old else [])
            assert verify_consistency(old, plain.mth(leaves[:old]), size, root, path) == (old > 0)
            assert ours.root(old) == plain.mth(leaves[:old])


def test_every_proof_of_every_small_tree() -> None:
    leaves = data(1, 20)
    whole = tree(leaves)
    for size in range(1, 21):
        root = plain.mth(leaves[:size])
        for index in range(size):
            path = whole.inclusion(index, size)
            assert path == plain.path(index, leaves[:size])
            for wrong in range(-1, size + 1):
                assert verify_inclusion(leaf_hash(leaves[index]), wrong, size, path, root) == (wrong == index)
        for old in range(1, size + 1):
            path = whole.consistency(old, size)
            assert path == plain.proof(old, leaves[:size])
            for wrong in range(-1, size + 2):
                right = wrong == old
                assert verify_consistency(wrong, plain.mth(leaves[:old]), size, root, path) == right


@given(st.integers(0, 2**32), st.integers(2, 40), st.data())
def test_a_changed_proof_fails(seed: int, size: int, choose: st.DataObject) -> None:
    leaves = data(seed, size)
    whole, root = tree(leaves), plain.mth(leaves)
    index = choose.draw(st.integers(0, size - 1))
    old = choose.draw(st.integers(1, size - 1))

    def included(path: list[bytes]) -> bool:
        return verify_inclusion(leaf_hash(leaves[index]), index, size, path, root)

    def consistent(path: list[bytes]) -> bool:
        return verify_consistency(old, plain.mth(leaves[:old]), size, root, path)

    for path, holds in ((whole.inclusion(index), included), (whole.consistency(old), consistent)):
        assert holds(path)
        place = choose.draw(st.integers(0, len(path) - 1))
        flipped = bytearray(path[place])
        flipped[choose.draw(st.integers(0, 31))] ^= 1 << choose.draw(st.integers(0, 7))
        assert not holds([*path[:place], bytes(flipped), *path[place + 1 :]])
        assert not holds([*path, path[0]])
        assert not holds(path[:-1])
        assert not holds([path[0]] * 80)


def test_wrong_roots_fail() -> None:
    leaves = data(3, 9)
    whole = tree(leaves)
    assert not verify_consistency(4, plain.mth(leaves[:5]), 9, whole.root(), whole.consistency(4))
    assert not verify_consistency(9, whole.root(), 9, plain.mth(leaves[:8]), [])
    assert not verify_consistency(0, b"\0" * 32, 9, whole.root(), [])
    assert not verify_consistency(0, plain.mth([]), 9, whole.root(), [b"\0" * 32])
    assert not verify_inclusion(leaf_hash(leaves[0]), 1, 9, whole.inclusion(0), whole.root())


def test_what_a_tree_does_not_have() -> None:
    whole = tree(data(1, 5))
    for ask in (lambda: whole.root(6), lambda: whole.inclusion(5), lambda: whole.inclusion(-1), lambda: whole.root(-1)):
        with pytest.raises(MerkleError):
            ask()
    for old, size in ((6, None), (-1, None), (2, 7)):
        with pytest.raises(MerkleError):
            whole.consistency(old, size)


def test_growing_is_the_same_as_making_at_once() -> None:
    lot = random.Random(9)
    leaves = np.frombuffer(lot.randbytes(32 * 70_000), np.uint8).reshape(-1, 32)
    stored = [leaves[:0], leaves[:0], leaves[:0]]
    size = 0
    for more in (0, 1, 254, 1, 1, 300, 65_536, 2, 3000):
        edges = [s[len(s) // 256 * 256 :] for s in stored]
        for level, new in enumerate(grown(edges, leaves[size : size + more])):
            stored[level] = np.concatenate([stored[level], new])
        size += more
        whole = Tree(size, lambda level, start, stop: stored[level][start:stop])
        assert whole.root() == Tree.of(leaves[:size]).root()
        assert [len(s) for s in stored] == [entries(size, level) for level in range(3)]
    assert whole.root() == plain_root(leaves[:size])
    assert whole.leaf(65_000) == leaves[65_000].tobytes()


def plain_root(nodes: Digests) -> bytes:
    """Root over hashes of leaves, pair by pair, level by level, a last one without a sibling going up as it is."""
    level = [bytes(n) for n in nodes]
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(level) // 2 * 2 :]
    return level[0]


@pytest.mark.kernels
@given(st.lists(st.binary(min_size=5, max_size=5), min_size=1, max_size=60), st.sampled_from((0, 1 << 62)))
def test_bulk_hashes_are_those_of_hashlib(messages: list[bytes], worth: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "WORTH", worth)
        room = bulk.Messages(64, 5)
        room.rows[: len(messages)] = [list(m) for m in messages]
        found = room.hashes(len(messages))
    assert [f.tobytes() for f in found] == [hashlib.sha256(m).digest() for m in messages]


@pytest.mark.kernels
@pytest.mark.parametrize("size", [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 310])
def test_bulk_hashes_of_every_padding(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "WORTH", 0)
    room = bulk.Messages(17, size)
    lot = random.Random(size)
    for n in range(17):
        room.rows[n] = list(lot.randbytes(size))
    wanted = [hashlib.sha256(room.rows[n].tobytes()).digest() for n in range(17)]
    assert [f.tobytes() for f in room.hashes(17)] == wanted


def test_tiles_and_their_names() -> None:
    assert list(tiles(0)) == []
    assert [t.path for t in tiles(5)] == ["0/000.p/5"]
    assert [t.path for t in tiles(256)] == ["0/000", "1/000.p/1"]
    assert [t.path for t in tiles(513)] == ["0/000", "0/001", "0/002.p/1", "1/000.p/2"]
    assert Tile(level=2, index=1_234_067, width=256).path == "2/x001/x234/067"
    assert tile_of(600, 0, 2) == Tile(level=0, index=2, width=88)
    assert Tile(level=0, index=3, width=1).first == 768


@given(st.integers(0, 300_000), st.integers(0, 300_000))
def test_new_tiles(one: int, other: int) -> None:
    old, size = sorted((one, other))
    assert set(tiles(size, old)) == set(tiles(size)) - set(tiles(old))
