"""From raw blocks to checked batches: the border between a file and everything else.

The leaks file: numbers seen outside, small enough to hold whole.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.store import _times
from wayseal.store._column_plan import ColumnPlan, NamedColumns, plan
from wayseal.store._convert import Converted, ConvertOptions, convert
from wayseal.store._csv import CsvBlocks
from wayseal.store._jsonl import JsonBlocks
from wayseal.store._open_source import open_source
from wayseal.store._parquet import ParquetBlocks
from wayseal.store.errors import StoreError
from wayseal.store.logs import CombinedBlocks, JsonRequestBlocks, MysqlBlocks, OcsfBlocks, PgauditBlocks
from wayseal.store.mapping import Format, LogMapping
from wayseal.store.tables import MOMENT, TABLES, arrow_schema
from wayseal.store.types import Batch, Emptied, Leaks, Notice, NoticeCode, RawBlock, ReadOptions, Rejection, SourceFile

_UNREADABLE = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError)

_LOGS: Mapping[Format, Callable[[SourceFile, LogMapping, ReadOptions, bool], "_Blocks"]] = {
    Format.PGAUDIT: PgauditBlocks,
    Format.COMBINED: CombinedBlocks,
    Format.OCSF: OcsfBlocks,
    Format.MYSQL: MysqlBlocks,
    Format.REQUESTS: JsonRequestBlocks,
}


class Opened(Protocol):
    """The head of an opened file: names of its columns, whether more may turn up, what is to be said of it."""

    names: tuple[str, ...]
    open_ended: bool
    notices: list[Notice]


class _Blocks(Opened, Protocol):
    """An opened file of any format."""

    def blocks(self, names: frozenset[str]) -> Iterator[RawBlock]:
        """Its rows, as raw blocks of these columns."""
        ...


def read_batches(
    file: SourceFile,
    *,
    mapping: LogMapping | None = None,
    options: ReadOptions | None = None,
    keep_rejected: bool = False,
) -> Iterator[Batch]:
    """Reads the rows of one file, checked, a bounded range at a time, in the order of the file.

    Args:
        file: What is read.
        mapping: Which column is what; None: the contract's names.
        options: How to read; None: as usual.
        keep_rejected: Rejections carry the row's text.

    Returns:
        Batches in the table's schema, with what was rejected; at least one, if only an empty one.

    Raises:
        StoreError: The file can't be read, or lacks a required column.
    """
    options = options or ReadOptions()
    opened = _open(file, mapping, options, keep_rejected)
    if mapping is not None:
        mapping = mapping.fit(file.table, TABLES[file.table].names)
    reader = FileReader(file, opened, mapping, options)
    empty = True
    for block in opened.blocks(reader.plan.needed):
        yield reader.batch(block)
        empty = False
    if empty:
        yield reader.batch(_nothing(reader.plan, file))


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstBatch:
    """The first batch of a file beside the block that it was. origins: column → the file's; whole: no more follows."""

    batch: Batch
    block: RawBlock
    origins: Mapping[str, tuple[str, ...]]
    whole: bool


def read_first_batch(file: SourceFile, mapping: LogMapping | None, options: ReadOptions) -> FirstBatch:
    """The first batch of a file, read as `read_batches` reads it. StoreError."""
    opened = _open(file, mapping, options, False)
    if mapping is not None:
        mapping = mapping.fit(file.table, TABLES[file.table].names)
    reader = FileReader(file, opened, mapping, options)
    blocks = opened.blocks(reader.plan.needed)
    block = next(blocks, None) or _nothing(reader.plan, file)
    more: RawBlock | None = block
    with suppress(StoreError):
        more = next(blocks, None)
    origins = {one.name: one.columns for one in reader.plan.fields if one.columns}
    return FirstBatch(batch=reader.batch(block), block=block, origins=origins, whole=more is None)


