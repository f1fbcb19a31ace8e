"""Rejected rows of each source, through the store's writer, below the ledger."""

import contextlib
import itertools
from collections.abc import Collection, Sequence
from pathlib import Path

from wayseal.ledger._files import FOLDER_MODE
from wayseal.ledger._manifest import FileEntry
from wayseal.store.durable import file_digest, sync_folder
from wayseal.store.errors import StoreError
from wayseal.store.quarantine import QuarantineWriter
from wayseal.store.types import Rejection

FOLDER = "quarantine"


class Quarantine:
    """One file a source: quarantine/<first 16 digits of its SHA-256>.csv. A context manager: no file stays open.

    The same bytes may come in again as another table: a file that a commit made is never added to, but one more made,
    under a name that is not `taken`, even where somebody removed the file.
    """

    def __init__(self, ledger: Path, taken: Collection[str], *, raw: bool) -> None:
        self._ledger = ledger
        self._taken = taken
        self._raw = raw
        self._writers: dict[str, QuarantineWriter] = {}
        self._names: dict[str, str] = {}

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        for writer in self._writers.values():
            with contextlib.suppress(StoreError):
                writer.close()

    def add(self, sha256: str, path: Path, rejected: Sequence[Rejection]) -> None:
        """Adds rejected rows of one source, whose file is named without its folder."""
        if not rejected:
            return
        name = sha256[:16]
        if name not in self._writers:
            folder = self._ledger / FOLDER
            folder.mkdir(FOLDER_MODE, exist_ok=True)
            free = self._free(name)
            raw = folder / f"{free}.raw.csv" if self._raw else None
            self._writers[name] = QuarantineWriter(folder / f"{free}.csv", raw_path=raw)
            self._names[name] = free
        with _as_system_error():
            self._writers[name].add(Path(path.name), rejected)

    def _free(self, name: str) -> str:
        """The name, or with a number behind it where it is taken."""
        names = (name if n == 1 else f"{name}-{n}" for n in itertools.count(1))
        paths = ((free, f"{FOLDER}/{free}.csv") for free in names)
        return next(free for free, path in paths if path not in self._taken and not (self._ledger / path).is_file())

    def close(self, generation: int) -> list[FileEntry]:
        """Makes the files durable and describes them."""
        out: list[FileEntry] = []
        for name, writer in sorted(self._writers.items()):
            with _as_system_error():
                writer.close()
            free = self._names[name]
            names = [f"{free}.csv", *([f"{free}.raw.csv"] if self._raw else [])]
            out.extend(self._entry(n, generation, writer.count) for n in names)
        if out:
            sync_folder(self._ledger / FOLDER)
        return out

    def _entry(self, name: str, generation: int, rows: int) -> FileEntry:
        path = self._ledger / FOLDER / name
        return FileEntry(
            kind="quarantine",
            path=f"{FOLDER}/{name}",
            generation=generation,
            rows=rows,
            bytes=path.stat().st_size,
            sha256=file_digest(path),
        )


class _as_system_error:  # noqa: N801 - used like a function
    """The store's error about writing, as the system said it."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, StoreError) and isinstance(error.__cause__, OSError):
            raise error.__cause__
