"""What detection knows of reads: counts that add up, and the first reads that nothing explains, one by one.

This is the whole state of detection. Every detector is a function of it, so what holds for these tables holds for all:
they add up in any order, they round-trip through files, and an increment added is the batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.detect.facts._merge import merge_sorted
from wayseal.detect.facts._tally import Flags, UInts

_TIME = pa.int64()
HOURS = pa.schema(
    [
        ("actor", pa.uint64()),
        ("hour", pa.int32()),
        ("reads", pa.int64()),
        ("first", pa.int64()),
        ("mandate", pa.int64()),
    ]
)
"""Account and hour since 1970 (UTC): reads, first reads, and those of them under a mandate."""
USES = pa.schema(
    [
        ("actor", pa.uint64()),
        ("day", pa.int32()),
        ("kind", pa.uint8()),
        ("value", pa.uint64()),
        ("reads", pa.int64()),
        ("from", _TIME),
        ("to", _TIME),
    ]
)
"""Account, local day, kind (0 device, 1 address) and its key: reads, first and last time (µs)."""
SHOWN = pa.schema(
    [
        ("actor", pa.uint64()),
        ("day", pa.int32()),
        ("action", pa.uint8()),
        ("purpose", pa.uint64()),
        ("fields", pa.uint64()),
        ("reads", pa.int64()),
    ]
)
"""Account, local day, action (place in the contract from 1), purpose and set of fields (keys, 0: none): reads."""
SUSPECTS = pa.schema(
    [
        ("waybill", pa.uint64()),
        ("actor", pa.uint64()),
        ("at", _TIME),
        ("action", pa.uint8()),
        ("device", pa.uint64()),
        ("ip", pa.uint64()),
        ("session", pa.uint64()),
        ("why", pa.uint8()),
        ("early", pa.bool_()),
        ("origin", pa.uint64()),
        ("destination", pa.uint64()),
        ("scanned", pa.uint64()),
        ("due", pa.uint64()),
        ("channel", pa.uint64()),
        ("begun", pa.int64()),
    ]
)
"""First reads that no mandate and no strong template explains, by (waybill, actor).

why: place of the weak template that fits, or OWN_TICKET, UNEXPLAINED, UNKNOWN. early: before the parcel's first scan.
Of the parcel: keys of the ends of its route, of the outlet that scanned it last before the read and of the one that did
next after it, of the interface that issued it, and µs at which it was issued or first scanned (0: none or not known).
"""
_IDS = {
    "hours": ("actor", "hour"),
    "uses": ("actor", "day", "kind", "value"),
    "shown": ("actor", "day", "action", "purpose", "fields"),
}
_LEAST, _MOST = ("from",), ("to",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The state; its tables are sorted by their ids, each of which stands once.

    offset: of local days, µs ahead of UTC.
    """

    hours: pa.Table
    uses: pa.Table
    shown: pa.Table
    suspects: pa.Table
    offset: int

    @classmethod
    def empty(cls, offset: int) -> "Facts":
        """No reads yet."""
        tables = {name: schema.empty_table() for name, schema in SCHEMAS.items()}
        return cls(**tables, offset=offset)

    def plus(self, other: "Facts") -> "Facts":
        """Both together. A first read in `other` stands for one of the same pair in `self`: its mark has moved."""
        if self.offset != other.offset:
            raise ValueError("facts of different local days don't add up")
        added = {n: merge_tables(n, [getattr(self, n), getattr(other, n)]) for n in _IDS}
        return Facts(**added, suspects=newest_suspects([self.suspects, other.suspects]), offset=self.offset)

    def without(self, waybills: UInts, actors: UInts) -> "Facts":
        """Without the suspects of some pairs (keys, side by side)."""
        if not len(waybills) or not len(self.suspects):
            return self
        have = self.suspects["waybill"].to_numpy(), self.suspects["actor"].to_numpy()
        return replace(self, suspects=self.suspects.filter(pa.array(~is_among(have, (waybills, actors)))))


SCHEMAS = {"hours": HOURS, "uses": USES, "shown": SHOWN, "suspects": SUSPECTS}


def is_among(pairs: tuple[UInts, UInts], others: tuple[UInts, UInts]) -> Flags:
    """Which pairs stand among the others, by sorting both together."""
    n = len(pairs[0])
    w, a = (np.concatenate([mine, theirs]) for mine, theirs in zip(pairs, others, strict=True))
    theirs = np.arange(len(w)) >= n
    order = np.lexsort((~theirs, a, w))
    w, a, theirs = w[order], a[order], theirs[order]
    new = np.ones(len(w), np.bool_)
    new[1:] = (w[1:] != w[:-1]) | (a[1:] != a[:-1])
    start = np.maximum.accumulate(np.where(new, np.arange(len(w)), 0))
    out = np.zeros(len(w), np.bool_)
    out[order] = theirs[start]
    return out[:n]


def add_up(name: str, tables: list[pa.Table]) -> pa.Table:
    """Tables of counts as one: equal ids add up. Sorted by the ids."""
    ids = _IDS[name]
    schema = SCHEMAS[name]
    some = [t for t in tables if len(t)]
    if not some:
        return schema.empty_table()
    how = [(n, "min" if n in _LEAST else "max" if n in _MOST else "sum") for n in schema.names if n not in ids]
    made = pa.concat_tables(some).group_by(list(ids), use_threads=False).aggregate(how)
    whole = made.rename_columns([*ids, *(n for n, _ in how)]).select(schema.names).cast(schema)
    return whole.sort_by([(n, "ascending") for n in ids])


def merge_tables(name: str, tables: Sequence[pa.Table]) -> pa.Table:
    """The same of tables that are sorted by their ids already, each of which stands once in a table."""
    whole = SCHEMAS[name].empty_table()
    for table in tables:
        whole = merge_sorted(whole, table, _IDS[name], _LEAST, _MOST)
    return whole


def newest_suspects(tables: list[pa.Table]) -> pa.Table:
    """Suspects of several tables: of a pair the row of the last table counts. Sorted by (waybill, actor)."""
    some = [t.append_column("turn", pa.array(np.full(len(t), k, np.int32))) for k, t in enumerate(tables) if len(t)]
    if not some:
        return SUSPECTS.empty_table()
    whole = pa.concat_tables(some).sort_by([("waybill", "ascending"), ("actor", "ascending"), ("turn", "ascending")])
    w, a = whole["waybill"].to_numpy(), whole["actor"].to_numpy()
    last = np.append((w[1:] != w[:-1]) | (a[1:] != a[:-1]), True)
    return whole.filter(pa.array(last)).select(SUSPECTS.names).combine_chunks()


def totals(facts: Facts) -> tuple[int, int, int]:
    """(reads, first reads, first reads under a mandate) of all accounts and hours."""
    return tuple(int(pc.sum(facts.hours[n]).as_py() or 0) for n in ("reads", "first", "mandate"))  # type: ignore[return-value]
