"""What rows that come or go add to the counts of a ledger."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger._counts import COUNTS
from wayseal.ledger._layout import DAY_US, HOUR_US
from wayseal.ledger._merge import sum_counts
from wayseal.ledger._part import column_values
from wayseal.ledger._sorted import sort_unique
from wayseal.model.arrays import Codes, Longs, UInts

_MANY = 1 << 21


class CountChange:
    """Sums up rows that go (weight -1) or come (1). outlets: keys by code, from code 0."""

    def __init__(self, outlets: UInts, weight: int) -> None:
        self._outlets, self._weight = outlets, weight
        self._made: dict[str, list[pa.Table]] = {}
        self.ids: dict[str, UInts] = {}

    def reads(self, rows: pa.RecordBatch) -> None:
        """Takes note of reads as they are kept; all of a waybill's together."""
        at, first = column_values(rows, "at"), rows["first"].to_numpy(zero_copy_only=False)
        each = np.full(len(at), self._weight, np.int64)
        self._add("volumes", at // DAY_US, column_values(rows, "actor"), each, self._weight * first.astype(np.int64))
        self._add("hours", at // HOUR_US, each)
        if "session" in rows.schema.names:
            self._sessions(rows)
        for kind in ("ip", "device"):
            if kind in rows.schema.names:
                known = self.ids.get(kind, np.zeros(0, np.uint64))
                self.ids[kind] = sort_unique(np.concatenate([known, sort_unique(column_values(rows, kind))]))

    def _sessions(self, rows: pa.RecordBatch) -> None:
        of_session = pa.Table.from_batches([rows.select(["session", "actor", "waybill", "at"])])
        of_session = of_session.filter(pc.not_equal(of_session["session"], pa.scalar(0, pa.uint64())))
        made = of_session.group_by(["session", "actor", "waybill"], use_threads=False).aggregate(
            [("at", "count"), ("at", "min"), ("at", "max")]
        )
        each = np.full(made.num_rows, self._weight, np.int64)
        reads = pc.multiply(made["at_count"], pa.scalar(self._weight, pa.int64()))
        columns = (made["session"], made["actor"], reads, each, made["at_min"], made["at_max"])
        self._add("sessions", *columns)

    def waybills(self, rows: pa.RecordBatch) -> None:
        """Takes note of rows of `waybills`, the last one of each."""
        names = rows.schema.names
        channel = column_values(rows, "channel") if "channel" in names else np.zeros(rows.num_rows, np.uint64)
        self._add("channels", channel, np.full(rows.num_rows, self._weight, np.int64))

    def outlets(self, codes: Codes) -> None:
        """Takes note of pairs of waybills and outlets, by the outlets' codes."""
        self._add("outlets", self._outlets[codes], np.full(len(codes), self._weight, np.int64))

    def _add(self, name: str, *columns: pa.ChunkedArray | Longs | UInts) -> None:
        kind = f"counts:{name}"
        arrays = [pa.array(c) if isinstance(c, np.ndarray) else c for c in columns]
        arrays = [a.cast(f.type) for a, f in zip(arrays, COUNTS[kind], strict=True)]
        held = self._made.setdefault(kind, [])
        held.append(sum_counts(kind, pa.Table.from_arrays(arrays, schema=COUNTS[kind])))
        if len(held) > 1 and held[-1].num_rows + sum(t.num_rows for t in held[1:]) > _MANY:
            self._made[kind] = [sum_counts(kind, pa.concat_tables(held))]

    def tables(self) -> Mapping[str, pa.Table]:
        """Kind of counts → what is to be added to them."""
        return {kind: sum_counts(kind, pa.concat_tables(held)) for kind, held in self._made.items()}
