"""`wayseal ledger doctor`: look, and if asked, mend and look again until nothing more can be mended.

Mended is what is provably safe to mend, under the writer's lock, one thing after another, each noted.

1. A file takes the place of another only if its SHA-256 is the manifest's; a tile only if the root says so; the secret
   only if the manifest's check of it does; a manifest only if the ledger's own tiles are its tree.
2. Nothing is removed unless the manifest is certain, and then only what a sweep removes.
"""

import shutil
from dataclasses import replace
from pathlib import Path

from wayseal.ledger._files import make_folder, storage_errors, sync_folders
from wayseal.ledger._lock import writer_lock
from wayseal.ledger._manifest import FileEntry, Manifest, save_manifest
from wayseal.ledger._report import Progress, silent
from wayseal.ledger._salts import NAME as SECRET
from wayseal.ledger._sweep import SCRATCH, sweep
from wayseal.ledger.errors import LedgerError
from wayseal.ledger.upkeep._copy import copy_file
from wayseal.ledger.upkeep._derived import check_derived
from wayseal.ledger.upkeep._diagnosis import SAFE, Diagnosis, Examination, Fault, Remedy, Repair, Severity
from wayseal.ledger.upkeep._examine import (
    BESIDE,
    Free,
    Inspection,
    disk_room,
    find_open_to_others,
    find_strangers,
    inspect,
    mode_of,
    summarize,
)
from wayseal.ledger.upkeep._file_checks import BackupFiles
from wayseal.ledger.upkeep._inventory import Item
from wayseal.store.durable import replace_file


def repair_all(ledger: Path, found: Inspection, backup_files: BackupFiles) -> list[Repair]:
    """Mends what of the findings can be mended now; a further look says what is left. OSError: the disk refuses."""
    some = [d for d in found.diagnoses if d.remedy in SAFE]
    return [_repair_of(d) for d in some if _repair_one(ledger, found, backup_files, d)]


def _repair_of(diagnosis: Diagnosis) -> Repair:
    return Repair(fault=diagnosis.fault, remedy=diagnosis.remedy, where=diagnosis.where, values=diagnosis.values)


def _repair_one(ledger: Path, found: Inspection, backup_files: BackupFiles, diagnosis: Diagnosis) -> bool:
    """Mends one thing; says whether it did."""
    if diagnosis.remedy is Remedy.MODES:
        for path in list(find_open_to_others(ledger)):
            path.chmod(mode_of(path))
        return not any(find_open_to_others(ledger))
    manifest = found.manifest
    if manifest is None or not (found.certain or found.known):
        return False
    if diagnosis.fault in (Fault.MANIFEST_MISSING, Fault.MANIFEST_CHANGED):
        save_manifest(ledger, manifest)
        return True
    if diagnosis.fault is Fault.SECRET and backup_files.folder is not None:
        replace_file(ledger / SECRET, (backup_files.folder / SECRET).read_bytes())
        return True
    if diagnosis.remedy in (Remedy.BACKUP, Remedy.CUT):
        _restore_file(ledger, manifest, backup_files, diagnosis)
        return True
    return found.certain and _repair_by_tree(ledger, found, manifest, diagnosis)


def _restore_file(ledger: Path, manifest: Manifest, backup_files: BackupFiles, diagnosis: Diagnosis) -> None:
    """Puts the bytes of a file in its place, from a backup or from its own beginning (rule 1)."""
    path = diagnosis.where.relative_to(ledger).as_posix()
    entry = [f for f in manifest.files if f.path == path][-1]
    source = None if diagnosis.remedy is Remedy.CUT else backup_files.has(path, entry.sha256)
    _put_durably(ledger, source or diagnosis.where, entry)


def _put_durably(ledger: Path, source: Path, entry: FileEntry) -> None:
    """Puts the first bytes of a file under an entry's name, if they are what it says; durably."""
    copy_file(source, ledger, Item(path=entry.path, bytes=entry.bytes, sha256=entry.sha256))
    sync_folders((ledger / entry.path).parent, ledger)


def _repair_by_tree(ledger: Path, found: Inspection, manifest: Manifest, diagnosis: Diagnosis) -> bool:
    if diagnosis.fault is Fault.TILE:
        make_folder(diagnosis.where.parent, ledger)
        replace_file(diagnosis.where, found.tiles[diagnosis.where.relative_to(ledger).as_posix()])
        return True
    sweep(ledger, manifest)
    for name in BESIDE:
        (ledger / name).unlink(missing_ok=True)
    return diagnosis.where not in {p.parent for p in find_strangers(ledger, manifest)}


_MOST_ROUNDS = 8


def examine(
    ledger: Path,
    *,
    source: Path | None = None,
    repair: bool = False,
    deep: bool = False,
    progress: Progress = silent,
    free: Free = disk_room,
) -> Examination:
    """What is wrong with a ledger, and with `repair` what was mended and what is left.

    source: a backup to compare with and to take files from. deep: also compare derived files with the reads.
    LedgerError: there is no ledger, or one of another layout; with `repair`, LedgerBusyError: another process writes,
    BackupRefusedError: it is a backup, LedgerStorageError: the disk refuses.
    """
    if source is not None and not source.is_dir():
        raise LedgerError("there is no backup here", file=source)
    acts: list[Repair] = []
    if repair and ledger.is_dir():
        with storage_errors(ledger), writer_lock(ledger):
            found = inspect(ledger, source, progress, writing=True)
            for _ in range(_MOST_ROUNDS):
                made = repair_all(ledger, found, BackupFiles(source))
                if not made:
                    break
                acts += made
                shutil.rmtree(ledger / SCRATCH, ignore_errors=True)
                found = inspect(ledger, source, progress, writing=True)
    else:
        found = inspect(ledger, source, progress, writing=False)
    deep = deep and _inspect_derived(ledger, found, progress)
    return replace(summarize(ledger, found, free(ledger), deep=deep), acts=tuple(acts))


def _inspect_derived(ledger: Path, found: Inspection, progress: Progress) -> bool:
    """Looks at derived files, unless other faults make that pointless; says whether it did."""
    if found.manifest is None or any(d.severity is Severity.ERROR for d in found.diagnoses):
        return False
    found.diagnoses += check_derived(ledger, found.manifest, progress)
    return True
