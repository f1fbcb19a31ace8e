"""Rejected rows of each source, through the store's writer, below the ledger."""

import contextlib
import itertools
from collections.abc import Sequence
from pathlib import Path

from wayseal.ledger._files import FOLDER_MODE, file_digest, sync_folder
from wayseal.ledger._manifest import FileEntry
from wayseal.store.errors import StoreError
from wayseal.store.quarantine import QuarantineWriter
from wayseal.store.types import Rejection

FOLDER = "quarantine"


class Quarantine:
    """One file a source: quarantine/<first 16 digits of its SHA-256>.csv. A context manager: no file stays open.

    The same bytes may come in again as another table: a file that a commit made is never added to, but one more made.
    """

    def __init__(self, ledger: Path, *, raw: bool) -> None:
        self._ledger = ledger
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
            free = _free(folder, name)
            raw = folder / f"{free}.raw.csv" if self._raw else None
            self._writers[name] = QuarantineWriter(folder / f"{free}.csv", raw_path=raw)
            self._names[name] = free
        with _as_system_error():
            self._writers[name].add(Path(path.name), rejected)

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


def _free(folder: Path, name: str) -> str:
    """The name, or with a number behind it where it is taken."""
    names = (name if n == 1 else f"{name}-{n}" for n in itertools.count(1))
    return next(free for free in names if not (folder / f"{free}.csv").is_file())


class _as_system_error:  # noqa: N801 - used like a function
    """The store's error about writing, as the system said it."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, StoreError) and isinstance(error.__cause__, OSError):
            raise error.__cause__
