"""CSV files as raw blocks."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.store.types import RawBlock, ReadOptions, Reason, Rejection


class CsvBlocks:
    """A CSV file, opened."""

    def __init__(self, path: Path, size: int, options: ReadOptions) -> None:
        self._path = path
        self._size = size
        self._stream = path.open(encoding="utf-8-sig", newline="")
        self._rows = csv.reader(self._stream)
        self.names: tuple[str, ...] = tuple(next(self._rows, ()))

    def blocks(self, names: frozenset[str]) -> Iterator[RawBlock]:
        """The rows, in order."""
        while chunk := [(self._rows.line_num, r) for r in islice(self._rows, 200_000)]:
            good = [(n, r) for n, r in chunk if len(r) == len(self.names)]
            bad = [
                Rejection(line=n, column="", reason=Reason.TOO_FEW_FIELDS)
                for n, r in chunk
                if r and len(r) != len(self.names)
            ]
            yield RawBlock(
                columns={
                    name: pa.array([r[i] for _, r in good], pa.string())
                    for i, name in enumerate(self.names)
                    if name in names
                },
                line=np.array([n for n, _ in good], np.int64),
                rejected=tuple(bad),
                bytes_read=self._size,
            )
        self._stream.close()
