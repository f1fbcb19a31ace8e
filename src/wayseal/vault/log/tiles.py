"""The log's tree, its tiles and its tail, read from the tables.

A tail is the right edge of a tree: all that it needs to grow, and to say its root. It is a value: growing gives another
one. It can stand over leaves, or over the hashes of whole tiles.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import sqlalchemy as sa

from wayseal.database import Connection, raw
from wayseal.merkle import Tree
from wayseal.merkle.bulk import Digests, stacked
from wayseal.merkle.hashing import SIZE
from wayseal.merkle.tiles import HEIGHT, WIDTH, Tile, grown
from wayseal.merkle.tiles import entries as entries_of
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError

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


_PATH = re.compile(r"(\d|[1-5]\d|6[0-3])/((?:x\d{3}/){0,5}\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)
_LAST = "SELECT seq, leaf FROM entries ORDER BY seq DESC LIMIT 1"


def size(connection: Connection) -> int:
    """How many entries the log has."""
    last: int | None = connection.execute(sa.select(sa.func.max(t.entries.c.seq))).scalar()
    return 0 if last is None else last + 1


def tree(connection: Connection, of: int | None = None) -> Tree:
    """The tree over the first `of` entries, or over all, as long as the connection's transaction lasts.

    Each tile is read once. Questions to it raise LogChangedError where hashes are missing.
    """
    leaves = size(connection) if of is None else of

    @cache
    def whole(level: int, index: int) -> Digests:
        first = index * WIDTH
        return stacked(stored(connection, level, first, min(first + WIDTH, entries_of(leaves, level))))

    def read(level: int, start: int, stop: int) -> Digests:
        first = start // WIDTH * WIDTH
        return whole(level, start // WIDTH)[start - first : stop - first]

    return Tree(leaves, read)


def tile(connection: Connection, of: int, wanted: Tile) -> bytes | None:
    """The hashes of a tile of the tree of `of` leaves; None where that has no such tile."""
    there = entries_of(of, wanted.level) - wanted.first
    if not 0 < wanted.width <= min(there, WIDTH) or wanted.index < 0:
        return None
    return b"".join(stored(connection, wanted.level, wanted.first, wanted.first + wanted.width))


def tile_named(path: str) -> Tile | None:
    """The tile with a path such as `0/x001/067` or `1/000.p/5` (C2SP tlog-tiles); None where it is no such path."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    index = int(re.sub("[x/]", "", found[2]))
    made = Tile(level=int(found[1]), index=index, width=int(found[3] or WIDTH))
    return made if made.path == path else None


def read_last(connection: Connection) -> Sequence[Any] | None:
    """Place and leaf of the last entry; None: there is none."""
    return next(iter(raw.fetch(connection, _LAST, ())), None)


def present_tail(connection: Connection) -> Tail:
    """Read the tail of the log for `append`; LogChangedError where nodes or entries at its end are missing."""
    last = read_last(connection)
    if last is None:
        return Tail()
    size = last[0] + 1
    edges = []
    for level in range((size.bit_length() - 1) // HEIGHT + 1):
        stop = entries_of(size, level)
        edges.append(b"".join(stored(connection, level, stop // WIDTH * WIDTH, stop)))
    return Tail(size=size, last=last[1], edges=tuple(edges))


def stored(connection: Connection, level: int, start: int, stop: int) -> list[bytes]:
    """Hashes of a level of tiles as they lie in the tables; LogChangedError where one is missing or is none."""
    if level:
        place, hash_ = t.nodes.c.place, t.nodes.c.hash
        which = (t.nodes.c.level == level) & (place >= start) & (place < stop)
    else:
        place, hash_ = t.entries.c.seq, t.entries.c.leaf
        which = (place >= start) & (place < stop)
    rows = connection.execute(sa.select(place, hash_).where(which).order_by(place)).all()
    hashes = [row[1] for row in rows if type(row[1]) is bytes and len(row[1]) == SIZE]
    if [row[0] for row in rows] != list(range(start, stop)) or len(hashes) != len(rows):
        raise LogChangedError("the log lacks hashes of level {level}: verify it before it goes on", level=level)
    return hashes
