"""Outcomes of a block of records as the raw rows of one table, and the counts that are said when the file ends.

What a record of a log comes to.
"""

import pickle
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from weakref import WeakSet

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.store._convert import dumps
from wayseal.store.types import Notice, NoticeCode, RawBlock, Reason, Rejection


class Why(StrEnum):
    """Why a record is no read, or why a filter is wider than the question was; the command line has their texts."""

    OTHER_RECORD = "other-record"
    NOT_A_READ = "not-a-read"
    OTHER_TABLE = "other-table"
    REPEATED = "repeated"
    NO_ROWS = "no-rows"
    ONLY_COUNTED = "only-counted"
    OTHER_PATH = "other-path"
    METHOD = "method"
    STATUS = "status"
    REDIRECTED = "redirected"
    UNREADABLE = "unreadable"
    NOT_LOGGED = "not-logged"
    FORM = "form"
    SUBQUERY = "subquery"
    JOIN = "join"
    OR = "or"
    LIKE = "like"
    FUNCTION = "function"
    COMPARISON = "comparison"
    COLUMN = "column"
    PARAMETER = "parameter"
    VALUE = "value"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedCondition:
    """A condition that was left out: why, and the name of the column or parameter where one is to blame."""

    why: Why
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaybillsRead:
    """These waybills were shown (clean numbers)."""

    waybills: tuple[str, ...]
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryMade:
    """Only the question is known: a filter as `model.predicate` reads it, and the row count where it was logged.

    naive: a time in it was written without an offset.
    """

    filter: Mapping[str, object]
    rows: int | None = None
    wider: tuple[DroppedCondition, ...] = ()
    naive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRead:
    """No read."""

    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A record that can't be read."""

    column: str
    reason: Reason = field(default=Reason.TOO_FEW_FIELDS)


Outcome = WaybillsRead | QueryMade | NoRead | Unreadable


