"""The tree of the record's lines, kept level by level of tiles in a table beside them."""

from collections.abc import Sequence

import numpy as np

from wayseal.market.log._tables import NODES
from wayseal.merkle import Tree
from wayseal.merkle.bulk import Digests
from wayseal.merkle.hashing import SIZE
from wayseal.merkle.tiles import HEIGHT, entries, grown
from wayseal.store.database import Connection, execute, query

_WIDTH = 1 << HEIGHT


def tree_of(c: Connection, size: int) -> Tree:
    """The tree over the first `size` lines."""
    return Tree(size, lambda level, start, stop: _read(c, level, start, stop))


def grow(c: Connection, size: int, leaves: Sequence[bytes]) -> None:
    """Puts leaves behind the first `size`, and the nodes that are complete by them."""
    edges, level = [], 0
    while count := entries(size, level):
        edges.append(_read(c, level, count >> HEIGHT << HEIGHT, count))
        level += 1
    new = np.frombuffer(b"".join(leaves), np.uint8).reshape(len(leaves), SIZE)
    for level, added in enumerate(grown(edges, new)):
        first = entries(size, level)
        execute(
            c,
            f"INSERT INTO {NODES} (level, place, hash) VALUES (?, ?, ?)",
            [[level, first + number, bytes(one).hex()] for number, one in enumerate(added)],
        )


def _read(c: Connection, level: int, start: int, stop: int) -> Digests:
    found = query(
        c, f"SELECT hash FROM {NODES} WHERE level=? AND place>=? AND place<? ORDER BY place", (level, start, stop)
    )
    joined = b"".join(bytes.fromhex(one) for (one,) in found)
    return np.frombuffer(joined, np.uint8).reshape(len(found), SIZE)
