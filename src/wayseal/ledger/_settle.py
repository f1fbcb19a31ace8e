"""One part of an ingest, from rows as they came to what the ledger keeps of them."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from wayseal.ledger._layout import CATALOGUE_SCHEMA, KEYED, NUMBERS, flight_schema
from wayseal.ledger._part import Known, Settled, Waybills, in_order
from wayseal.ledger._reads import settle_reads
from wayseal.ledger._sorted import joined
from wayseal.ledger._tracks import settle_numbers, settle_pairs, settle_plain, settle_unique
from wayseal.ledger._types import NO_DAY
from wayseal.ledger._words import Agreed, agree

_NEVER = 1 << 40


def settle(batches: Mapping[str, list[pa.RecordBatch]], known: Known) -> Settled:
    """Settles one part. `batches`: table → rows on their way, in the order in which they were read."""
    out = Settled()
    tables = {
        name: in_order(KEYED[name], joined(batches[name], flight_schema(KEYED[name])))
        for name in KEYED
        if batches.get(name)
    }
    if not tables:
        return out
    agreed = agree(tables, known)
    out.refused.extend(agreed.refused)
    waybills = _catalogue(agreed, out)
    settle_numbers(batches.get(NUMBERS, []), agreed, out)
    for name, table in agreed.tables.items():
        if not len(table.keys):
            continue
        if name == "accesses":
            settle_reads(table, waybills, known, out)
        elif table.layout.unique:
            settle_unique(table, known, out)
        else:
            settle_plain(table, known, out)
    settle_pairs(agreed.tables, known, out)
    return out


def _catalogue(agreed: Agreed, out: Settled) -> Waybills:
    """Bucket day of each waybill (the catalogue's, else the least time seen now), and the catalogue's new rows."""
    days = np.full(len(agreed.keys), _NEVER, np.int64)
    for table in agreed.tables.values():
        if table.layout.seen:
            at = np.searchsorted(agreed.keys, table.waybills)
            days[at] = np.minimum(days[at], table.days())
    days[days == _NEVER] = NO_DAY
    there = np.searchsorted(agreed.keys, agreed.known_keys)
    fixed = agreed.known_days != NO_DAY
    new = np.ones(len(days), np.bool_)
    new[there] = ~fixed & (days[there] != NO_DAY)
    days[there[fixed]] = agreed.known_days[fixed]
    arrays = [agreed.keys[new], agreed.words[new], days[new].astype(np.int32)]
    out.kept["catalogue"] = pa.RecordBatch.from_arrays([pa.array(a) for a in arrays], schema=CATALOGUE_SCHEMA)
    return Waybills(keys=agreed.keys, days=days)
