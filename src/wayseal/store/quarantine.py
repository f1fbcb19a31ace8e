"""Where bad rows go: a list of places and reasons, and their text only where it was asked for."""

import csv
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from wayseal.model.closing import Closing
from wayseal.model.errors import disk_says
from wayseal.store.errors import StoreError
from wayseal.store.types import Rejection

HEADER = ("file", "line", "column", "reason")
_MODE = 0o600


class QuarantineWriter(Closing):
    """Writes rejections as CSV: file, line, column, reason. A context manager; files appear with the first rejection.

    Only their owner can read them. raw_path: also writes the rows' texts there (file, line, raw), into a file that must
    not exist yet. Needs batches read with `keep_rejected`. StoreError if a file can't be written.
    """

    def __init__(self, path: Path, *, raw_path: Path | None = None) -> None:
        self._path = path
        self._raw_path = raw_path
        self._out: TextIO | None = None
        self._raw: TextIO | None = None
        self.count = 0

    def add(self, file: Path, rejected: Iterable[Rejection]) -> None:
        """Adds one file's rejections."""
        items = list(rejected)
        if not items:
            return
        try:
            if self._out is None:
                self._open()
            self._write(file, items)
        except OSError as error:
            raise self._refused(error) from error
        self.count += len(items)

    def close(self) -> None:
        """Closes the files; what was added is on disk then. StoreError if that fails."""
        failed: OSError | None = None
        for stream in (self._out, self._raw):
            if stream is None:
                continue
            try:
                stream.flush()
                os.fsync(stream.fileno())
            except OSError as error:
                failed = error
            with suppress(OSError):
                stream.close()
        self._out = self._raw = None
        if failed is not None:
            raise self._refused(failed) from failed

    def _refused(self, error: OSError) -> StoreError:
        return StoreError("can't be written ({reason})", file=self._path, reason=disk_says(error))

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = not self._path.exists() or self._path.stat().st_size == 0
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        self._out = os.fdopen(handle, "a", encoding="utf-8", newline="")
        if new:
            csv.writer(self._out, lineterminator="\n").writerow(HEADER)
        if self._raw_path is not None:
            handle = os.open(self._raw_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
            self._raw = os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="")
            csv.writer(self._raw, lineterminator="\n").writerow(("file", "line", "raw"))

    def _write(self, file: Path, items: list[Rejection]) -> None:
        rows = ((str(file), r.line, r.column, r.reason.value) for r in items)
        csv.writer(self._out, lineterminator="\n").writerows(rows)  # type: ignore[arg-type]
        if self._raw is not None:
            raws = ((str(file), r.line, r.raw) for r in items if r.raw is not None)
            csv.writer(self._raw, lineterminator="\n").writerows(raws)