def _open(file: SourceFile, mapping: LogMapping | None, options: ReadOptions, keep_rejected: bool) -> _Blocks:
    if file.format is Format.PARQUET:
        return ParquetBlocks(file, options, keep_rejected)
    if file.format is Format.JSONL:
        return JsonBlocks(file, mapping, options, keep_rejected)
    if mapping is not None and file.format in _LOGS:
        return _LOGS[file.format](file, mapping, options, keep_rejected)
    return CsvBlocks(file, mapping, options, keep_rejected)


def _nothing(made: ColumnPlan, file: SourceFile) -> RawBlock:
    return RawBlock(
        columns={n: pa.array([], pa.string()) for n in made.needed},
        line=np.empty(0, np.int64),
        rejected=(),
        bytes_read=file.size,
    )


class FileReader:
    """Turns the blocks of one file into batches and remembers what has been said about the file."""

    def __init__(
        self,
        file: SourceFile,
        opened: Opened,
        mapping: LogMapping | None,
        options: ReadOptions,
    ) -> None:
        self._file = file
        self._table = TABLES[file.table]
        self._schema = arrow_schema(self._table)
        self._pending = opened.notices
        self._said: set[tuple[NoticeCode, str]] = set()
        self._offset = options.offset
        if self._offset is None and mapping is not None:
            self._offset = mapping.offset
        clean = mapping is None or mapping.clean
        self._how = ConvertOptions(offset=self._offset or timedelta(0), clean=clean)
        self.plan = plan(file, opened.names, mapping, opened.open_ended)

    def batch(self, block: RawBlock) -> Batch:
        """The block, checked."""
        shaped = self.plan.shape(block)
        block = shaped.block
        done = {name: self._convert(name, shaped, block) for name in shaped.columns}
        if any(len(item.array) != len(block.line) for item in done.values()):
            first = int(block.line[0]) if len(block.line) else 1
            raise StoreError("rows and line numbers don't agree from here on", file=self._file.path, line=first)
        kept, rejected = self._verdict(done, block, shaped.keep)
        emptied = tuple(self._emptied(done, block, kept))
        notices = (*self._pending, *self._notices(done, kept))
        self._pending.clear()
        arrays = [done[f.name].array if f.name in done else pa.nulls(len(block.line), f.type) for f in self._schema]
        loose = pa.schema([f.with_nullable(True) for f in self._schema])
        rows = pa.RecordBatch.from_arrays(arrays, schema=loose)
        line = block.line
        days = {name: item.day for name, item in done.items() if item.day is not None}
        if kept is not None:
            rows = rows.filter(pa.array(kept))
            line = line[kept]
            days = {name: day[kept] for name, day in days.items()}
        return Batch(
            rows=pa.RecordBatch.from_arrays(rows.columns, schema=self._schema),
            line=line,
            rejected=rejected,
            bytes_read=block.bytes_read,
            notices=notices,
            dropped=block.dropped if shaped.keep is None else np.append(block.dropped, block.line[~shaped.keep]),
            others=block.others,
            emptied=emptied,
            days=days,
        )

    def _convert(self, name: str, shaped: NamedColumns, block: RawBlock) -> Converted:
        column, times, wrong = self._table.column(name), shaped.times.get(name), None
        (source,) = (one for one in self.plan.fields if one.name == name)
        if block.wrong:
            masks = [block.wrong[c] for c in source.columns if c in block.wrong]
            wrong = np.logical_or.reduce(masks) if masks else None
        how = self._how if source.factor is None else replace(self._how, factor=source.factor)
        try:
            return convert(column, shaped.columns[name], how, times and times[0], wrong)
        except _UNREADABLE as error:
            raise StoreError(
                "a column of type {found} can't be read as {wanted}",
                file=self._file.path,
                key=name,
                found=shaped.columns[name].type,
                wanted=column.type,
            ) from error

    def _verdict(
        self, done: dict[str, Converted], block: RawBlock, keep: npt.NDArray[np.bool_] | None
    ) -> tuple[npt.NDArray[np.bool_] | None, tuple[Rejection, ...]]:
        """Which rows stay (None: all), and the rejections of the others, one a row, in line order."""
        required = {name: done[name] for name in self._table.required if name in done}
        if keep is None and not any(d.bad for d in required.values()):
            return None, block.rejected
        kept = np.ones(len(block.line), np.bool_) if keep is None else keep.copy()
        rejected = list(block.rejected)
        for name, item in required.items():
            for mask, reason in item.bad:
                for index in np.flatnonzero(mask & kept).tolist():
                    raw = block.raws[index] if block.raws is not None else None
                    line = int(block.line[index])
                    rejected.append(Rejection(line=line, column=name, reason=reason, raw=raw))
                kept &= ~mask
        rejected.sort(key=lambda r: r.line)
        return kept, tuple(rejected)

    def _emptied(
        self, done: dict[str, Converted], block: RawBlock, kept: npt.NDArray[np.bool_] | None
    ) -> Iterator[Emptied]:
        """Cells of optional columns that could not be read, of the rows that stay; each counts once."""
        for name, item in done.items():
            if not item.bad or name in self._table.required:
                continue
            left = np.ones(len(block.line), np.bool_) if kept is None else kept.copy()
            for mask, reason in item.bad:
                if (mask & left).any():
                    yield Emptied(column=name, reason=reason, lines=block.line[mask & left])
                left &= ~mask

    def _notices(self, done: dict[str, Converted], kept: npt.NDArray[np.bool_] | None) -> Iterator[Notice]:
        if self.plan.unknown and not self.plan.mapped:
            yield from self._say(NoticeCode.UNKNOWN_COLUMNS, columns=len(self.plan.unknown))
        for name, item in done.items():
            if item.naive:
                yield from self._say(
                    NoticeCode.TIMES_WITHOUT_OFFSET,
                    column=name,
                    offset=_times.format_offset(self._how.offset),
                    assumed=int(self._offset is None),
                )
            if item.day is not None and name == MOMENT:
                days = int((item.day if kept is None else item.day & kept).sum())
                if days:
                    yield Notice(
                        code=NoticeCode.DAYS_ALONE, file=self._file.path, values={"column": name, "rows": days}
                    )

    def _say(self, code: NoticeCode, **values: str | int) -> Iterator[Notice]:
        key = (code, str(values.get("column", "")))
        if key not in self._said:
            self._said.add(key)
            yield Notice(code=code, file=self._file.path, values=values)


