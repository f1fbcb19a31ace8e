"""The right edge of a tree: all that a tree needs to grow, and to say its root.

A tail is a value: growing gives another one. It can stand over leaves, or over the hashes of whole tiles.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wayseal.merkle import Tree
from wayseal.merkle.bulk import Digests
from wayseal.merkle.hashing import SIZE
from wayseal.merkle.tiles import HEIGHT, WIDTH, grown

_FULL = WIDTH * SIZE


def digests(joined: bytes) -> Digests:
    """Hashes that lie one behind the other."""
    return np.frombuffer(joined, np.uint8).reshape(-1, SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The first `size` leaves of a log, as far as more leaves need to know them.

    last: hash of the last leaf (empty for an empty log). edges: for each level of tiles, the entries of its last tile,
    joined, unless that is full.
    """

    size: int = 0
    last: bytes = b""
    edges: tuple[bytes, ...] = ()

    def grown(self, leaves: Sequence[bytes]) -> tuple["Tail", list[tuple[int, int, bytes]]]:
        """The tail after more leaves, and the new entries of levels above: (level, place, hash)."""
        if not leaves:
            return self, []
        size, joined = self.size + len(leaves), b"".join(leaves)
        lowest = (self.edges[0] if self.edges else b"") + joined
        if len(lowest) < _FULL:
            return Tail(size=size, last=leaves[-1], edges=(lowest, *self.edges[1:])), []
        levels = [a.tobytes() for a in grown([digests(e) for e in self.edges], digests(joined))]
        nodes = []
        for level, made in enumerate(levels[1:], 1):
            first = self.size >> HEIGHT * level
            nodes += [(level, first + n, made[n * SIZE : (n + 1) * SIZE]) for n in range(len(made) // SIZE)]
        edges = [
            (self.edges[n] if n < len(self.edges) else b"") + (levels[n] if n < len(levels) else b"")
            for n in range(max(len(levels), len(self.edges)))
        ]
        kept = tuple(e[len(e) // _FULL * _FULL :] for e in edges)
        return Tail(size=size, last=leaves[-1], edges=kept), nodes

    def tree(self, tile: bytes | None = None) -> Tree:
        """Its tree, to be asked for its own root alone.

        tile: the tail stands over whole tiles; these are the leaves of the last tile, which is not full.
        """
        edges = self.edges if tile is None else (tile, *self.edges)
        size = self.size if tile is None else self.size * WIDTH + len(tile) // SIZE

        def read(level: int, start: int, stop: int) -> Digests:
            first = (size >> HEIGHT * level) // WIDTH * WIDTH
            return digests(edges[level])[start - first : stop - first]

        return Tree(size, read)
