"""Tiles: the files in which the hashes of a tree lie, after C2SP tlog-tiles.

1. A tile holds up to 256 entries of 32 bytes of one level; a full one never changes.
2. A tile that is not full has its width in its name, so that no file is ever written anew with other content.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wayseal.merkle.bulk import Digests, parents

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
