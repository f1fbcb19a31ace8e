"""A copy of a ledger that is at any moment a whole backup of some generation, or says that it is none yet.

1. The ledger is read as readers do: nothing that its generation names is removed while it is copied.
2. The folder is marked before anything is put into it; its manifest is swapped last, when all it names is durable.
3. Files of no generation are removed after that, unless somebody reads the backup.
4. A folder that is no backup of this ledger, or that holds a history which the ledger doesn't go on from, is left as it
   is.
5. A restoration is the same copy, into a folder of its own, and the mark goes when it is whole.

Everything that a ledger needs beside its manifest, and by what SHA-256 each file is known.

Files are known by the manifest, tiles by leaves whose root the manifest says, the secret by the manifest's check of it.

Copying a ledger's files into a folder, each checked by its SHA-256 on the way and made durable.

C1. A file is written beside (`tmp/part`) and takes its name when all of it is there and its SHA-256 is right.
C2. A file that lies there already is kept where the manifest of the folder names it with the same SHA-256 and its size
   is right, or where its bytes have that SHA-256; with `check` only the latter counts.
C3. Nothing that the folder's own manifest names is replaced by other bytes.
"""

import contextlib
import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wayseal.ledger._files import FOLDER_MODE, HashingFile, make_folder, storage_errors
from wayseal.ledger._lock import READERS, WRITER, writer_lock
from wayseal.ledger._manifest import (
    MARKER,
    NAME,
    Manifest,
    Marker,
    load_manifest,
    load_marker,
    refuse_set,
    save_manifest,
    save_marker,
)
from wayseal.ledger._report import no_step
from wayseal.ledger._salts import NAME as SECRET
from wayseal.ledger._salts import load_salts
from wayseal.ledger._snapshot import Snapshot, open_ledger
from wayseal.ledger._sweep import SCRATCH, sweep
from wayseal.ledger._tree import FOLDER, read_leaves, tile_contents, with_commit_leaves
from wayseal.ledger.errors import BackupRefusedError, LedgerChangedError, LedgerError
from wayseal.ledger.integrity import Code, check_history
from wayseal.merkle import Checkpoint, Tree
from wayseal.merkle.bulk import Digests
from wayseal.model.errors import disk_says
from wayseal.model.messages import N_
from wayseal.model.progress import Progress, silent
from wayseal.store.durable import MODE, file_digest, sync_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file below the ledger: its path, size in bytes and SHA-256 in hex."""

    path: str
    bytes: int
    sha256: str


def inventory(ledger: Path, manifest: Manifest) -> list[Item]:
    """All of them. LedgerChangedError names what keeps manifest, tree and secret from being of one piece."""
    if code := find_manifest_fault(manifest):
        digest = N_("was changed: it isn't what its last commit says")
        tree = N_("was changed: size or root of the tree are wrong")
        raise LedgerChangedError(digest if code is Code.MANIFEST_DIGEST else tree, file=ledger / NAME)
    items = [Item(path=f.path, bytes=f.bytes, sha256=f.sha256) for f in manifest.files]
    load_salts(ledger, manifest.secret)
    items.append(_item(SECRET, (ledger / SECRET).read_bytes()))
    items += [_item(path, content) for path, content in tile_contents(manifest.size, _leaves(ledger, manifest)).items()]
    return items


def _item(path: str, content: bytes) -> Item:
    return Item(path=path, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def find_manifest_fault(manifest: Manifest) -> Code | None:
    """Name what is wrong with a manifest by itself."""
    last = manifest.commits[-1:]
    if not last or (last[0].digest, last[0].sources) != (manifest.digest, len(manifest.sources)):
        return Code.MANIFEST_DIGEST
    return None if sum(c.pages + 1 for c in manifest.commits) == manifest.size else Code.MANIFEST_TREE


def _leaves(ledger: Path, manifest: Manifest) -> Digests:
    leaves, lost = read_leaves(ledger, manifest.size)
    if lost:
        raise LedgerChangedError("this tile is missing or was cut short", file=ledger / FOLDER / lost[0].path)
    if not tree_matches(manifest, leaves):
        raise LedgerChangedError("manifest and tree don't agree: run `wayseal ledger doctor`", file=ledger)
    return leaves


def tree_matches(manifest: Manifest, leaves: Digests) -> bool:
    """True if leaves have the manifest's root, and hold what its commits say where these end."""
    if len(leaves) != manifest.size or Tree.of(leaves).root().hex() != manifest.root:
        return False
    return np.array_equal(with_commit_leaves(manifest, leaves), leaves)


