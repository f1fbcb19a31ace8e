"""Numbers of ours that were on offer, as rows of `leaks`: what a trace starts from."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from wayseal.market.log.reads import Reads
from wayseal.market.numbers.types import Matches
from wayseal.market.types import Route
from wayseal.store import arrow_schema, write_table
from wayseal.store.formats import Format


def leak_rows(matches: Matches, *, seen_at: int, seller: str, routes: Sequence[Route] = ()) -> pa.Table:
    """The numbers that are ours, as they were found in a listing.

    Args:
        matches: What was matched, of one offer.
        seen_at: When the offer was seen, microseconds since 1970, UTC.
        seller: The market's own name of whoever offers; "" if there is none.
        routes: Routes that the offer names. Only a single one says of each number where it goes.

    Returns:
        Rows in the contract's schema of `leaks`, `found_by` listing.
    """
    asked = _asked(routes)
    return _table(_row(row.number, seen_at, seller or None, asked) for row in matches.ours)


def leaks_of_record(reads: Reads, seller: str | None = None) -> pa.Table:
    """All numbers of ours that a record knows to have been on offer.

    Args:
        reads: Asks the record.
        seller: Only those that this seller offered.

    Returns:
        Rows in the contract's schema of `leaks`, `found_by` listing; a number once an offer.
    """
    return _table(
        _row(
            number.waybill,
            number.at,
            whose,
            _asked([Route(origin=one[0], destination=one[1], at=(0, 0)) for one in routes]),
        )
        for number, whose, routes in reads.numbers_with_offers()
        if seller is None or whose == seller
    )


def _row(waybill: str, at: int, seller: str | None, asked: str | None) -> dict[str, object]:
    return {"waybill": waybill, "seen_at": at, "found_by": "listing", "seller": seller, "asked": asked}


def _table(rows: Iterable[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=arrow_schema("leaks"))


def _asked(routes: Sequence[Route]) -> str | None:
    """A route as a predicate of the contract; None if there is none, or more than one."""
    ends = {(route.origin, route.destination) for route in routes}
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
        tables: As of `leak_rows`.

    Returns:
        The file.

    Raises:
        StoreError: It can't be written.
    """
    return write_table(folder, "leaks", tables, form=Format.CSV)
