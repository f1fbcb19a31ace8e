"""What the log says, whatever somebody put into its rows."""

from collections.abc import Iterator

from wayseal.merkle.hashing import leaf_hash
from wayseal.store.database import Connection
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log._read_rows import Row, extent, tiles_of_rows
from wayseal.vault.log._read_rows import origin_of as read_origin
from wayseal.vault.log.entries import Entry, decode

__all__ = ["read_origin", "sound_entries"]


def sound_entries(connection: Connection) -> Iterator[tuple[int, Entry | None]]:
    """Every place of the log, and what stands there; None where that was erased, is missing or was changed."""
    seq = 0
    for rows in tiles_of_rows(connection, extent(connection).size):
        for row in rows:
            yield seq, None if row is None else _sound(row)
            seq += 1


def _sound(row: Row) -> Entry | None:
    leaf, salt, content = row
    if leaf is None or salt is None or content is None or leaf_hash(salt + content) != leaf:
        return None
    try:
        return decode(content)
    except LogChangedError:
        return None
