"""Rows of several tables that come mixed, a piece at a time: JSON Lines whose `table` says which table a row is of.

Checked as rows of files are: the same conversions, the same reasons of what is rejected.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.model.arrays import Longs
from wayseal.store._batches import FileReader
from wayseal.store._jsonl import read_line, scalar_text
from wayseal.store.mapping import Format
from wayseal.store.plain_lines import plain_type, read_plain
from wayseal.store.tables import TABLES
from wayseal.store.types import Batch, Notice, RawBlock, ReadOptions, Reason, Rejection, SourceFile

TABLE = "table"
"""The key under which a row says its table; a row without is a read."""
_READS = "accesses"
_FEW = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedRows:
    """Rows of a piece of text.

    Attributes:
        tables: The good rows of each table; their `line` is the number of the row's line.
        rejected: Lines that are no rows of any table, in their order.
        beside: Columns that were asked for beside the tables' own, of all lines that are objects.
    """

    tables: Mapping[str, Batch]
    rejected: tuple[Rejection, ...]
    beside: Mapping[str, pa.Array]


class _Head:
    """The head of a file that is none."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.open_ended = False
        self.notices: list[Notice] = []


class RowReader:
    """Reads pieces of JSON Lines, rows of some tables.

    columns: by table, the optional ones that are wanted; None: all of all tables. beside: further keys that
    are wanted whatever the table, texts or whole numbers.
    """

    def __init__(
        self,
        columns: Mapping[str, Sequence[str]] | None = None,
        options: ReadOptions | None = None,
        beside: Mapping[str, pa.DataType] | None = None,
    ) -> None:
        wanted = {name: table.names for name, table in TABLES.items()} if columns is None else columns
        self._columns = {name: tuple(dict.fromkeys((*TABLES[name].required, *some))) for name, some in wanted.items()}
        self._beside = dict(beside or {})
        names = {TABLE: pa.string(), **self._beside}
        for table, some in self._columns.items():
            for name in some:
                names[name] = plain_type(TABLES[table].column(name).type)
        self._names = names
        self._readers = {
            name: FileReader(
                SourceFile(path=Path("-"), table=name, format=Format.JSONL, size=0),
                _Head(some), None, options or ReadOptions(),
            )
            for name, some in self._columns.items()
        }  # fmt: skip

    def read(self, data: bytes, first: int) -> MixedRows:
        """Reads whole lines, of which the first has the number `first`.

        data: the lines, each with its newline, none of them blank; first: number of the first. Gives their rows.
        """
        rejected: list[Rejection] = []
        pieces = list(self._pieces(data, first, rejected))
        line = np.concatenate([np.zeros(0, np.int64), *(numbers for _, numbers in pieces)])
        found = {name: pa.concat_arrays([part[name] for part, _ in pieces]) for name in self._names}
        names = pc.fill_null(found[TABLE], _READS)
        known = pc.index_in(names, value_set=pa.array(list(self._columns)))
        code = pc.fill_null(known, -1).to_numpy()
        places = {table: np.flatnonzero(code == k) for k, table in enumerate(self._columns)}
        tables = {table: self._table(table, found, line, rows) for table, rows in places.items() if len(rows)}
        unknown = ~pc.is_in(names, value_set=pa.array(list(TABLES))).to_numpy(zero_copy_only=False)
        rejected += [Rejection(line=int(k), column=TABLE, reason=Reason.UNKNOWN_VALUE) for k in line[unknown]]
        rejected += [one for batch in tables.values() for one in batch.rejected]
        rejected.sort(key=lambda one: one.line)
        return MixedRows(
            tables={k: v for k, v in tables.items() if v.rows.num_rows},
            rejected=tuple(rejected),
            beside={name: found[name] for name in self._beside},
        )

    def _table(self, table: str, found: Mapping[str, pa.Array], line: Longs, rows: Longs) -> Batch:
        at = pa.array(rows)
        columns = {name: found[name].take(at) for name in self._columns[table]}
        block = RawBlock(columns=columns, line=line[rows], rejected=(), bytes_read=0)
        return self._readers[table].batch(block)

    def _pieces(
        self, data: bytes, first: int, rejected: list[Rejection]
    ) -> Iterator[tuple[dict[str, pa.Array], Longs]]:
        """Yield columns and numbers of lines: quickly, but for the neighbours of what has to be looked at strictly."""
        n = data.count(b"\n")
        found = read_plain(data, n, self._names, others="ignore")
        middle = data.find(b"\n", len(data) // 2) + 1
        if found is not None:
            yield found, np.arange(first, first + n, dtype=np.int64)
        elif n <= _FEW or middle in (0, len(data)):
            yield self._strictly(data, first, rejected)
        else:
            yield from self._pieces(data[:middle], first, rejected)
            yield from self._pieces(data[middle:], first + data.count(b"\n", 0, middle), rejected)

    def _strictly(self, data: bytes, first: int, rejected: list[Rejection]) -> tuple[dict[str, pa.Array], Longs]:
        rows: list[dict[str, Any]] = []
        good = []
        for number, text in enumerate(data.split(b"\n"), first):
            row = read_line(text)
            if isinstance(row, dict):
                rows.append(row)
                good.append(number)
            elif row is not None:
                rejected.append(Rejection(line=number, column="", reason=row))
        values = {name: [row.get(name) for row in rows] for name in self._names}
        found = {name: pa.array(map(_text, each), pa.string()) for name, each in values.items()}
        numbers = (name for name, kind in self._beside.items() if kind == pa.int64())
        found |= {name: pa.array(map(_number, values[name]), pa.int64()) for name in numbers}
        return found, np.array(good, np.int64)


def _text(value: Any) -> str | None:
    """A value as the text that its column is read from; what can be none is none that any column takes."""
    try:
        return scalar_text(value, loose=isinstance(value, list | dict))
    except (ValueError, RecursionError):
        return "\0"


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63 else None
