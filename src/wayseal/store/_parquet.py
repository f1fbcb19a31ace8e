"""Parquet files as raw blocks, never more than a bounded part of one in memory."""

import json
from collections.abc import Generator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.store._text_file import is_utf8
from wayseal.store.errors import StoreError
from wayseal.store.row_groups import count_rows, gather_groups
from wayseal.store.types import Notice, RawBlock, ReadOptions, Reason, Rejection, SourceFile

_BATCH_BYTES = 256 << 20
# Read in pieces: a row group may be as large as the file, and a mapped file that shrinks would end the process.
_READ_BYTES = 4 << 20
_TEXTS = (pa.string(), pa.large_string(), pa.string_view())
_ARROW_ERRORS = (pa.ArrowException, OSError, ValueError)


class ParquetBlocks:
    """A Parquet file, opened: its column names, and its rows as raw blocks of the columns that are asked for."""

    def __init__(self, file: SourceFile, options: ReadOptions, keep_rejected: bool) -> None:
        self._path = file.path
        self._size = file.size
        self._keep = keep_rejected
        self.open_ended = False
        self.notices: list[Notice] = []
        self._options = options
        try:
            self._file = pq.ParquetFile(file.content, pre_buffer=False, buffer_size=_READ_BYTES)
        except _ARROW_ERRORS as error:
            raise StoreError("not a whole Parquet file; copy it anew", file=file.path) from error
        self.names: tuple[str, ...] = tuple(self._file.schema_arrow.names)

    def blocks(self, names: frozenset[str]) -> Generator[RawBlock, None, None]:
        """The rows, in order; StoreError names the first row that can't be read."""
        wanted = [n for n in self.names if n in names]
        metadata = self._file.metadata
        groups = self._options.groups or range(metadata.num_row_groups)
        done = count_rows(metadata, range(groups.start))
        total = done + count_rows(metadata, groups) if self._options.groups else metadata.num_rows
        try:
            for some in gather_groups(metadata, groups, self._options):
                for batch in self._file.iter_batches(self._batch_rows(), row_groups=some, columns=wanted):
                    first = done + 1
                    done += batch.num_rows
                    yield self._block(batch, first, self._size * done // max(metadata.num_rows, 1))
        except _ARROW_ERRORS as error:
            raise StoreError(
                "the Parquet file is damaged from this row on; copy it anew", file=self._path, line=done + 1
            ) from error
        finally:
            self._file.close()
        if done != total:
            raise StoreError(
                "the Parquet file gives its number of rows as {total}, and holds {done}; copy it anew",
                file=self._path,
                line=done + 1,
                total=total,
                done=done,
            )

    def _block(self, batch: pa.RecordBatch, first: int, bytes_read: int) -> RawBlock:
        line = np.arange(first, first + batch.num_rows, dtype=np.int64)
        rejected: list[Rejection] = []
        good = np.ones(batch.num_rows, np.bool_)
        for name, values in zip(batch.schema.names, batch.columns, strict=True):
            for index in _undecodable(values):
                if good[index]:
                    rejected.append(Rejection(line=first + index, column=name, reason=Reason.UNDECODABLE))
                    good[index] = False
        if rejected:
            batch, line = batch.filter(pa.array(good)), line[good]
            rejected.sort(key=lambda r: r.line)
        return RawBlock(
            columns=dict(zip(batch.schema.names, batch.columns, strict=True)),
            line=line,
            rejected=tuple(rejected),
            bytes_read=bytes_read,
            raws=_texts(batch) if self._keep else None,
        )

    def _batch_rows(self) -> int:
        """Fewer rows a batch where rows are wide, so that a batch stays within bounds."""
        metadata = self._file.metadata
        heavy = 1.0
        for group in range(metadata.num_row_groups):
            part = metadata.row_group(group)
            heavy = max(heavy, part.total_byte_size / max(part.num_rows, 1))
        return max(1, min(self._options.batch_rows, int(_BATCH_BYTES / heavy)))


def _texts(batch: pa.RecordBatch) -> tuple[str, ...]:
    """Each row as JSON: Parquet has no text of its own."""
    return tuple(json.dumps(row, ensure_ascii=False, default=str) for row in batch.to_pylist())


def _undecodable(values: pa.Array) -> list[int]:
    """The places of texts that are no UTF-8: Arrow doesn't look when it reads."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if values.type not in _TEXTS:
        return []
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        plain = enumerate(values.cast(pa.large_binary()).to_pylist())
        return [index for index, text in plain if text is not None and not is_utf8(text)]
    return []
