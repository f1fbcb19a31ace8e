"""The log's tree and its tiles, read from the tables."""

import re
from functools import cache

import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.merkle import Tree
from wayseal.merkle.bulk import Digests, stacked
from wayseal.merkle.tiles import WIDTH, Tile
from wayseal.merkle.tiles import entries as entries_of
from wayseal.vault import tables as t
from wayseal.vault.log._append import stored

_PATH = re.compile(r"(\d|[1-5]\d|6[0-3])/((?:x\d{3}/){0,5}\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)


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
