"""The tables of a dataset whose rows have a time, read in its order with bounded memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.model.errors import disk_says
from wayseal.store.tables import TABLES, ColumnType, microseconds
from wayseal_sim._errors import SimulateError
from wayseal_sim.types import DAY, LOCAL, Ints, midnight

TIMED: Mapping[str, str] = {
    "waybills": "issued_at",
    "changes": "at",
    "scans": "at",
    "accesses": "at",
    "queries": "at",
    "tickets": "opened_at",
    "partner_calls": "at",
}
"""Tables of events and the column of their time; at equal times in this order."""
STATIC = ("outlets", "actors", "assignments")
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A row group of a file: its rows, and the times of the first and the last."""

    table: str
    file: Path
    number: int
    rows: int
    low: int
    high: int


class _Open:
    """A row group that is read: its rows in order of time, and those that were taken."""

    def __init__(self, group: Group) -> None:
        rows = read_group(group)
        at = microseconds(rows[TIMED[group.table]])
        if (np.diff(at) < 0).any():
            order = np.argsort(at, kind="stable")
            rows, at = rows.take(order), at[order]
        self.table, self._rows, self._at, self._taken = group.table, rows, at, 0

    def until(self, high: int) -> tuple[pa.Table, Ints]:
        """The rows before a moment that weren't taken yet, and their times."""
        low, self._taken = self._taken, int(np.searchsorted(self._at, high))
        return self._rows.slice(low, self._taken - low), self._at[low : self._taken]

    @property
    def done(self) -> bool:
        return self._taken == len(self._at)


class Timeline:
    """A dataset's events by their time (microseconds, UTC). first, last: of all, the last excluded."""

    def __init__(self, dataset: Path) -> None:
        self._groups = sorted(
            (group for table in TIMED for file in files_of(dataset, table) for group in groups_of(table, file)),
            key=lambda group: group.low,
        )
        if not self._groups:
            raise SimulateError("{dataset} holds no events in Parquet", dataset=dataset)
        self.first = self._groups[0].low
        self.last = max(group.high for group in self._groups) + 1

    def moment(self, day: str) -> int:
        """When a day begins in China: 2026-03-05, or the how-manieth of the log from 1."""
        try:
            if day.isdecimal() and len(day) < 5:
                return int(midnight(np.array([self.first]))[0]) + (int(day) - 1) * DAY
            return (date.fromisoformat(day).toordinal() - _EPOCH) * DAY - LOCAL
        except (ValueError, OverflowError):
            raise SimulateError("a day is 2026-03-05, or a number of days of the log from 1") from None

    def width(self, rows: int) -> int:
        """Microseconds that hold about so many rows; a day at most."""
        every = sum(group.rows for group in self._groups)
        return min(DAY, max(1, (self.last - self.first) * rows // every))

    def stretches(self, low: int, high: int, width: int) -> Iterator[tuple[int, list[tuple[str, pa.Table, Ints]]]]:
        """What happened from one moment up to another, by stretches: where each ends, and pieces of tables."""
        waiting = [g for g in self._groups if g.high >= low and g.low < high][::-1]
        read: list[_Open] = []
        for begin in range(low, high, width):
            end = min(begin + width, high)
            while waiting and waiting[-1].low < end:
                read.append(_Open(waiting.pop()))
                read[-1].until(begin)
            pieces = [(one.table, *one.until(end)) for one in read]
            read = [one for one in read if not one.done]
            yield end, sorted((p for p in pieces if len(p[2])), key=lambda p: list(TIMED).index(p[0]))


def files_of(dataset: Path, table: str) -> list[Path]:
    """A table's files in Parquet, by name."""
    return sorted([*dataset.glob(f"{table}.parquet"), *dataset.glob(f"{table}/*.parquet")])


def groups_of(table: str, file: Path) -> Iterator[Group]:
    """The row groups of a file, those without rows left out."""
    name = TIMED[table]
    with _opened(file) as opened:
        if name not in opened.schema_arrow.names:
            raise SimulateError("has no column {name}", file=file, name=name)
        column = opened.schema_arrow.names.index(name)
        for number in range(opened.metadata.num_row_groups):
            about = opened.metadata.row_group(number)
            if not about.num_rows:
                continue
            told = about.column(column).statistics
            if told is not None and told.has_min_max and isinstance(told.min, datetime):
                low, high = pa.array([told.min, told.max], pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_pylist()
            else:
                at = microseconds(opened.read_row_group(number, columns=[name])[name])
                low, high = int(at.min()), int(at.max())
            yield Group(table=table, file=file, number=number, rows=about.num_rows, low=low, high=high)


def read_group(group: Group) -> pa.Table:
    """A row group's columns of the contract; texts that repeat stay codes."""
    known = TABLES[group.table]
    with _opened(group.file) as opened:
        names = [name for name in known.names if name in opened.schema_arrow.names]
    unique = {"waybill", "access", "ticket", "request", "session"}
    coded = [n for n in names if known.column(n).type in {ColumnType.ID, ColumnType.ENUM} and n not in unique]
    with _opened(group.file, coded) as opened:
        return opened.read_row_group(group.number, columns=names)


def _opened(file: Path, coded: list[str] | None = None) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file, read_dictionary=coded)
    except OSError as error:
        raise SimulateError("can't be read ({reason})", file=file, reason=disk_says(error)) from error
    except pa.ArrowException:
        raise SimulateError("isn't Parquet", file=file) from None


def copy_before(dataset: Path, to: Path, moment: int) -> Path:
    """A dataset of what was before a moment: who there was, and the rows of events before it."""
    for table in (*STATIC, *TIMED):
        for file in files_of(dataset, table):
            groups = None if table in STATIC else list(groups_of(table, file))
            place = to / file.relative_to(dataset)
            if groups is None or all(group.high < moment for group in groups):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(file.read_bytes())
            elif any(group.low < moment for group in groups):
                place.parent.mkdir(parents=True, exist_ok=True)
                with (
                    _opened(file) as opened,
                    pq.ParquetWriter(
                        place, opened.schema_arrow, compression="zstd", compression_level=1, store_schema=False
                    ) as writer,
                ):
                    for group in groups:
                        rows = opened.read_row_group(group.number)
                        writer.write_table(rows.filter(microseconds(rows[TIMED[table]]) < moment))
    (to / "dataset.json").write_bytes((dataset / "dataset.json").read_bytes())
    return to
