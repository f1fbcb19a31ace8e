"""Where a projection stands: in the names of the sources that it brought into a ledger.

1. A name says of which log the source is, which entries were looked at for it, and the leaf of the last of them.
2. A position holds where the log has that leaf at that place. One that doesn't hold is of another log of the same name,
   or of one that was cut back since: it is named, and nothing is built on it.
3. Names of this kind come from projections alone (`wayseal.ledger.reserved`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from wayseal import store
from wayseal.database import Connection
from wayseal.ledger import Snapshot
from wayseal.ledger.reserved import reserved_prefix
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log._spans import merge_spans
from wayseal.vault.log.tiles import size

__all__ = [
    "Position",
    "broken_positions",
    "covered",
    "leaf_at",
    "positions_of",
    "require_positions",
    "source_name",
    "write_source",
]

_NAME = re.compile(r"(\d{1,18})-(\d{1,18})-([0-9a-f]{64})\.parquet", re.ASCII)
_AT_ONCE = 500
"""Places in one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A position read from a source's name: entries from `first` up to `stop` (excluded), and the last one's leaf.

    source: its place among the ledger's. A name that says nothing has `stop` 0 and never holds.
    """

    source: int
    name: str
    first: int = 0
    stop: int = 0
    leaf: bytes = b""


def source_name(origin: str, first: int, stop: int, leaf: bytes) -> str:
    """The name of a source that brings entries from `first` up to `stop` (rule 1)."""
    return f"{reserved_prefix(origin)}{first}-{stop}-{leaf.hex()}.parquet"


def positions_of(snapshot: Snapshot, origin: str) -> list[Position]:
    """List the positions of the sources that projections of this log brought, in the order of their coming."""
    prefix = reserved_prefix(origin)
    named = [(n, s.name) for n, s in enumerate(snapshot.manifest.sources) if s.table == "accesses"]
    return [_read(n, name, name.removeprefix(prefix)) for n, name in named if name.startswith(prefix)]


def _read(source: int, name: str, said: str) -> Position:
    found = _NAME.fullmatch(said)
    if found is None or int(found[1]) >= int(found[2]):
        return Position(source=source, name=name)
    return Position(source=source, name=name, first=int(found[1]), stop=int(found[2]), leaf=bytes.fromhex(found[3]))


def broken_positions(connection: Connection, positions: Sequence[Position]) -> list[Position]:
    """Those that don't hold (rule 2)."""
    leaves: dict[int, bytes] = {}
    places = sorted({p.stop - 1 for p in positions})
    for start in range(0, len(places), _AT_ONCE):
        some = t.entries.c.seq.in_(places[start : start + _AT_ONCE])
        rows = connection.execute(sa.select(t.entries.c.seq, t.entries.c.leaf).where(some))
        leaves |= {row.seq: row.leaf for row in rows}
    return [p for p in positions if leaves.get(p.stop - 1) != p.leaf]


def require_positions(connection: Connection, positions: Sequence[Position]) -> None:
    """Raises LogChangedError where one doesn't hold: it names the source and says what is wrong."""
    for broken in broken_positions(connection, positions):
        there = size(connection)
        if broken.stop > there:
            raise LogChangedError(
                "the ledger says that {name} brought entries up to {stop:,}, but the log has {size:,}: it was cut "
                "back, or the ledger is of another log. Verify the log, and make the ledger anew",
                name=broken.name,
                stop=broken.stop,
                size=there,
            )
        raise LogChangedError(
            "{name} of the ledger is of another log: its entries don't end as this log does there. Verify the log, "
            "and make the ledger anew",
            name=broken.name,
        )


def covered(positions: Sequence[Position]) -> int:
    """Up to which entry (excluded) positions that hold reach without a gap; 0 where there is none."""
    spans = merge_spans((p.first, p.stop - 1) for p in positions)
    return spans[0][1] + 1 if spans and not spans[0][0] else 0


def leaf_at(connection: Connection, seq: int) -> bytes:
    """The leaf of an entry; LogChangedError where there is none."""
    leaf = connection.execute(sa.select(t.entries.c.leaf).where(t.entries.c.seq == seq)).scalar()
    if leaf is None:
        raise LogChangedError("entries of the log are missing: verify it")
    return bytes(leaf)


def write_source(folder: Path, table: str, name: str, rows: Iterable[pa.Table]) -> int:
    """Writes a table as a file of a dataset under the name of a source; how many rows."""
    path = store.write_table(folder, table, rows, about={"wayseal": name})
    (folder / table).mkdir(exist_ok=True)
    return int(pq.read_metadata(path.rename(folder / table / name)).num_rows)