FIRST = "accesses"
"""The table whose pass tells of what is no row of either (obligation 4)."""
MADE = ("read.waybill", "read.action", "read.filter", "read.rows")
_NAMES_SAID = 8
_TEXTS = 1 << 16
_MOST_KEPT = 128 << 20
"""Bytes of searches, packed, that first passes keep for second ones, over all files; others are read anew."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class _Kept:
    blocks: list[bytes] = field(default_factory=list)
    size: int = 0
    whole: bool = True


_ALL_KEPT: "WeakSet[_Kept]" = WeakSet()


@dataclass(slots=True, kw_only=True)
class LeftOutCounts:
    """Counts of what was left out, by reason, over a whole file. pending: notices that the next batch takes along."""

    table: str
    file: Path
    pending: list[Notice]
    left_out: Counter[Why] = field(default_factory=Counter)
    wider: Counter[Why] = field(default_factory=Counter)
    names: dict[Why, dict[str, None]] = field(default_factory=dict)
    naive: bool = False
    searches: list[object] = field(default_factory=list)
    how: object = None
    kept: _Kept = field(default_factory=_Kept)
    said: list[Notice] = field(default_factory=list)
    texts: dict[int, tuple[QueryMade, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The first pass finds the searches anew."""
        if self.table == FIRST:
            self.searches.clear()
            _ALL_KEPT.add(self.kept)

    def of_table(self, accesses: RawBlock, queries: RawBlock) -> RawBlock:
        """The one of this pass; the first keeps the other one, packed, until there is no room."""
        if self.table != FIRST:
            return queries
        if sum(one.size for one in _ALL_KEPT) > _MOST_KEPT:
            self.kept.whole, self.kept.size = False, 0
            self.kept.blocks.clear()
        if self.kept.whole:
            new = [n for n in self.pending if n not in self.said]
            self.said += new
            data = pickle.dumps((queries, new))
            self.kept.blocks.append(pa.compress(data, "zstd", asbytes=True) + len(data).to_bytes(8))
            self.kept.size += len(self.kept.blocks[-1])
        return accesses

    def found_before(self) -> Iterator[RawBlock] | None:
        """The blocks of `queries` if the first pass has kept them all, which go; their counts are this pass's."""
        if self.table == FIRST or not self.searches or self.searches[0] != self.how:
            return None
        _, self.wider, self.names, self.naive, kept = self.searches  # type: ignore[assignment]
        self.searches.clear()
        return self._unpacked(kept)  # type: ignore[arg-type]

    def _unpacked(self, kept: _Kept) -> Iterator[RawBlock]:
        kept.blocks.reverse()
        while kept.blocks:
            data = kept.blocks.pop()
            kept.size -= len(data)
            plain = pa.decompress(data[:-8], int.from_bytes(data[-8:]), "zstd", asbytes=True)
            block, notices = pickle.loads(plain)  # noqa: S301 (made here, never outside of memory)
            self.pending += [n for n in notices if n not in self.pending]
            yield block

    def notices(self, offset: str, assumed: bool) -> list[Notice]:
        """One notice a reason, the most frequent first; said when the pass is over."""
        first = self.table == FIRST
        if first and self.kept.whole:
            self.searches[:] = [self.how, self.wider, self.names, self.naive, self.kept]
        out: list[Notice] = []
        code, counts = (NoticeCode.LEFT_OUT, self.left_out) if first else (NoticeCode.WIDER_FILTERS, self.wider)
        for why, rows in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            names = "" if first else self._names(why)
            out.append(Notice(code=code, file=self.file, values={"rows": rows, "why": why.value, "names": names}))
        if self.naive and not first:
            values: dict[str, str | int] = {"column": "filter", "offset": offset, "assumed": int(assumed)}
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
    """The rows of both tables out of one block; shown, asked: which record of the block each is from."""

    counts: LeftOutCounts
    keep: bool
    shown: list[int] = field(default_factory=list)
    waybill: list[str] = field(default_factory=list)
    action: list[str | None] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    filter: list[str] = field(default_factory=list)
    rows: list[str | None] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    others: list[int] = field(default_factory=list)

    def add(self, start: int, lines: Sequence[int], outcomes: Sequence[Outcome], raw: Callable[[int], str]) -> None:
        """Takes outcomes. start: which record the first is of; raw: the text of one."""
        texts = self.counts.texts
        if len(texts) > _TEXTS:
            texts.clear()
        for record, (line, outcome) in enumerate(zip(lines, outcomes, strict=True), start):
            if isinstance(outcome, NoRead):
                self.leave(outcome.why, [line])
            elif isinstance(outcome, Unreadable):
                text = raw(record) if self.keep else None
                self.rejected.append(Rejection(line=line, column=outcome.column, reason=outcome.reason, raw=text))
            elif isinstance(outcome, QueryMade):
                self.others.append(line)
                self.asked.append(record)
                if id(outcome) not in texts:
                    texts[id(outcome)] = outcome, dumps(dict(outcome.filter))
                self.filter.append(texts[id(outcome)][1])
                self.rows.append(None if outcome.rows is None else str(outcome.rows))
                self._wider(outcome)
            elif outcome.waybills:
                for number in outcome.waybills:
                    self.shown.append(record)
                    self.waybill.append(number)
                    self.action.append(outcome.action)
            else:
                self.others.append(line)

    def leave(self, why: Why, lines: Sequence[int]) -> None:
        """Counts records that are no reads."""
        if lines:
            self.dropped += lines
            self.counts.left_out[why] += len(lines)

    def _wider(self, outcome: QueryMade) -> None:
        self.counts.naive = self.counts.naive or outcome.naive
        for why in {w.why for w in outcome.wider}:
            self.counts.wider[why] += 1
        for item in outcome.wider:
            if item.name:
                self.counts.names.setdefault(item.why, {})[item.name] = None

    def block(
        self,
        columns: Mapping[str, pa.Array],
        line: npt.NDArray[np.int64],
        lines: npt.NDArray[np.int64],
        raws: Sequence[str] | None,
        bytes_read: int,
    ) -> RawBlock:
        """The raw block of the table: `columns` and `line` are those of the records; lines: all that begin a record."""

        def made(records: list[int], **values: Sequence[str | None]) -> RawBlock:
            take = np.array(records, np.int64)
            out = {n: c.take(pa.array(take)) for n, c in columns.items()}
            out |= {n: pa.array(values.get(n[5:], [None] * len(take)), pa.string()) for n in MADE}
            return RawBlock(
                columns=out,
                line=line[take],
                rejected=(),
                bytes_read=bytes_read,
                raws=None if raws is None else tuple(raws[n] for n in records),
            )

        accesses = made(self.shown, waybill=self.waybill, action=self.action)
        queries = made(self.asked, filter=self.filter, rows=self.rows)
        return self.counts.of_table(
            replace(
                accesses,
                rejected=tuple(sorted(self.rejected, key=lambda r: r.line)),
                dropped=np.array(self.dropped, np.int64),
                others=np.array(self.others, np.int64),
            ),
            replace(queries, others=np.setdiff1d(lines, queries.line)),
        )
