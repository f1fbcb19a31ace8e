"""A copy of a ledger that is at any moment a whole backup of some generation, or says that it is none yet.

1. The ledger is read as readers do: nothing that its generation names is removed while it is copied.
2. The folder is marked before anything is put into it; its manifest is swapped last, when all it names is durable.
3. Files of no generation are removed after that, unless somebody reads the backup.
4. A folder that is no backup of this ledger, or that holds a history which the ledger doesn't go on from, is left as it
   is.
5. A restoration is the same copy, into a folder of its own, and the mark goes when it is whole.
"""

from dataclasses import dataclass
from pathlib import Path

from wayseal.ledger._files import FOLDER_MODE, storage_errors
from wayseal.ledger._lock import READERS, WRITER, writer_lock
from wayseal.ledger._manifest import NAME, Manifest, load_manifest, save_manifest
from wayseal.ledger._marker import NAME as MARKER
from wayseal.ledger._marker import Marker, load_marker, save_marker
from wayseal.ledger._report import Progress, no_step, silent
from wayseal.ledger._snapshot import Snapshot, open_ledger
from wayseal.ledger._sweep import sweep
from wayseal.ledger.errors import BackupRefusedError, LedgerError
from wayseal.ledger.integrity import check_history
from wayseal.ledger.upkeep._copy import Copier
from wayseal.ledger.upkeep._inventory import Step, inventory
from wayseal.merkle import Checkpoint
from wayseal.model.messages import N_
from wayseal.store.durable import MODE, sync_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReport:
    """What a backup or a restoration did: the generation that the copy has, and how much of it had to be copied.

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
