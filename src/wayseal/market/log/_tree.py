"""The tree over lines, as it lies in the database (rule 3)."""

from collections.abc import Sequence

import numpy as np

from wayseal.market.errors import RecordError
from wayseal.market.log._tables import LINES, NODES
from wayseal.merkle import Tree
from wayseal.merkle.bulk import Digests, stacked
from wayseal.merkle.hashing import SIZE
from wayseal.merkle.tiles import WIDTH, entries, grown
from wayseal.store.statements import Connection


def read_entries(connection: Connection, level: int, start: int, stop: int) -> Digests:
    """Entries of a level of tiles. RecordError: some are missing, or are none."""
    if level == 0:
        text = f"SELECT leaf FROM {LINES} WHERE seq >= ? AND seq < ? ORDER BY seq"
        rows = connection.rows(text, (start, stop))
    else:
        text = f"SELECT node FROM {NODES} WHERE level = ? AND place >= ? AND place < ? ORDER BY place"
        rows = connection.rows(text, (level, start, stop))
    found = decode([row[0] for row in rows])
    if found is None or len(found) != stop - start:
        raise RecordError("the tree over the market's record is damaged")
    return found


def decode(texts: Sequence[str]) -> Digests | None:
    """Hashes out of hexadecimal digits; None where one is none."""
    try:
        raw = [bytes.fromhex(text) for text in texts]
    except (TypeError, ValueError):
        return None
    if any(len(one) != SIZE for one in raw):
        return None
    return stacked(raw) if raw else np.zeros((0, SIZE), np.uint8)


def tree_of(connection: Connection, size: int) -> Tree:
    """The tree over the first lines."""
    return Tree(size, lambda level, start, stop: read_entries(connection, level, start, stop))


def grow(connection: Connection, size: int, leaves: Sequence[bytes]) -> None:
    """Writes the nodes that are complete once `leaves` stand behind the first `size` lines; not the leaves."""
    edges = []
    level = 0
    while count := entries(size, level):
        edges.append(read_entries(connection, level, count - count % WIDTH, count))
        level += 1
    rows = []
    for above, nodes in enumerate(grown(edges, stacked(leaves))[1:], start=1):
        first = entries(size, above)
        rows += [(above, first + place, bytes(node).hex()) for place, node in enumerate(nodes)]
    if rows:
        connection.run(f"INSERT INTO {NODES} (level, place, node) VALUES (?, ?, ?)", rows)
