"""`wayseal ledger doctor`: look, and if asked, mend and look again until nothing more can be mended.

Mended is what is provably safe to mend, under the writer's lock, one thing after another, each noted.

1. A file takes the place of another only if its SHA-256 is the manifest's; a tile only if the root says so; the secret
   only if the manifest's check of it does; a manifest only if the ledger's own tiles are its tree.
2. Nothing is removed unless the manifest is certain, and then only what a sweep removes.
"""

import shutil
from dataclasses import replace
from pathlib import Path

from wayseal.ledger._files import make_folder, replace_file, storage_errors, sync_folder
from wayseal.ledger._lock import writer_lock
from wayseal.ledger._manifest import FileEntry, Manifest, save_manifest
from wayseal.ledger._report import Progress, silent
from wayseal.ledger._salts import NAME as SECRET
from wayseal.ledger._sweep import SCRATCH, sweep
from wayseal.ledger.errors import LedgerError
from wayseal.ledger.upkeep._copy import bring
from wayseal.ledger.upkeep._derived import look_at_derived
from wayseal.ledger.upkeep._diagnosis import SAFE, Act, Cure, Diagnosis, Examination, Ill, Severity
from wayseal.ledger.upkeep._examine import (
    BESIDE,
    Free,
    Look,
    disk_room,
    look,
    open_to_others,
    right_mode,
    strangers,
    summed_up,
)
from wayseal.ledger.upkeep._file_checks import Shelf
from wayseal.ledger.upkeep._inventory import Item


def mend(ledger: Path, found: Look, shelf: Shelf) -> list[Act]:
    """Mends what of the findings can be mended now; a further look says what is left. OSError: the disk refuses."""
    some = [d for d in found.diagnoses if d.cure in SAFE]
    return [_act(d) for d in some if _one(ledger, found, shelf, d)]


def _act(diagnosis: Diagnosis) -> Act:
    return Act(ill=diagnosis.ill, cure=diagnosis.cure, where=diagnosis.where, values=diagnosis.values)


def _one(ledger: Path, found: Look, shelf: Shelf, diagnosis: Diagnosis) -> bool:
    """Mends one thing; says whether it did."""
    if diagnosis.cure is Cure.MODES:
        for path in list(open_to_others(ledger)):
            path.chmod(right_mode(path))
        return not any(open_to_others(ledger))
    manifest = found.manifest
    if manifest is None or not (found.certain or found.known):
        return False
    if diagnosis.ill in (Ill.MANIFEST_MISSING, Ill.MANIFEST_CHANGED):
        save_manifest(ledger, manifest)
        return True
    if diagnosis.ill is Ill.SECRET and shelf.folder is not None:
        replace_file(ledger / SECRET, (shelf.folder / SECRET).read_bytes())
        return True
    if diagnosis.cure in (Cure.BACKUP, Cure.CUT):
        _file(ledger, manifest, shelf, diagnosis)
        return True
    return found.certain and _by_the_tree(ledger, found, manifest, diagnosis)


def _file(ledger: Path, manifest: Manifest, shelf: Shelf, diagnosis: Diagnosis) -> None:
    """Puts the bytes of a file in its place, from a backup or from its own beginning (rule 1)."""
    path = diagnosis.where.relative_to(ledger).as_posix()
    entry = [f for f in manifest.files if f.path == path][-1]
    source = None if diagnosis.cure is Cure.CUT else shelf.has(path, entry.sha256)
    _put(ledger, source or diagnosis.where, entry)


def _put(ledger: Path, source: Path, entry: FileEntry) -> None:
    """Puts the first bytes of a file under an entry's name, if they are what it says; durably."""
    bring(source, ledger, Item(path=entry.path, bytes=entry.bytes, sha256=entry.sha256))
    folder = (ledger / entry.path).parent
    while folder != ledger.parent:
        sync_folder(folder)
        folder = folder.parent


def _by_the_tree(ledger: Path, found: Look, manifest: Manifest, diagnosis: Diagnosis) -> bool:
    if diagnosis.ill is Ill.TILE:
        make_folder(diagnosis.where.parent, ledger)
        replace_file(diagnosis.where, found.tiles[diagnosis.where.relative_to(ledger).as_posix()])
        return True
    if diagnosis.ill is not Ill.LEAVINGS:
        return False
    sweep(ledger, manifest)
    for name in BESIDE:
        (ledger / name).unlink(missing_ok=True)
    return diagnosis.where not in {p.parent for p in strangers(ledger, manifest)}


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
    acts: list[Act] = []
    if repair and ledger.is_dir():
        with storage_errors(ledger), writer_lock(ledger):
            found = look(ledger, source, progress, writing=True)
            for _ in range(_MOST_ROUNDS):
                made = mend(ledger, found, Shelf(source))
                if not made:
                    break
                acts += made
                shutil.rmtree(ledger / SCRATCH, ignore_errors=True)
                found = look(ledger, source, progress, writing=True)
    else:
        found = look(ledger, source, progress, writing=False)
    deep = deep and _add_derived(ledger, found, progress)
    return replace(summed_up(ledger, found, free(ledger), deep=deep), acts=tuple(acts))


def _add_derived(ledger: Path, found: Look, progress: Progress) -> bool:
    """Looks at derived files, unless other faults make that pointless; says whether it did."""
    if found.manifest is None or any(d.severity is Severity.ERROR for d in found.diagnoses):
        return False
    found.diagnoses += look_at_derived(ledger, found.manifest, progress)
    return True