def read_leaks(path: Path, *, mapping: LogMapping | None = None, offset: timedelta | str | None = None) -> Leaks:
    """Reads numbers that turned up outside.

    Args:
        path: A file in any of the three formats.
        mapping: Which column is what; None: the contract's names.
        offset: From UTC, of times without one.

    Returns:
        The leaks, and what was rejected.

    Raises:
        StoreError: As of `read_batches`.
    """
    if mapping is not None and mapping.table != "leaks":
        raise StoreError("this mapping is not for leaks", file=mapping.path, key="table")
    source = open_source(path, mapping=mapping, offset=offset, table="leaks")
    read = [(f, b) for f in source.files for b in read_batches(f, mapping=mapping, options=source.options)]
    batches = [b for _, b in read]
    return Leaks(
        digest=_digest(f.laid_out.origin if f.laid_out else f.path for f in source.files),
        rows=pa.Table.from_batches([b.rows for b in batches], schema=arrow_schema("leaks")),
        line=np.concatenate([b.line for b in batches]),
        by_day=np.concatenate([b.days.get("seen_at", np.zeros(len(b.line), np.bool_)) for b in batches]),
        rejected=tuple(r for b in batches for r in b.rejected),
        notices=(
            *source.notices,
            *(n for f, b in read for n in (*b.notices, *(one.notice(f) for one in b.emptied))),
        ),
        emptied=tuple(one for b in batches for one in b.emptied),
    )


def _digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()
