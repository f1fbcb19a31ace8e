"""The files of one new generation, while it is being written."""

from pathlib import Path

import pyarrow as pa

from wayseal.ledger._files import make_folder
from wayseal.ledger._layout import ROW_GROUP, WIDE_GROUP
from wayseal.ledger._manifest import FileEntry
from wayseal.ledger._sorted import SortedWriter
from wayseal.model.times import day_name
from wayseal.store.durable import sync_folder

_MOST_HELD = 1 << 22
_LOOKED_UP = ("accesses", "catalogue", "numbers", "table:scans", "table:waybills")
"""Kinds in which single waybills are looked up; the others are mostly read as a whole."""


class Generation:
    """Writers of a generation, one a kind of file and bucket.

    mark: behind the names of its files, where several attempts may be made at once.
    """

    def __init__(self, ledger: Path, number: int, *, most_held: int = _MOST_HELD, mark: str = "") -> None:
        self.ledger = ledger
        self.number = number
        self._mark = mark
        self._writers: dict[tuple[str, int | None], SortedWriter] = {}
        self._held = 0
        self._most_held = most_held
        make_folder(self.folder, ledger)

    @property
    def folder(self) -> Path:
        """Where the generation's files lie."""
        return self.ledger / f"data/g{self.number:06d}"

    def writer(self, kind: str, schema: pa.Schema, day: int | None = None, suffix: str = "") -> SortedWriter:
        """A new writer for one file."""
        name = kind.replace(":", "-") + ("" if day is None else f"-{day_name(day)}") + suffix + self._mark
        group = ROW_GROUP if kind in _LOOKED_UP else WIDE_GROUP
        return SortedWriter(self.ledger, kind, name, schema, self.number, day=day, group=group)

    def write(self, kind: str, rows: pa.RecordBatch, day: int | None = None) -> None:
        """Adds rows to the file of their kind and bucket; nothing is made of no rows."""
        if not rows.num_rows:
            return
        writer = self._writers.get((kind, day))
        if writer is None:
            writer = self._writers[kind, day] = self.writer(kind, rows.schema, day)
        self._held -= writer.held
        writer.write(rows)
        self._held += writer.held
        if self._held > self._most_held:
            for other in self._writers.values():
                other.flush()
            self._held = 0

    def sync(self) -> None:
        """Makes the names of its files and its own durable."""
        sync_folder(self.folder)
        sync_folder(self.folder.parent)

    def close(self) -> list[FileEntry]:
        """Makes all files durable; their entries, by kind and bucket."""
        order = sorted(self._writers, key=lambda k: (k[0], -1 if k[1] is None else k[1]))
        return [self._writers[key].close() for key in order]