Step = Callable[[str], None]
"""Called with a name at each step that a crash may hit."""


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
    """Puts the first bytes of a file under an item's name, if they are what it says (rule C1).

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReport:
    """The result of a backup or a restoration: the generation of the copy, and how much of it had to be copied.

    origin: the name of the ledger's tree. reads: how many it holds. files, bytes: what the copy consists of, beside its
    manifest.
    """

    origin: str
    generation: int
    digest: str
    reads: int
    files: int
    bytes: int
    copied: int
    copied_bytes: int


def backup(
    ledger: Path, dest: Path, *, check: bool = False, progress: Progress = silent, on_step: Step = no_step
) -> CopyReport:
    """Makes `dest` a backup of the ledger's present generation, or brings the backup that it is up to it.

    check: read the files of the backup again, too, and copy those anew that are not what they were.
    BackupRefusedError: `dest` is something else; LedgerBusyError: another backup writes to it; LedgerStorageError: the
    disk refuses; LedgerChangedError: a file of the ledger is not what it was. In each case the backup is as it was.
    """
    with open_ledger(ledger) as snapshot:
        refuse_set(ledger, snapshot.manifest)
        return _copy(snapshot, Path(dest), Marker(id=snapshot.manifest.id), progress, on_step, check=check)


def restore(source: Path, dest: Path, *, progress: Progress = silent, on_step: Step = no_step) -> CopyReport:
    """Makes the ledger `dest`, a new or empty folder, of a backup; each file is checked.

    BackupRefusedError: `source` is no whole backup, or `dest` holds something; other errors as for `backup`.
    """
    marker = load_marker(source)
    if marker is None or marker.restoring:
        raise BackupRefusedError("this is no backup (nothing that `wayseal ledger backup` made)", file=source)
    with open_ledger(source) as snapshot:
        wanted = Marker(id=snapshot.manifest.id, restoring=True)
        done = _copy(snapshot, Path(dest), wanted, progress, on_step, check=True)
    with storage_errors(dest, backup=True):
        (dest / MARKER).unlink()
        sync_folder(dest)
    on_step("unmarked")
    return done


def _copy(
    snapshot: Snapshot, dest: Path, marker: Marker, progress: Progress, on_step: Step, *, check: bool
) -> CopyReport:
    manifest = snapshot.manifest
    _refuse_overlap(snapshot.path, dest)
    items = inventory(snapshot.path, manifest)
    with storage_errors(dest, backup=True):
        dest.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        _check_destination(snapshot, dest, marker, check=check)
        with writer_lock(dest, backup=True):
            before = _check_destination(snapshot, dest, marker, check=check)
            dest.chmod(FOLDER_MODE)
            (dest / READERS).touch(MODE)
            if load_marker(dest) != marker:
                save_marker(dest, marker)
            on_step("marked")
            copier = Copier(snapshot.path, dest, before, progress, on_step, check=check)
            copier.bring(items)
            on_step("durable")
            if before != manifest:
                save_manifest(dest, manifest)
            on_step("swapped")
            sweep(dest, manifest)
            on_step("cleaned")
    return CopyReport(
        origin=manifest.origin,
        generation=manifest.generation,
        digest=manifest.digest,
        reads=sum(f.rows for f in manifest.files if f.kind == "accesses"),
        files=len(items),
        bytes=sum(i.bytes for i in items),
        copied=len(copier.copied),
        copied_bytes=sum(i.bytes for i in copier.copied),
    )


def _refuse_overlap(source: Path, dest: Path) -> None:
    here, there = source.resolve(), dest.resolve()
    if there == here:
        raise BackupRefusedError("this is the folder that is to be copied", file=dest)
    if here in there.parents:
        raise BackupRefusedError("this folder lies inside the one that is to be copied", file=dest)
    if there in here.parents:
        raise BackupRefusedError("this folder holds the one that is to be copied", file=dest)


def _check_destination(snapshot: Snapshot, dest: Path, wanted: Marker, *, check: bool) -> Manifest | None:
    """The manifest that the folder has, if it may be written to (rule 4)."""
    found = load_marker(dest)
    if found is None:
        names = {e.name for e in dest.iterdir()} - {WRITER, READERS, MARKER + ".new"}
        if names:
            ledger, other = (
                N_("this folder is a ledger and no backup: give a new one"),
                N_("this folder is not empty and no backup: give a new one"),
            )
            raise BackupRefusedError(ledger if NAME in names else other, file=dest)
        return None
    if found.restoring != wanted.restoring:
        half = N_("this folder holds a restoration that was broken off: give a new one")
        whole = N_("this folder is a backup: give a new one")
        raise BackupRefusedError(half if found.restoring else whole, file=dest)
    if found.id != wanted.id:
        raise BackupRefusedError("this is a backup of another ledger: give a new folder", file=dest)
    if not (dest / NAME).exists():
        return None
    try:
        before = load_manifest(dest)
    except LedgerError:
        if check:
            return None
        raise
    _refuse_other_history(snapshot, before, dest)
    return before


def _refuse_other_history(snapshot: Snapshot, before: Manifest, dest: Path) -> None:
    try:
        root = bytes.fromhex(before.root)
    except ValueError:
        raise LedgerError("the manifest is damaged", file=dest / NAME) from None
    point = Checkpoint(origin=before.origin, size=before.size, root=root)
    if check_history(snapshot.path, snapshot.manifest, point).code is not None:
        raise BackupRefusedError(
            "this backup holds reads or commits that the ledger doesn't have: keep it, and give a new folder", file=dest
        )
