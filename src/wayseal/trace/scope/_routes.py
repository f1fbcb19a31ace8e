"""From where to where each waybill goes, as far as the tables say."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from wayseal.ledger.codes import find_rows
from wayseal.trace.scope._holdings import Holdings
from wayseal.trace.scope._places import Longs, Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """[w] places among `Places.cities` (from, to) and `Places.regions` (sent, received) of a stretch's waybills."""

    origin: Longs
    destination: Longs
    sent: Longs
    received: Longs


def routes_of(holdings: Holdings, places: Places) -> Routes:
    """The routes of the waybills; the last place stands for unknown."""
    row = rows_of(holdings)
    start, end = (_column(holdings.described, row, name) for name in ("origin_outlet", "destination_outlet"))
    return Routes(
        origin=places.cities_of(start),
        destination=places.cities_of(end),
        sent=places.regions_of(start),
        received=places.regions_of(end),
    )


def rows_of(holdings: Holdings) -> Longs:
    """[w] row of each waybill in `described`, -1 for none."""
    return find_rows(holdings.described["waybill"].to_numpy(), holdings.keys)


def _column(table: pa.Table, row: Longs, name: str) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Keys of a column by waybill; 0 where there is none."""
    values = np.append(table[name].to_numpy(), np.uint64(0))
    return values[row]
