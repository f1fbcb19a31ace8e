"""Rejected rows of each source, in files below the ledger: places and reasons, and their text only if asked for."""

import itertools
import os
import shutil
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TextIO

from wayseal.ledger._files import FOLDER_MODE
from wayseal.ledger._manifest import FileEntry
from wayseal.model.rows import csv_writer
from wayseal.store.durable import MODE, file_digest, sync_folder
from wayseal.store.types import Rejection

FOLDER = "quarantine"
_PLACES = ("file", "line", "column", "reason")
_TEXTS = ("file", "line", "raw")


class Quarantine:
    """One file a source: quarantine/<first 16 digits of its SHA-256>.csv; only its owner can read it.

    A context manager: no file stays open. The same bytes may come in again as another table: a file that a commit made
    is never added to, but one more made, under a name that is not `taken`, even where somebody removed the file.
    """

    def __init__(self, ledger: Path, taken: Collection[str], *, raw: bool) -> None:
        """raw: a second file a source holds the rows' texts."""
        self._folder = ledger / FOLDER
        self._taken = taken
        self._raw = raw
        self._open = ExitStack()
        self._files: dict[str, list[tuple[Path, TextIO]]] = {}
        self._rows: Counter[str] = Counter()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        with suppress(OSError):
            self._open.close()

    def add(self, sha256: str, path: Path, rejected: Sequence[Rejection]) -> None:
        """Adds rejected rows of one source, whose file is named without its folder."""
        if not rejected:
            return
        name = sha256[:16]
        (_, places), *texts = self._opened(name)
        write = csv_writer()
        places.writelines(write((path.name, r.line, r.column, r.reason.value)) for r in rejected)
        for _, file in texts:
            file.writelines(write((path.name, r.line, r.raw)) for r in rejected if r.raw is not None)
        self._rows[name] += len(rejected)

    def adopt(self, sha256: str, folder: Path, files: Sequence[FileEntry]) -> None:
        """Adds what another one of a source, below another folder, wrote."""
        for entry, (_, mine) in zip(files, self._opened(sha256[:16]) if files else (), strict=True):
            with (folder / entry.path).open(encoding="utf-8", errors="surrogateescape", newline="") as theirs:
                theirs.readline()
                shutil.copyfileobj(theirs, mine)
        self._rows[sha256[:16]] += files[0].rows if files else 0

    def _opened(self, name: str) -> list[tuple[Path, TextIO]]:
        if name not in self._files:
            self._folder.mkdir(FOLDER_MODE, exist_ok=True)
            free = self._free(name)
            self._files[name] = [self._create(f"{free}.csv", os.O_APPEND, _PLACES)]
            if self._raw:
                self._files[name].append(self._create(f"{free}.raw.csv", os.O_EXCL, _TEXTS))
        return self._files[name]

    def _free(self, name: str) -> str:
        """The name, or with a number behind it where it is taken."""
        names = (name if n == 1 else f"{name}-{n}" for n in itertools.count(1))
        return next(
            free
            for free in names
            if f"{FOLDER}/{free}.csv" not in self._taken and not (self._folder / f"{free}.csv").is_file()
        )

    def _create(self, name: str, flag: int, head: Sequence[str]) -> tuple[Path, TextIO]:
        path = self._folder / name
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flag, MODE)
        file = self._open.enter_context(os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline=""))
        file.write(csv_writer()(head))
        return path, file

    def close(self, generation: int) -> list[FileEntry]:
        """Makes the files durable and describes them."""
        for files in self._files.values():
            for _, file in files:
                file.flush()
                os.fsync(file.fileno())
        self._open.close()
        if self._files:
            sync_folder(self._folder)
        return [
            FileEntry(
                kind="quarantine",
                path=f"{FOLDER}/{path.name}",
                generation=generation,
                rows=self._rows[name],
                bytes=path.stat().st_size,
                sha256=file_digest(path),
            )
            for name, files in sorted(self._files.items())
            for path, _ in files
        ]
