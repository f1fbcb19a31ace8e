"""Outcomes of a block of records as the raw rows of one table, and the counts that are said when the file ends."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.store._convert import dumps
from wayseal.store.logs._outcomes import NoRead, Outcome, QueryMade, Unreadable, WaybillsRead, Why
from wayseal.store.types import Notice, NoticeCode, RawBlock, Rejection

FIRST = "accesses"
"""The table whose pass tells of what is no row of either (obligation 4)."""
MADE = ("read.waybill", "read.action", "read.filter", "read.rows")
_NAMES_SAID = 8


@dataclass(slots=True, kw_only=True)
class LeftOutCounts:
    """What was left out, by reason, over a whole file."""

    table: str
    file: Path
    left_out: Counter[Why] = field(default_factory=Counter)
    wider: Counter[Why] = field(default_factory=Counter)
    names: dict[Why, dict[str, None]] = field(default_factory=dict)
    naive: bool = False

    def notices(self, offset: str, assumed: bool) -> list[Notice]:
        """One notice a reason, the most frequent first."""
        out: list[Notice] = []
        for code, counts in ((NoticeCode.LEFT_OUT, self.left_out), (NoticeCode.WIDER_FILTERS, self.wider)):
            for why, rows in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
                values: dict[str, str | int] = {"rows": rows, "why": why.value, "names": self._names(why)}
                out.append(Notice(code=code, file=self.file, values=values))
        if self.naive:
            values = {"column": "filter", "offset": offset, "assumed": int(assumed)}
            out.append(Notice(code=NoticeCode.TIMES_WITHOUT_OFFSET, file=self.file, values=values))
        return out

    def _names(self, why: Why) -> str:
        known = [n for n in self.names.get(why, {}) if re.fullmatch(r"[^\W\d][\w.-]{0,39}", n)]
        told = [n for n in known if not re.search(r"\d{4}", n) and n.isascii()]
        return ", ".join(told[:_NAMES_SAID]) + (", …" if len(told) > _NAMES_SAID else "")


def notify_at_end(blocks: Iterable[RawBlock], tell: Callable[[], None]) -> Iterator[RawBlock]:
    """The blocks in order; `tell` is called once all are made, before the last one leaves: it carries what is said."""
    held: RawBlock | None = None
    for block in blocks:
        if held is not None:
            yield held
        held = block
    tell()
    if held is not None:
        yield held


@dataclass(slots=True, kw_only=True)
class RowBuilder:
    """The rows of one table out of one block; records: the index in the block of the record that each is from."""

    counts: LeftOutCounts
    keep: bool
    records: list[int] = field(default_factory=list)
    waybill: list[str | None] = field(default_factory=list)
    action: list[str | None] = field(default_factory=list)
    filter: list[str | None] = field(default_factory=list)
    rows: list[str | None] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    others: list[int] = field(default_factory=list)

    def add(self, record: int, line: int, raw: Callable[[], str], outcome: Outcome) -> None:
        """Takes a record's outcome, if it belongs to this table."""
        first = self.counts.table == FIRST
        if first and isinstance(outcome, WaybillsRead) and outcome.waybills:
            for number in outcome.waybills:
                self._row(record, number, outcome.action, None, None)
        elif not first and isinstance(outcome, QueryMade):
            rows = None if outcome.rows is None else str(outcome.rows)
            self._row(record, None, None, dumps(dict(outcome.filter)), rows)
            self._wider(outcome)
        elif isinstance(outcome, NoRead):
            self.leave(outcome.why, [line])
        elif first and isinstance(outcome, Unreadable):
            text = raw() if self.keep else None
            self.rejected.append(Rejection(line=line, column=outcome.column, reason=outcome.reason, raw=text))
        else:
            self.others.append(line)

    def leave(self, why: Why, lines: Sequence[int]) -> None:
        """Counts records that are no reads."""
        if not lines:
            return
        if self.counts.table == FIRST:
            self.dropped += lines
            self.counts.left_out[why] += len(lines)
        else:
            self.others += lines

    def _wider(self, outcome: QueryMade) -> None:
        self.counts.naive = self.counts.naive or outcome.naive
        for why in {w.why for w in outcome.wider}:
            self.counts.wider[why] += 1
        for item in outcome.wider:
            if item.name:
                self.counts.names.setdefault(item.why, {})[item.name] = None

    def _row(
        self, record: int, waybill: str | None, action: str | None, predicate: str | None, rows: str | None
    ) -> None:
        self.records.append(record)
        self.waybill.append(waybill)
        self.action.append(action)
        self.filter.append(predicate)
        self.rows.append(rows)

    def block(
        self,
        names: frozenset[str],
        columns: Mapping[str, pa.Array],
        line: npt.NDArray[np.int64],
        raws: Sequence[str] | None,
        bytes_read: int,
    ) -> RawBlock:
        """The raw block: `columns` are those of the records, by name."""
        records = np.array(self.records, np.int64)
        take = pa.array(records)
        made = dict(zip(MADE, (self.waybill, self.action, self.filter, self.rows), strict=True))
        out = {n: pa.array(made[n], pa.string()) if n in made else columns[n].take(take) for n in names}
        return RawBlock(
            columns=out,
            line=line[records] if len(records) else np.empty(0, np.int64),
            rejected=tuple(sorted(self.rejected, key=lambda r: r.line)),
            bytes_read=bytes_read,
            raws=None if raws is None else tuple(raws[n] for n in self.records),
            dropped=np.array(self.dropped, np.int64),
            others=np.array(self.others, np.int64),
        )
