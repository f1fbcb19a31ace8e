"""Copying a ledger's files into a folder, each checked by its SHA-256 on the way and made durable.

1. A file is written beside (`tmp/part`) and takes its name when all of it is there and its SHA-256 is right.
2. A file that lies there already is kept where the manifest of the folder names it with the same SHA-256 and its size
   is right, or where its bytes have that SHA-256; with `check` only the latter counts.
3. Nothing that the folder's own manifest names is replaced by other bytes.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from wayseal.ledger._files import HashingFile, make_folder
from wayseal.ledger._manifest import Manifest
from wayseal.ledger._report import Progress
from wayseal.ledger._sweep import SCRATCH
from wayseal.ledger.errors import BackupRefusedError, LedgerChangedError, LedgerError
from wayseal.ledger.upkeep._inventory import Item, Step
from wayseal.model.errors import disk_says
from wayseal.store.durable import file_digest, sync_folder

_CHUNK = 1 << 20


class Copier:
    """Brings files from one folder into another; `before` is the manifest that the other has."""

    def __init__(
        self, source: Path, dest: Path, before: Manifest | None, progress: Progress, on_step: Step, *, check: bool
    ) -> None:
        self._source = source
        self._dest = dest
        self._named = {f.path: f.sha256 for f in before.files} if before else {}
        self._progress = progress
        self._on_step = on_step
        self._check = check
        self._done = 0
        self.copied: list[Item] = []

    def bring(self, items: Sequence[Item]) -> None:
        """Copies what is not there; LedgerChangedError names a file that is missing or not what it was."""
        for item in items:
            if self._named.get(item.path, item.sha256) != item.sha256:
                raise BackupRefusedError(
                    "the backup has other bytes under this name: back up into a new folder",
                    file=self._dest / item.path,
                )
        total = sum(i.bytes for i in items)
        try:
            for item in items:
                if self._is_there(item):
                    self._done += item.bytes
                    self._progress("copy", self._done, total)
                else:
                    self._copy(item, total)
                    self.copied.append(item)
                    self._on_step("copied")
        finally:
            with contextlib.suppress(OSError):
                shutil.rmtree(self._dest / SCRATCH)
        self._sync()

    def _is_there(self, item: Item) -> bool:
        path = self._dest / item.path
        if not path.is_file() or path.stat().st_size != item.bytes:
            return False
        return (item.path in self._named and not self._check) or file_digest(path) == item.sha256

    def _copy(self, item: Item, total: int) -> None:
        def written(count: int) -> None:
            self._done += count
            self._progress("copy", self._done, total)

        source = self._source / item.path
        copy_file(source, self._dest, item, written, lambda: self._on_step("part"), whole=True)

    def _sync(self) -> None:
        """Makes all names durable, those of folders too."""
        below = {folder for i in self.copied for folder in Path(i.path).parents}
        for folder in sorted(below, key=lambda f: len(f.parts), reverse=True):
            sync_folder(self._dest / folder)


def copy_file(
    source: Path, dest: Path, item: Item, written: Callable[[int], None] = lambda _: None,
    before: Callable[[], None] = lambda: None, *, whole: bool = False,
) -> None:  # fmt: skip
    """Puts the first bytes of a file under an item's name, if they are what it says (rule 1).

    whole: and if these are all. written: told how many bytes were written. before: called when they are there under
    another name. LedgerChangedError names the file that is missing or not what it was.
    """
    part = dest / SCRATCH / "part"
    make_folder(part.parent, dest)
    part.unlink(missing_ok=True)
    file = HashingFile(part)
    for chunk in chunks(source, item.bytes + whole):
        file.write(chunk)
        written(len(chunk))
    before()
    if (file.seal(), file.size) != (item.sha256, item.bytes):
        raise LedgerChangedError("was changed: its SHA-256 is not the manifest's", file=source)
    make_folder((dest / item.path).parent, dest)
    part.replace(dest / item.path)


def chunks(path: Path, most: int) -> Iterator[bytes]:
    """A file's first `most` bytes in portions; the error says that it is this file that can't be read."""
    try:
        with path.open("rb") as file:
            while most and (chunk := file.read(min(_CHUNK, most))):
                yield chunk
                most -= len(chunk)
    except FileNotFoundError:
        raise LedgerChangedError("is missing", file=path) from None
    except OSError as error:
        raise LedgerError("can't be read ({reason})", file=path, reason=disk_says(error)) from error
