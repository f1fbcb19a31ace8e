"""Tables with one row an id that hang on no waybill: which rows say something else than the one before them."""

import numpy as np
import pyarrow as pa

from wayseal.ledger._encode import joined
from wayseal.ledger._layout import UNIQUE
from wayseal.ledger._sorted import one_batch
from wayseal.ledger._tracks import differing


class Register:
    """The last row of each id of one table. before: what the ledger holds of it, in the order in which it came."""

    def __init__(self, table: str, before: pa.Table) -> None:
        self._column = UNIQUE[table]
        self._last = _plain(before.schema.empty_table())
        self.take(before)

    def take(self, rows: pa.Table) -> int:
        """Takes rows, in their order; returns how many differ from the row that stood under their id before."""
        both = one_batch(pa.concat_tables([self._last, _plain(rows.select(self._names()))]))
        ids = both[self._column].dictionary_encode().indices.to_numpy()
        order = np.argsort(ids, kind="stable")
        again = np.flatnonzero(ids[order][1:] == ids[order][:-1])
        before, now = order[again], order[again + 1]
        last = np.delete(order, again)
        self._last = pa.Table.from_batches([both.take(pa.array(np.sort(last)))])
        return differing(both.take(pa.array(before)), both.take(pa.array(now)))

    def _names(self) -> list[str]:
        names: list[str] = self._last.schema.names
        return names


def _plain(rows: pa.Table) -> pa.Table:
    """The same rows with one text for each list, since lists can't be compared."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_list(field.type):
            rows = rows.set_column(place, pa.field(field.name, pa.string()), joined(rows[field.name]))
    return rows
