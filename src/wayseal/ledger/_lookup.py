"""Finding rows of some waybills in the files of one generation."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from wayseal.ledger._manifest import FileEntry, Manifest
from wayseal.ledger._sorted import SortedFile, open_sorted, rows_for
from wayseal.ledger._types import Words


class Finder:
    """Opens files when they are needed, once a thread."""

    def __init__(self, ledger: Path, manifest: Manifest) -> None:
        self._ledger = ledger
        self._groups: dict[tuple[str, int | None], list[FileEntry]] = {}
        for entry in manifest.files:
            self._groups.setdefault((entry.kind, entry.day), []).append(entry)
        self._local = threading.local()
        self._made: dict[str, pa.Table] = {}

    def entries(self, kind: str, day: int | None = None) -> Sequence[FileEntry]:
        """Files of a kind and bucket, oldest first."""
        return self._groups.get((kind, day), [])

    def kinds(self, kind: str) -> Sequence[FileEntry]:
        """Files of a kind in all buckets."""
        return [entry for (name, _), group in self._groups.items() if name == kind for entry in group]

    def files(self, kind: str, day: int | None = None) -> list[SortedFile]:
        """The same, opened."""
        opened: dict[str, SortedFile] | None = getattr(self._local, "opened", None)
        if opened is None:
            opened = self._local.opened = {}
        out = []
        for entry in self.entries(kind, day):
            if entry.path not in opened:
                opened[entry.path] = open_sorted(self._ledger, entry)
            out.append(opened[entry.path])
        return out

    def release(self) -> None:
        """Lets go of the files that it opened."""
        self._local = threading.local()

    def once(self, name: str, make: Callable[[], pa.Table]) -> pa.Table:
        """What `make` gives, made when it is first asked for: a generation never changes."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def rows(self, kind: str, keys: Words, schema: pa.Schema, day: int | None = None) -> pa.RecordBatch:
        """Rows of a kind (and bucket) whose key is among `keys` (sorted, distinct)."""
        return rows_for(self.files(kind, day), keys, schema)

    def whole(self, kind: str, schema: pa.Schema | None = None) -> pa.Table:
        """All rows of a kind, file by file; without files, an empty table of `schema`."""
        files = self.files(kind)
        wanted = schema or files[0].file.schema_arrow
        batches = [f.read(range(len(f.rows)), wanted) for f in files]
        return pa.Table.from_batches(batches, wanted)
