"""A Merkle tree of a record's lines (rule 3 of `wayseal.journal`), kept level by level of tiles in a table."""

from collections.abc import Sequence

import numpy as np

from wayseal.database import Connection, execute, query
from wayseal.journal.projection import INT, TEXT, Table
from wayseal.merkle import Tree
from wayseal.merkle.bulk import Digests
from wayseal.merkle.hashing import SIZE
from wayseal.merkle.tiles import HEIGHT, entries, grown

_WIDTH = 1 << HEIGHT


def nodes_table(prefix: str) -> Table:
    """The table of a tree."""
    return Table(
        prefix=prefix, name="nodes", key=("level", "place"), columns={"level": INT, "place": INT, "hash": TEXT}
    )


def make_nodes(c: Connection, nodes: Table) -> None:
    """Makes the table where there is none."""
    columns = ", ".join(f"{name} {kind}" for name, kind in nodes.columns.items())
    query(c, f"CREATE TABLE IF NOT EXISTS {nodes.full_name} ({columns}, PRIMARY KEY ({', '.join(nodes.key)}))")


def tree_of(c: Connection, nodes: Table, size: int) -> Tree:
    """The tree over the first `size` lines."""
    return Tree(size, lambda level, start, stop: _read(c, nodes, level, start, stop))


def grow(c: Connection, nodes: Table, size: int, leaves: Sequence[bytes]) -> None:
    """Puts leaves behind the first `size`, and the nodes that are complete by them."""
    edges, level = [], 0
    while count := entries(size, level):
        edges.append(_read(c, nodes, level, count >> HEIGHT << HEIGHT, count))
        level += 1
    new = np.frombuffer(b"".join(leaves), np.uint8).reshape(len(leaves), SIZE)
    for level, added in enumerate(grown(edges, new)):
        first = entries(size, level)
        rows = [[level, first + number, bytes(one).hex()] for number, one in enumerate(added)]
        execute(c, f"INSERT INTO {nodes.full_name} (level, place, hash) VALUES (?, ?, ?)", rows)


def _read(c: Connection, nodes: Table, level: int, start: int, stop: int) -> Digests:
    text = f"SELECT hash FROM {nodes.full_name} WHERE level=? AND place>=? AND place<? ORDER BY place"
    joined = b"".join(bytes.fromhex(one) for (one,) in query(c, text, (level, start, stop)))
    return np.frombuffer(joined, np.uint8).reshape(-1, SIZE)
