"""Parquet files as raw blocks, never more than a bounded part of one in memory."""

import json
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.store.errors import StoreError
from wayseal.store.types import Notice, RawBlock, ReadOptions, SourceFile

_BATCH_BYTES = 256 << 20
_ARROW_ERRORS = (pa.ArrowException, OSError, ValueError)


class ParquetBlocks:
    """A Parquet file, opened: its column names, and its rows as raw blocks of the columns that are asked for."""

    def __init__(self, file: SourceFile, options: ReadOptions, keep_rejected: bool) -> None:
        self._path = path = file.path
        self._size = file.size
        self._keep = keep_rejected
        self.open_ended = False
        self.notices: list[Notice] = []
        self._options = options
        try:
            self._file = pq.ParquetFile(path, memory_map=True, pre_buffer=False)
        except _ARROW_ERRORS as error:
            raise StoreError("not a whole Parquet file; copy it anew", file=path) from error
        self.names: tuple[str, ...] = tuple(self._file.schema_arrow.names)

    def blocks(self, names: frozenset[str]) -> Iterator[RawBlock]:
        """The rows, in order; StoreError names the first row that can't be read."""
        wanted = [n for n in self.names if n in names]
        total = self._file.metadata.num_rows
        done = 0
        try:
            for batch in self._file.iter_batches(self._batch_rows(), columns=wanted):
                line = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
                done += batch.num_rows
                yield RawBlock(
                    columns=dict(zip(batch.schema.names, batch.columns, strict=True)),
                    line=line,
                    rejected=(),
                    bytes_read=self._size * done // max(total, 1),
                    raws=_texts(batch) if self._keep else None,
                )
        except _ARROW_ERRORS as error:
            message = "the Parquet file is damaged from this row on; copy it anew"
            raise StoreError(message, file=self._path, line=done + 1) from error
        finally:
            self._file.close()

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
