"""Settling what is not a read: waybills, scans, and whatever else hangs on a waybill."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger import _marks
from wayseal.ledger._hash import UNPACKED
from wayseal.ledger._layout import NUMBERS_SCHEMA, PAIRS_SCHEMA, kept_schema
from wayseal.ledger._order import run_starts
from wayseal.ledger._part import Known, Settled, Sorted, numbers
from wayseal.ledger._reads import kept_rows
from wayseal.ledger._sorted import conformed, contains, one_batch
from wayseal.ledger._types import Longs, Words
from wayseal.ledger._words import Agreed, newest


def settle_plain(table: Sorted, known: Known, out: Settled) -> None:
    """All rows are kept, in the ledger's order."""
    out.kept[f"table:{table.layout.name}"] = kept_rows(table, table.order, known)


def settle_unique(table: Sorted, known: Known, out: Settled) -> None:
    """The last row of each waybill is kept; one that says something else than before is counted."""
    name = table.layout.name
    last = table.starts[1:] - 1
    rows = kept_rows(table, table.order[last], known)
    schema = kept_schema(table.layout)
    before = newest(known.lookup(f"table:{name}", table.waybills, schema, None))
    out.kept[f"table:{name}"] = rows
    at = np.searchsorted(table.waybills, numbers(before, "waybill"))
    now = conformed(pa.Table.from_batches([rows]), schema)
    changed = differing(before, now.take(pa.array(at)))
    inside = kept_rows(table, table.order, known)
    repeats = np.flatnonzero(table.keys[1:] == table.keys[:-1])
    changed_inside = differing(inside.take(pa.array(repeats)), inside.take(pa.array(repeats + 1)))
    out.conflicts[name] = changed + changed_inside
    codes = table.column("channel")[last].astype(np.uint64)
    once, none = np.ones(len(codes), np.int64), np.zeros(len(codes), np.int64)
    out.add("channels", codes, once, none, none)
    past = known.dictionaries["channel"].codes_of(numbers(before, "channel"))
    none = np.zeros(len(past), np.int64)
    out.add("channels", past, none - 1, none, none)


def differing(before: pa.RecordBatch, now: pa.RecordBatch) -> int:
    """How many rows differ, beside where they came from."""
    differs = np.zeros(before.num_rows, np.bool_)
    for name in before.schema.names:
        if name in ("source", "row"):
            continue
        left, right = before[name], now[name]
        both = pc.fill_null(pc.equal(left, right), fill_value=False)
        absent = pc.and_(left.is_null(), right.is_null())
        differs |= ~pc.or_(both, absent).to_numpy(zero_copy_only=False)
    return int(differs.sum())


def settle_pairs(tables: Mapping[str, Sorted], known: Known, out: Settled) -> None:
    """Which outlets each waybill touched: where it was scanned and where it came from."""
    keys: list[Words] = []
    codes: list[Words] = []
    for name, column in (("waybills", "origin_outlet"), ("scans", "outlet")):
        if name in tables:
            keys.append(tables[name].keys)
            codes.append(tables[name].column(column).astype(np.uint64))
    if not keys:
        return
    lookup = np.unique(np.concatenate(keys))
    before = known.lookup("pairs:outlet", lookup, PAIRS_SCHEMA, None)
    count = before.num_rows
    key = np.concatenate([numbers(before, "waybill"), *keys])
    code = np.concatenate([numbers(before, "code").astype(np.uint64), *codes])
    old = np.zeros(len(key), np.bool_)
    old[:count] = True
    order = np.argsort(key, kind="stable")
    key, code, old = key[order], code[order], old[order]
    fresh = _marks.firsts(run_starts(key), code, old, np.zeros(len(key), np.bool_)).fresh
    arrays = [pa.array(key[fresh]), pa.array(code[fresh].astype(np.uint32))]
    out.kept["pairs:outlet"] = pa.RecordBatch.from_arrays(arrays, schema=PAIRS_SCHEMA)
    zeros: Longs = np.zeros(len(code[fresh]), np.int64)
    out.add("outlets", code[fresh], zeros + 1, zeros, zeros)


def settle_numbers(batches: list[pa.RecordBatch], agreed: Agreed, out: Settled) -> None:
    """Texts of new waybills without a packed form."""
    if not batches:
        return
    table = one_batch(pa.Table.from_batches(batches))
    keys, words = numbers(table, "waybill"), numbers(table, "word")
    place = np.minimum(np.searchsorted(agreed.keys, keys), len(agreed.keys) - 1)
    wanted = (agreed.keys[place] == keys) & (agreed.words[place] == words) & (words >= UNPACKED)
    wanted &= ~contains(agreed.known_keys, keys)
    at = np.flatnonzero(wanted)
    _, once = np.unique(keys[at], return_index=True)
    kept = table.take(pa.array(at[once]))
    out.kept["numbers"] = pa.RecordBatch.from_arrays(kept.columns, schema=NUMBERS_SCHEMA)
