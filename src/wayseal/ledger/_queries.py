"""The logged queries as arrays, each distinct filter read once.

1. Two rows with the same account, request, time and filter are one query, out of whatever files they come.
2. A filter that can't be read makes its queries useless; they are counted by the key that is wrong, and no part of
   it is used.
3. So does a filter of which nothing is known (`unknown` and no condition beside it) where `rows` doesn't say how
   many waybills it showed: it could have shown everything to everybody.
"""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger._keys import Keyer
from wayseal.ledger._layout import Flags, Ints, Longs, Words
from wayseal.ledger._lookup import Finder
from wayseal.model import clean_waybill
from wayseal.model.predicate import PredicateError, parse_predicate
from wayseal.model.runtime import collector_paused

NEVER = int(np.iinfo(np.int64).max)
KNOWN = 1 - NEVER
"""Lower bound that lets every time of issue pass which is known at all: what the other bound needs."""
NOT_LOGGED = -1
Conditions: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
_PLAIN = (-NEVER, NEVER, NOT_LOGGED, False)
_NUMBER = '{"waybill":"'
_QUERIES = pa.schema(
    [
        ("request", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("actor", pa.string()),
        ("filter", pa.string()),
        ("via", pa.string()),
        ("rows", pa.int64()),
        ("session", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """F distinct filters.

    any_of: distinct sets of conditions, as in `Predicate`; conditions[F]: place of each filter's.
    low[F] (included), high[F] (not included): bounds of the issue, µs since 1970; ∓`NEVER` without any, and `KNOWN`
    where only the other is given.
    limit[F]: row limit, -1 without. numbers[F]: how many numbers it asks for, -1 for any. unknown[F]: whether the
    conditions are only an upper bound.
    """

    any_of: tuple[Mapping[str, tuple[str, ...]], ...]
    conditions: Longs
    low: Longs
    high: Longs
    limit: Longs
    numbers: Longs
    unknown: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Queries:
    """Q queries that can be replayed, in order of (actor, at, request, filter).

    at[Q]: µs since 1970. actor, session, via, request [Q]: keys, 0 for none. filter[Q]: place among the filters.
    rows[Q]: how many waybills were shown, -1 where that wasn't logged. unreadable: key that is wrong ("" for none of
    ours) → queries of rule 2. useless: queries of rules 2 to 4. repeated: rows that rule 1 left out.
    """

    at: Longs
    actor: Words
    session: Words
    via: Words
    request: Words
    filter: Ints
    rows: Longs
    filters: Filters
    unreadable: Mapping[str, int] = field(default_factory=dict)
    useless: int = 0
    repeated: int = 0

    def __len__(self) -> int:
        return len(self.at)


def read_queries(finder: Finder, keyer: Keyer, *, described: bool, only: tuple[str, str] | None = None) -> Queries:
    """All queries of a ledger, or those whose column has a text (only); described: whether it has `waybills`."""
    if only is None:
        return parse_queries(finder.whole("table:queries", _QUERIES), keyer, described=described)
    column, text = only
    groups = ((file, group) for file in finder.files("table:queries") for group in range(len(file.rows)))
    read = (file.read([group], _QUERIES) for file, group in groups)
    rows = [batch.filter(pc.equal(batch[column], text)) for batch in read]
    return parse_queries(pa.Table.from_batches(rows, _QUERIES), keyer, described=described)


def parse_queries(table: pa.Table, keyer: Keyer, *, described: bool = True) -> Queries:
    """Rows of the contract's `queries` as arrays (rules 1 to 4)."""
    texts, place = _distinct(table["filter"])
    with collector_paused():
        filters, wrong = _read_filters(texts)
    known = np.array([key is None for key in wrong], np.bool_)
    rows = table["rows"].combine_chunks().fill_null(NOT_LOGGED).to_numpy()
    timed = (filters.low != -NEVER) | (filters.high != NEVER)
    bare = np.array([not any_of for any_of in filters.any_of], np.bool_)[filters.conditions]
    nothing = bare & filters.unknown & ~timed
    keys = {name: _keys(table[name], keyer) for name in ("actor", "session", "via", "request")}
    at = table["at"].combine_chunks().cast(pa.int64()).to_numpy()
    order = np.lexsort((place, keys["request"], at, keys["actor"]))
    same = np.ones(len(order), np.bool_)
    for column in (keys["actor"], at, keys["request"], place):
        same[1:] &= column[order][1:] == column[order][:-1]
    same[:1] = False
    order = order[~same]
    counted = Counter(wrong[f] or "" for f in place[order][~known[place[order]]].tolist())
    usable = known[place] & ~(nothing[place] & (rows == NOT_LOGGED))
    if not described:
        numbers = np.array([set(any_of) == {"waybill"} for any_of in filters.any_of], np.bool_)
        usable &= (numbers[filters.conditions] & ~timed)[place]
    kept = order[usable[order]]
    return Queries(
        at=at[kept],
        filter=place[kept].astype(np.int32),
        rows=np.maximum(rows[kept], NOT_LOGGED),
        filters=filters,
        unreadable=dict(sorted(counted.items())),
        useless=len(order) - len(kept),
        repeated=int(same.sum()),
        **{name: column[kept] for name, column in keys.items()},
    )


def _distinct(column: pa.ChunkedArray) -> tuple[list[str], Longs]:
    """The different texts of a column, and the place of each row's."""
    coded = column.dictionary_encode().unify_dictionaries()
    if not coded.num_chunks:
        return [], np.zeros(0, np.int64)
    places = [chunk.indices.to_numpy() for chunk in coded.chunks]
    return coded.chunk(0).dictionary.to_pylist(), np.concatenate(places).astype(np.int64)


def _keys(column: pa.ChunkedArray, keyer: Keyer) -> Words:
    parts = [np.zeros(0, np.uint64), *(keyer.keys(chunk) for chunk in column.chunks)]
    return np.concatenate(parts)


def _read_filters(texts: list[str]) -> tuple[Filters, list[str | None]]:
    """Filters, and for each the key that makes it unreadable (None: it can be read)."""
    sets: dict[Conditions, int] = {}
    wrong: list[str | None] = []
    found = array("q")
    for text in texts:
        try:
            conditions, rest = _read(text)
            wrong.append(None)
        except PredicateError as error:
            conditions, rest = (), _PLAIN
            wrong.append(error.key or "")
        found.append(sets.setdefault(conditions, len(sets)))
        found.extend(rest)
    columns = np.array(found, np.int64).reshape(-1, 5)
    any_of = tuple(dict(conditions) for conditions in sets)
    numbers = np.array([len(c["waybill"]) if "waybill" in c else NOT_LOGGED for c in any_of], np.int64)
    return Filters(
        any_of=any_of,
        conditions=columns[:, 0].copy(),
        low=columns[:, 1].copy(),
        high=columns[:, 2].copy(),
        limit=columns[:, 3].copy(),
        numbers=numbers[columns[:, 0]],
        unknown=columns[:, 4] != 0,
    ), wrong


def _read(text: str) -> tuple[Conditions, tuple[int, int, int, bool]]:
    """Conditions of a filter, and its low, high, limit and unknown; PredicateError if it can't be read."""
    if text.startswith(_NUMBER) and text.endswith('"}') and text.count('"') == 4 and "\\" not in text:
        # Searches for one number are all different, and most of what many systems log.
        return (("waybill", (clean_waybill(text[len(_NUMBER) : -2]),)),), _PLAIN
    read = parse_predicate(text)
    low, high = read.issued_from, read.issued_to
    none = -NEVER if high is None else KNOWN
    rest = (
        none if low is None else round(low.timestamp() * 1e6),
        NEVER if high is None else round(high.timestamp() * 1e6),
        NOT_LOGGED if read.limit is None else min(read.limit, NEVER),
        read.unknown,
    )
    return tuple(read.any_of.items()), rest
