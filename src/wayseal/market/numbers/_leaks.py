"""Numbers of ours that were on offer, as rows of `leaks`: what a trace starts from."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from wayseal.market.log.reads import Reads
from wayseal.store import arrow_schema, write_table
from wayseal.store.formats import Format


def leaks_of_record(reads: Reads, seller: str | None = None) -> pa.Table:
    """All numbers of ours that a record knows to have been on offer.

    Args:
        reads: Asks the record.
        seller: Only those that this seller offered.

    Returns:
        Rows in the contract's schema of `leaks`, `found_by` listing; a number of a seller once, as it was seen first.
    """
    rows = [
        {
            "waybill": number.waybill,
            "seen_at": number.at,
            "found_by": "listing",
            "seller": whose,
            "asked": _asked(routes),
        }
        for number, whose, routes in reads.numbers_with_offers()
        if seller is None or whose == seller
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema("leaks"))


def _asked(routes: Sequence[tuple[str, str]]) -> str | None:
    """A route as a predicate of the contract; None if there is none, or more than one."""
    ends = set(routes)
    if len(ends) != 1:
        return None
    origin, destination = ends.pop()
    said = {"origin_city": origin, "destination_city": destination}
    named = {key: [city] for key, city in said.items() if city}
    return json.dumps(named, ensure_ascii=False) if named else None


def write_leaks(folder: Path, tables: Iterable[pa.Table]) -> Path:
    """Writes rows as the table `leaks` of a dataset, as CSV, which people and `wayseal trace` read.

    Args:
        folder: The dataset; made if need be.
        tables: As of `leaks_of_record`.

    Returns:
        The file.

    Raises:
        StoreError: It can't be written.
    """
    return write_table(folder, "leaks", tables, form=Format.CSV)
