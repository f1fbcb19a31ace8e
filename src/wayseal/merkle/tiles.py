"""Tiles: the files in which the hashes of a tree lie, after C2SP tlog-tiles.

1. A tile holds up to 256 entries of 32 bytes of one level; a full one never changes.
2. A tile that is not full has its width in its name, so that no file is ever written anew with other content.

A tree over hashes that lie somewhere, by level of tiles: roots, proofs, growth (RFC 9162, section 2.1).

T1. Only complete subtrees are ever read; what lies at the right edge is hashed anew from them.
T2. Whatever is stored is only ever added to: the entries of a smaller tree are a prefix of those of a larger one.
T3. A question needs a number of reads that grows with the logarithm of the size.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wayseal.merkle.bulk import Digests, parents
from wayseal.merkle.errors import MerkleError
from wayseal.merkle.hashing import EMPTY, node_hash

HEIGHT = 8
"""Levels of the tree in one level of tiles: an entry of tile level L is the hash of 2**(8 L) leaves."""

WIDTH = 1 << HEIGHT
"""Entries of a full tile."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Tile:
    """One tile: its level, its place in the level, and how many entries it has (1 to 256)."""

    level: int
    index: int
    width: int

    @property
    def path(self) -> str:
        """Its name: the level, the place in groups of three digits, and `.p/width` unless it is full."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        name = f"{self.level}/{'/'.join(groups[::-1])}"
        return name if self.width == WIDTH else f"{name}.p/{self.width}"

    @property
    def first(self) -> int:
        """Place of its first entry in its level."""
        return self.index * WIDTH


def entries(size: int, level: int) -> int:
    """How many entries a level has in a tree of `size` leaves."""
    return size >> HEIGHT * level


def tile_of(size: int, level: int, index: int) -> Tile:
    """A tile of the tree of `size` leaves."""
    return Tile(level=level, index=index, width=min(WIDTH, entries(size, level) - index * WIDTH))


def tiles(size: int, old: int = 0) -> Iterator[Tile]:
    """The tiles of the tree of `size` leaves that the one of `old` leaves doesn't have in that form, level by level."""
    level = 0
    while count := entries(size, level):
        for index in range(entries(old, level) // WIDTH, (count - 1) // WIDTH + 1):
            tile = tile_of(size, level, index)
            if old == 0 or tile.first + tile.width > entries(old, level):
                yield tile
        level += 1


def grown(edges: Sequence[Digests], leaves: Digests) -> list[Digests]:
    """New entries a level of tiles after `leaves` join a tree (rule 1).

    edges: for each level, the entries of its last tile unless that is full.
    """
    out = [leaves]
    while True:
        level = len(out) - 1
        entries = np.concatenate([edges[level], out[level]]) if level < len(edges) else out[level]
        nodes = entries[: len(entries) >> HEIGHT << HEIGHT]
        if not len(nodes):
            return out
        for _ in range(HEIGHT):
            nodes = parents(nodes)
        out.append(nodes)


Read = Callable[[int, int, int], Digests]
"""Entries `start` to `stop` (excluded) of a level of tiles; both lie within one tile of 256."""


class Tree:
    """The first leaves of what `read` gives.

    Args:
        size: How many leaves.
        read: Gives hashes of a level of tiles, from a place to another.
    """

    def __init__(self, size: int, read: Read) -> None:
        self.size = size
        self._read = read

    @staticmethod
    def of(leaves: Digests) -> "Tree":
        """A tree in memory over hashes of leaves.

        Args:
            leaves: 32 bytes each, one after the other.

        Returns:
            The tree.
        """
        levels = grown([], leaves)
        return Tree(len(leaves), lambda level, start, stop: levels[level][start:stop])

    def leaf(self, index: int) -> bytes:
        """Hash of one leaf.

        Args:
            index: Its place, from 0.

        Returns:
            32 bytes.
        """
        return self._complete(index, index + 1)

    def root(self, size: int | None = None) -> bytes:
        """Hash of the tree.

        Args:
            size: Of its first so many leaves; None: of all.

        Returns:
            32 bytes; that of the empty tree for 0.

        Raises:
            MerkleError: The tree has fewer leaves.
        """
        size = self.size if size is None else self._known(size)
        return self._range(0, size) if size else EMPTY

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Proves that a leaf stands in the tree (2.1.3.1).

        Args:
            index: Its place, from 0.
            size: In the tree of the first so many leaves; None: of all.

        Returns:
            Hashes that lead from the leaf to the root, the lowest first.

        Raises:
            MerkleError: There is no such leaf.
        """
        start, stop = 0, self.size if size is None else self._known(size)
        if not 0 <= index < stop:
            raise MerkleError("there is no leaf {index} in a tree of {stop}", index=index, stop=stop)
        path: list[bytes] = []
        while stop - start > 1:
            middle = start + _split(stop - start)
            if index < middle:
                path.append(self._range(middle, stop))
                stop = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """Proves that the first leaves begin a tree (2.1.4.1).

        Args:
            old: How many leaves.
            size: The tree of the first so many; None: of all.

        Returns:
            Hashes of the proof; none where nothing needs proof.

        Raises:
            MerkleError: The tree has fewer leaves.
        """
        start, stop = 0, self.size if size is None else self._known(size)
        if not 0 <= old <= stop:
            raise MerkleError("a tree of {stop} leaves doesn't go on from one of {old}", stop=stop, old=old)
        if old in (0, stop):
            return []
        path: list[bytes] = []
        whole = True
        while old < stop:
            middle = start + _split(stop - start)
            if old <= middle:
                path.append(self._range(middle, stop))
                stop = middle
            else:
                path.append(self._range(start, middle))
                start, whole = middle, False
        return ([] if whole else [self._range(start, stop)]) + path[::-1]

    def _known(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise MerkleError("the tree has {size} leaves, not {wanted}", size=self.size, wanted=size)
        return size

    def _range(self, start: int, stop: int) -> bytes:
        """Hash over leaves start to stop; start is a multiple of the power of two that the range fits in."""
        size = stop - start
        if size & (size - 1) == 0:
            return self._complete(start, stop)
        middle = start + _split(size)
        return node_hash(self._complete(start, middle), self._range(middle, stop))

    def _complete(self, start: int, stop: int) -> bytes:
        """Hash of a complete subtree, from the entries of the next lower level of tiles (rule T1)."""
        level = ((stop - start).bit_length() - 1) // HEIGHT
        entries = self._read(level, start >> HEIGHT * level, stop >> HEIGHT * level)
        while len(entries) > 1:
            entries = parents(entries)
        return bytes(entries[0])


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
