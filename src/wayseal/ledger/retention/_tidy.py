"""What a purge does to what hangs on no waybill: queries, counts, and ids that nothing names any more.

Ids of accounts and outlets stay, since pairs point to them by their place; so do the short lists of interfaces,
purposes, fields and channels. Sessions, addresses and devices go with the last read or query that names them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from wayseal.ledger._counts import COUNTS
from wayseal.ledger._keys import Keyer
from wayseal.ledger._lookup import Finder
from wayseal.ledger._part import numbers
from wayseal.ledger._rim import DICTIONARY_SCHEMA
from wayseal.ledger._sorted import SortedFile, contains, once
from wayseal.ledger._strata import counts_of
from wayseal.ledger._types import DAY_US, Words
from wayseal.ledger.retention._doomed import Court
from wayseal.ledger.retention._uncount import after, still_named, with_times

_QUERIES = pa.schema([("at", pa.timestamp("us", tz="UTC")), ("session", pa.string())])
Counts: TypeAlias = Mapping[str, pa.Table]
"""Kind of file → counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Queries: how many go, and the sessions (keys) of those that go and of those that stay."""

    gone: int
    sessions: Words
    left: Words


def asked(court: Court, keyer: Keyer) -> Asked:
    """What goes of the queries."""
    limit = court.boundary.day * DAY_US
    count, gone, left = 0, [np.zeros(0, np.uint64)], [np.zeros(0, np.uint64)]
    for rows in court.queries(_QUERIES):
        old = numbers(rows, "at") < limit
        keys = keyer.keys(rows["session"])
        count += int(old.sum())
        gone.append(once(keys[old]))
        left.append(once(keys[~old]))
    return Asked(gone=count, sessions=_some(gone), left=_some(left))


def _some(keys: Sequence[Words]) -> Words:
    """Keys, sorted, once each, without that of none."""
    every = once(np.concatenate(keys))
    some: Words = every[every != 0]
    return some


def kept_queries(court: Court) -> Iterator[pa.RecordBatch]:
    """The queries that stay, in their order."""
    for rows in court.queries():
        yield rows.filter(pa.array(numbers(rows, "at") >= court.boundary.day * DAY_US))


def counted(finder: Finder, off: Counts, reads: Sequence[SortedFile]) -> dict[str, pa.Table]:
    """The counts that change, as they are afterwards. reads: the files of those that are left."""
    out = {}
    for kind, table in off.items():
        made = after(kind, counts_of(finder, kind.removeprefix("counts:")), table)
        out[kind] = with_times(made, reads) if kind == "counts:sessions" else made
    return out


def nameless(
    finder: Finder, off: Counts, now: Counts, asked_: Asked, ids: Mapping[str, Words], reads: Sequence[SortedFile]
) -> dict[str, Words]:
    """Kind of dictionary → ids that went and that nothing names any more. ids: of reads that go, but for sessions."""
    kind = "counts:sessions"
    went = off.get(kind, COUNTS[kind].empty_table())["session"].to_numpy()
    gone = _some([went, asked_.sessions])
    left = _some([now.get(kind, counts_of(finder, "sessions"))["session"].to_numpy(), asked_.left])
    out = {"session": gone[~contains(left, gone)]}
    for name, keys in ids.items():
        some = _some([keys])
        out[name] = some[~contains(still_named(reads, name, some), some)]
    return {name: keys for name, keys in out.items() if len(keys)}


def kept_entries(finder: Finder, kind: str, gone: Words) -> Iterator[pa.RecordBatch]:
    """The entries of a dictionary without some ids (sorted), in their order."""
    for file in finder.files(f"dictionary:{kind}"):
        for group in range(len(file.rows)):
            rows = file.read([group], DICTIONARY_SCHEMA)
            yield rows.filter(pa.array(~contains(gone, numbers(rows, "key"))))
