"""Finding rows of some waybills in the files of one generation."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from wayseal.ledger._layout import Words
from wayseal.ledger._manifest import FileEntry, Manifest
from wayseal.ledger._sorted import SortedFile, open_sorted, rows_for

_FEW = 16
"""Keys of which answers are kept: a page asks for the same waybill again and again."""
_ANSWERS, _ANSWER = 512, 1 << 16
"""Answers that are kept, and the bytes of the largest."""


class _Answers:
    """The answers to the last questions for few keys: a generation never changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], pa.RecordBatch] = OrderedDict()

    def get(self, asked: tuple[object, ...]) -> pa.RecordBatch | None:
        """The answer to a question; None: it isn't there."""
        with self._lock:
            if asked in self._kept:
                self._kept.move_to_end(asked)
            return self._kept.get(asked)

    def keep(self, asked: tuple[object, ...], rows: pa.RecordBatch) -> None:
        """Keeps an answer in place of the one that was asked for longest ago."""
        if rows.get_total_buffer_size() > _ANSWER:
            return
        with self._lock:
            self._kept[asked] = rows
            if len(self._kept) > _ANSWERS:
                self._kept.popitem(last=False)


class Finder:
    """Opens files when they are needed, once for all threads."""

    def __init__(self, ledger: Path, manifest: Manifest) -> None:
        self._ledger = ledger
        self._groups: dict[tuple[str, int | None], list[FileEntry]] = {}
        for entry in manifest.files:
            self._groups.setdefault((entry.kind, entry.day), []).append(entry)
        self._opening = threading.Lock()
        self._opened: dict[str, SortedFile] = {}
        self._made: dict[str, pa.Table] = {}
        self._answers = _Answers()

    def entries(self, kind: str, day: int | None = None) -> Sequence[FileEntry]:
        """Files of a kind and bucket, oldest first."""
        return self._groups.get((kind, day), [])

    def kinds(self, kind: str) -> Sequence[FileEntry]:
        """Files of a kind in all buckets."""
        return [entry for (name, _), group in self._groups.items() if name == kind for entry in group]

    def files(self, kind: str, day: int | None = None) -> list[SortedFile]:
        """The same, opened."""
        return [self._opened.get(entry.path) or self._open(entry) for entry in self.entries(kind, day)]

    def _open(self, entry: FileEntry) -> SortedFile:
        with self._opening:
            if entry.path not in self._opened:
                self._opened[entry.path] = open_sorted(self._ledger, entry)
            return self._opened[entry.path]

    def release(self) -> None:
        """Lets go of the files that it opened."""
        with self._opening:
            self._opened.clear()

    def once(self, name: str, make: Callable[[], pa.Table]) -> pa.Table:
        """Return what `make` gives, made when it is first asked for: a generation never changes."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def rows(self, kind: str, keys: Words, schema: pa.Schema, day: int | None = None) -> pa.RecordBatch:
        """Rows of a kind (and bucket) whose key is among `keys` (sorted, distinct)."""
        if len(keys) > _FEW:
            return rows_for(self.files(kind, day), keys, schema)
        asked = (kind, day, keys.tobytes(), *schema.names)
        rows = self._answers.get(asked)
        if rows is None:
            rows = rows_for(self.files(kind, day), keys, schema)
            self._answers.keep(asked, rows)
        return rows

    def whole(self, kind: str, schema: pa.Schema | None = None) -> pa.Table:
        """All rows of a kind, file by file; without files, an empty table of `schema`."""
        files = self.files(kind)
        wanted = schema or files[0].schema
        batches = [f.read(range(len(f.rows)), wanted) for f in files]
        return pa.Table.from_batches(batches, wanted)
