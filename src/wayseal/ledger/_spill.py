"""Rows on their way, split by the top bits of their waybill's key; in memory while they fit, else on disk.

What one process spilled another can read: `share` puts all of it on disk, where it stays, and says which codes those of
its dictionaries are in the ledger's.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.ledger import _kernels
from wayseal.ledger._files import FOLDER_MODE
from wayseal.ledger._keys import fixed
from wayseal.ledger._layout import KEYED
from wayseal.model.arrays import Codes, Longs, UInts
from wayseal.store.durable import MODE

MOST_PARTS = 512
_BYTES_A_PART = 8 << 20
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


def count_parts(size: int) -> int:
    """How many parts (a power of two) for sources of `size` bytes: about half a million rows of Parquet each."""
    parts = 1
    while parts < MOST_PARTS and parts * _BYTES_A_PART < size:
        parts *= 2
    return parts


def group_rows(ids: UInts, shift: int, groups: int) -> tuple[Codes, Longs]:
    """Stable order of rows by `ids >> shift`, and the bounds of the groups in it."""
    order = np.empty(len(ids), np.uint32)
    bounds = np.zeros(groups + 1, np.int64)
    _kernels.group_rows(fixed(ids), shift, groups, order, bounds)
    return order, bounds


class Spill:
    """Rows of several tables in parts; what is added comes back in the order in which it was added.

    folder is made when more than `budget` bytes are held.
    """

    def __init__(self, folder: Path, parts: int, budget: int) -> None:
        self.parts = parts
        self.spilled = 0
        self._folder = folder
        self._budget = budget
        self._held: dict[tuple[str, int], list[pa.RecordBatch]] = defaultdict(list)
        self._bytes = 0
        self._shared = False
        self._codes: Mapping[str, Path] = {}

    @property
    def skip(self) -> int:
        """Bits that all keys of one part share."""
        return self.parts.bit_length() - 1

    def add(self, table: str, rows: pa.RecordBatch) -> None:
        """Takes rows whose column `waybill` holds keys."""
        if self.parts == 1:
            self._held[table, 0].append(rows)
        else:
            order, bounds = group_rows(rows["waybill"].to_numpy(), 64 - self.skip, self.parts)
            split = rows.take(pa.array(order))
            for part in np.flatnonzero(np.diff(bounds)).tolist():
                start = int(bounds[part])
                self._held[table, part].append(split.slice(start, int(bounds[part + 1]) - start))
        self._bytes += rows.nbytes
        if self._bytes > self._budget:
            self._flush()

    def share(self, codes: Mapping[str, Path]) -> None:
        """Puts what is held on disk; nothing is added any more. codes: kind of id → file with the code of each."""
        self._flush()
        self._shared, self._codes = True, codes

    def part(self, table: str, part: int) -> list[pa.RecordBatch]:
        """Rows of one table in one part; they are handed over and no longer held, unless they are shared."""
        batches: list[pa.RecordBatch] = []
        path = self._path(table, part)
        if self.spilled and path.exists():
            batches.extend(_streams(path))
            if not self._shared:
                path.unlink()
        batches.extend(self._held.pop((table, part), ()))
        return [self._recoded(table, rows) for rows in batches] if self._codes else batches

    def _recoded(self, table: str, rows: pa.RecordBatch) -> pa.RecordBatch:
        for column, kind in KEYED[table].ids.items() if table in KEYED else ():
            if column in rows.schema.names and kind in self._codes:
                place = rows.schema.get_field_index(column)
                codes = np.load(self._codes[kind], mmap_mode="r")[rows[column].to_numpy()]
                rows = rows.set_column(place, rows.schema.field(place), pa.array(codes))
        return rows

    def _path(self, table: str, part: int) -> Path:
        return self._folder / f"{table}-{part}.arrows"

    def _flush(self) -> None:
        if self._held:
            self._folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        for (table, part), batches in self._held.items():
            handle = os.open(self._path(table, part), _APPEND, MODE)
            with os.fdopen(handle, "ab", buffering=0) as file:
                for same in _of_one_schema(batches):
                    with pa.ipc.new_stream(file, same[0].schema) as stream:
                        for batch in same:
                            stream.write_batch(batch)
        self.spilled += self._bytes
        self._held.clear()
        self._bytes = 0


def _of_one_schema(batches: list[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Batches in ranges of one schema."""
    start = 0
    for n in range(1, len(batches) + 1):
        if n == len(batches) or not batches[n].schema.equals(batches[start].schema):
            yield batches[start:n]
            start = n


def _streams(path: Path) -> Iterator[pa.RecordBatch]:
    """All batches of a file of streams, one behind the other."""
    with path.open("rb") as file:
        content = pa.py_buffer(file.read())
    reader = pa.BufferReader(content)
    while reader.tell() < len(content):
        with pa.ipc.open_stream(reader) as stream:
            yield from stream
