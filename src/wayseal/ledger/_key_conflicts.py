"""Making sure that one key stands for one waybill: words must agree, within a part and with the catalogue.

Of two numbers with one key the one that came first (catalogue, then source and row) keeps it; rows of
the other are refused, never merged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from wayseal.ledger._layout import CATALOGUE_SCHEMA, Flags, Longs, Words
from wayseal.ledger._part import Known, SortedRows, column_values, run_starts, sort_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistentTables:
    """Tables of a part without refused rows; keys (sorted) and words of all their waybills.

    known_keys (sorted), known_days: those of them that stand in the catalogue, and the day there.
    """

    tables: Mapping[str, SortedRows]
    keys: Words
    words: Words
    known_keys: Words
    known_days: Longs
    refused: list[tuple[int, int]] = field(default_factory=list)


def resolve_conflicts(tables: Mapping[str, SortedRows], known: Known) -> ConsistentTables:
    """Checks the words of all tables against each other and against the catalogue."""
    every = [t.waybills for t in tables.values()]
    keys = every[0] if len(every) == 1 else np.unique(np.concatenate(every))
    there = take_newest(known.lookup("catalogue", keys, CATALOGUE_SCHEMA, None))
    known_keys, known_words = column_values(there, "waybill"), column_values(there, "word")
    words = _words(keys, tables)
    words[np.searchsorted(keys, known_keys)] = known_words
    strangers = {n: _strangers(t, keys, words) for n, t in tables.items()}
    refused: list[tuple[int, int]] = []
    if any(mask.any() for mask in strangers.values()):
        words = _first_words(keys, tables)
        words[np.searchsorted(keys, known_keys)] = known_words
        strangers = {n: _strangers(t, keys, words) for n, t in tables.items()}
        tables = {n: _without(t, strangers[n], refused) for n, t in tables.items()}
    return ConsistentTables(
        tables=tables,
        keys=keys,
        words=words,
        known_keys=known_keys,
        known_days=column_values(there, "day").astype(np.int64),
        refused=refused,
    )


def take_newest(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The last row of each key, sorted by key."""
    keys = column_values(rows, "waybill")
    order = np.argsort(keys, kind="stable")
    ends = run_starts(keys[order])[1:] - 1
    return rows.take(pa.array(order[ends]))


def _words(keys: Words, tables: Mapping[str, SortedRows]) -> Words:
    words = np.zeros(len(keys), np.uint64)
    for table in tables.values():
        places = np.searchsorted(keys, table.waybills)
        words[places] = column_values(table.rows, "word")[table.order[table.starts[:-1]]]
    return words


def _strangers(table: SortedRows, keys: Words, words: Words) -> Flags:
    """Rows, in the table's order, whose word is not their key's."""
    expected = words[np.searchsorted(keys, table.waybills)]
    strange: Flags = table.column("word") != np.repeat(expected, np.diff(table.starts))
    return strange


def _first_words(keys: Words, tables: Mapping[str, SortedRows]) -> Words:
    """Word of each key in the row that came first of all."""
    parts = [(t.keys, t.column("word"), t.column("source"), t.column("row")) for t in tables.values()]
    key, word, source, row = (np.concatenate(c) for c in zip(*parts, strict=True))
    order = np.lexsort((row, source, key))
    out: Words = word[order[run_starts(key[order])[:-1]]]
    return out


def _without(table: SortedRows, strange: Flags, refused: list[tuple[int, int]]) -> SortedRows:
    if not strange.any():
        return table
    sources, rows = table.column("source")[strange], table.column("row")[strange]
    refused.extend(zip(sources.tolist(), rows.tolist(), strict=True))
    keep = np.sort(table.order[~strange])
    return sort_rows(table.layout, table.rows.take(pa.array(keep)))
