"""The numbers to trace, matched against the ledger: none is dropped, each says what became of it.

1. A number that stands twice is traced once, by the row with the earliest sighting.
2. A number that the ledger doesn't know is reported by line and takes no part in the statistics.
3. `asked` that can't be read, that says only part of what was asked, or that the number delivered doesn't fit,
   counts as "anything".
4. A number seen on a day without a time came up at some moment of that day: after its beginning, or after the last look
   that did not show it where that is known, and before its end.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wayseal.ledger import Snapshot
from wayseal.model.predicate import Predicate, PredicateError, parse_predicate
from wayseal.store.tables import microseconds
from wayseal.store.types import Leaks
from wayseal.trace._evidence import Floats
from wayseal.trace._result import Note

HOUR_US = 3_600_000_000.0
DAY_H = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakSet:
    """n numbers that the ledger knows, in the order of the file, and the rows that could not be used.

    Times are hours after `epoch_us` (microseconds after 1970, UTC), NaN where not given.
    `row[n]` is the place in the file's table; `unused` pairs such places with the reason. by_day[n]: only the day is
    known; `sold_at` is its end (rule 4).
    """

    waybill: tuple[str, ...]
    key: NDArray[np.uint64]
    day: NDArray[np.int32]
    row: NDArray[np.int64]
    sold_at: Floats
    absent_at: Floats
    asked_at: Floats
    by_day: NDArray[np.bool_]
    asked: tuple[Predicate | None, ...]
    unreadable_asked: int
    unused: tuple[tuple[int, Note], ...]
    epoch_us: int

    def __len__(self) -> int:
        return len(self.waybill)


def match_leaks(snapshot: Snapshot, leaks: Leaks) -> LeakSet:
    """Find the leaks in the ledger (rules 1 to 3)."""
    table = leaks.rows
    texts = table["waybill"].to_pylist()
    seen = microseconds(table["seen_at"])
    until = seen_until(leaks)
    keys = snapshot.keys(texts)
    unused: list[tuple[int, Note]] = []
    kept = _earliest(texts, until, leaks.line, unused)
    known = snapshot.find(np.unique(keys))
    day_of = dict(zip(known["waybill"].to_pylist(), known["day"].to_pylist(), strict=True))
    found = []
    for row in kept:
        if int(keys[row]) in day_of:
            found.append(row)
        else:
            unused.append((row, Note(code="missing.not_in_ledger")))
    rows = np.array(found, np.int64)
    epoch = int(seen[rows].min()) if len(rows) else 0
    asked, unreadable = _asked(table, found)
    sold, by_day = (until[rows] - epoch) / HOUR_US, leaks.by_day[rows]
    absent = _before(hours(table["absent_at"], epoch)[rows], sold)
    return LeakSet(
        waybill=tuple(texts[row] for row in found),
        key=keys[rows],
        day=np.array([day_of[int(keys[row])] for row in found], np.int32),
        row=rows,
        sold_at=sold,
        absent_at=np.where(by_day & np.isnan(absent), sold - DAY_H, absent),
        by_day=by_day,
        asked_at=hours(table["asked_at"], epoch)[rows],
        asked=asked,
        unreadable_asked=unreadable,
        unused=tuple(sorted(unused, key=lambda pair: pair[0])),
        epoch_us=epoch,
    )


def seen_until(leaks: Leaks) -> NDArray[np.int64]:
    """[rows] microseconds after 1970: when each number was seen at the latest (rule 4)."""
    return microseconds(leaks.rows["seen_at"]) + np.where(leaks.by_day, int(DAY_H * HOUR_US), 0)


def hours(column: pa.ChunkedArray, epoch_us: int) -> Floats:
    """Times as hours after the epoch; NaN where null."""
    us = microseconds(column)
    out = (us - epoch_us) / HOUR_US
    return np.where(us == np.iinfo(np.int64).min, np.nan, out)


def _before(absent: Floats, sold: Floats) -> Floats:
    """A last look without the number that isn't before the sighting says nothing."""
    return np.where(absent < sold, absent, np.nan)


def _earliest(
    texts: list[str], seen: NDArray[np.int64], line: NDArray[np.int64], unused: list[tuple[int, Note]]
) -> list[int]:
    best: dict[str, int] = {}
    for row, text in enumerate(texts):
        if text not in best or seen[row] < seen[best[text]]:
            best[text] = row
    for row, text in enumerate(texts):
        if best[text] != row:
            note = Note(code="missing.duplicate", values={"line": int(line[best[text]])})
            unused.append((row, note))
    return sorted(best.values())


def _asked(table: pa.Table, rows: list[int]) -> tuple[tuple[Predicate | None, ...], int]:
    texts = table["asked"].to_pylist()
    out: list[Predicate | None] = []
    unreadable = 0
    for row in rows:
        text = texts[row]
        predicate = None
        if text is not None:
            try:
                predicate = _whole(parse_predicate(text))
            except PredicateError:
                unreadable += 1
        out.append(None if predicate is None or predicate.everything else predicate)
    return tuple(out), unreadable


def _whole(predicate: Predicate) -> Predicate:
    """The same predicate; PredicateError for one that is only an upper bound: a stratum must not be too wide."""
    if predicate.unknown:
        raise PredicateError("part of what was asked can't be expressed", key="unknown")
    return predicate
