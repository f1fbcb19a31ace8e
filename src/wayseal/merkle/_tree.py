"""A tree over hashes that lie somewhere, by level of tiles: roots, proofs, growth (RFC 9162, section 2.1).

1. Only complete subtrees are ever read; what lies at the right edge is hashed anew from them.
2. Whatever is stored is only ever added to: the entries of a smaller tree are a prefix of those of a larger one.
3. A question needs a number of reads that grows with the logarithm of the size.
"""

from collections.abc import Callable

from wayseal.merkle.bulk import Digests, parents
from wayseal.merkle.errors import MerkleError
from wayseal.merkle.hashing import EMPTY, node_hash
from wayseal.merkle.tiles import HEIGHT, grown

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
        """Hash of a complete subtree, from the entries of the next lower level of tiles (rule 1)."""
        level = ((stop - start).bit_length() - 1) // HEIGHT
        entries = self._read(level, start >> HEIGHT * level, stop >> HEIGHT * level)
        while len(entries) > 1:
            entries = parents(entries)
        return bytes(entries[0])


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
