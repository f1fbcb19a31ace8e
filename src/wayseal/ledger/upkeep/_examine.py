"""A doctor's look at a ledger: what is wrong with it, what hangs on that, and what can be done. Nothing is changed.

1. Everything is looked at, and a finding ends nothing; each names the file or folder.
2. Nobody has to stop writing: what a running writer leaves about is not looked at.
3. Files are told from leavings by a manifest that is certain, and by no other.
"""

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wayseal.ledger._files import FOLDER_MODE
from wayseal.ledger._lock import find_holder, share_with_readers
from wayseal.ledger._manifest import NAME, Manifest
from wayseal.ledger._marker import NAME as MARKER
from wayseal.ledger._report import Progress
from wayseal.ledger._salts import NAME as SECRET
from wayseal.ledger._sweep import HOLD, SCRATCH
from wayseal.ledger._tree import FOLDER, find_unreadable_tiles, tile_paths
from wayseal.ledger.errors import LedgerError
from wayseal.ledger.upkeep._diagnosis import Affected, Diagnosis, Examination, Fault, Remedy
from wayseal.ledger.upkeep._file_checks import BackupFiles, check_files, check_secret
from wayseal.ledger.upkeep._tree_checks import (
    TreeCheck,
    check_tree,
    diagnose_manifest,
    find_proven_manifest,
    find_wrong_tiles,
    load_own_manifest,
)
from wayseal.store.durable import MODE

Free = Callable[[Path], int]
"""Bytes that the disk of a folder has left."""
SMALL = 1 << 20
MANY = 1000
"""So many files of the ledger below so many bytes are worth merging."""
ROOM = 10
"""The disk should have room for a tenth of the ledger."""
BESIDE = (NAME + ".new", SECRET + ".new", MARKER + ".new")


def disk_room(ledger: Path) -> int:
    """Bytes that the ledger's disk has left."""
    return shutil.disk_usage(ledger).free


@dataclass(slots=True, kw_only=True)
class Inspection:
    """What an examination goes by, beside what it found.

    certain: the manifest is what its tree says. known: its files are. tiles: what wrong ones should hold.
    """

    manifest: Manifest | None = None
    certain: bool = False
    known: bool = False
    tiles: dict[str, bytes] = field(default_factory=dict)
    diagnoses: list[Diagnosis] = field(default_factory=list)


def inspect(ledger: Path, source: Path | None, progress: Progress, *, writing: bool) -> Inspection:
    """Looks at everything but derived files. writing: the caller holds the writer's lock.

    LedgerError: the folder is no ledger at all, or one of another layout.
    """
    if not any((ledger / name).exists() for name in (NAME, *HOLD)):
        raise LedgerError("there is no ledger here (no manifest)", file=ledger / NAME)
    handle = share_with_readers(ledger)
    try:
        holder = "" if writing else find_holder(ledger)
        out = _inspect_ledger(ledger, source, progress)
        left = list(find_strangers(ledger, out.manifest)) if out.manifest and out.certain else []
        holder = holder or ("" if writing else find_holder(ledger))
        if holder:
            out.diagnoses.append(
                Diagnosis(fault=Fault.LOCKED, remedy=Remedy.WAIT, where=ledger, values={"process": holder})
            )
        elif writing or load_own_manifest(ledger)[0] == out.manifest or not left:
            out.diagnoses += _diagnose_leavings(left)
        out.diagnoses += _diagnose_modes(ledger)
        return out
    finally:
        if handle >= 0:
            os.close(handle)


def _inspect_ledger(ledger: Path, source: Path | None, progress: Progress) -> Inspection:
    own, fault = load_own_manifest(ledger)
    backup_files = BackupFiles(source)
    if own is not None and fault is None:
        out = Inspection(manifest=own, known=True)
        out.diagnoses += check_files(ledger, own, backup_files, progress)
        tree = _inspect_tree(ledger, own, source, backup_files, progress, out)
        out.certain = tree.leaves is not None
        if not tree.at_fault:
            return out
    other = find_proven_manifest(ledger, source)
    found = diagnose_manifest(ledger, fault or Fault.MANIFEST_CHANGED, source, proven=other is not None)
    out = Inspection(manifest=other or own, certain=other is not None, known=other is not None, diagnoses=[found])
    if out.manifest is not None:
        out.diagnoses += check_files(ledger, out.manifest, backup_files, progress)
        if other is not None:
            out.diagnoses += check_secret(ledger, other, backup_files)
    return out


def _inspect_tree(
    ledger: Path,
    manifest: Manifest,
    source: Path | None,
    backup_files: BackupFiles,
    progress: Progress,
    out: Inspection,
) -> TreeCheck:
    """Secret and tiles; says which leaves are right."""
    secret = check_secret(ledger, manifest, backup_files)
    readable = not secret and all(d.affected is None or d.affected.kind == "quarantine" for d in out.diagnoses)
    out.diagnoses += secret
    tree = check_tree(ledger, manifest, source, progress, readable=readable)
    if tree.at_fault:
        return tree
    about = Affected(kind="tree")
    if tree.leaves is not None:
        out.tiles = find_wrong_tiles(ledger, manifest, tree.leaves)
        wrong, remedy = sorted(out.tiles), Remedy.TREE
    else:
        wrong, remedy = find_unreadable_tiles(ledger, manifest.size), backup_files.remedy(None)
        if not wrong:
            out.diagnoses.append(Diagnosis(fault=Fault.TREE, remedy=remedy, where=ledger / FOLDER, affected=about))
    out.diagnoses += [Diagnosis(fault=Fault.TILE, remedy=remedy, where=ledger / path, affected=about) for path in wrong]
    return tree


def find_strangers(ledger: Path, manifest: Manifest) -> Iterator[Path]:
    """Files that a sweep would remove."""
    known = {f.path for f in manifest.files} | tile_paths(manifest.size)
    for name in (*HOLD, SCRATCH):
        for path in (ledger / name).rglob("*"):
            if not path.is_dir() and (name == SCRATCH or path.relative_to(ledger).as_posix() not in known):
                yield path
    yield from (path for name in BESIDE if (path := ledger / name).is_file())


def _diagnose_leavings(left: list[Path]) -> Iterator[Diagnosis]:
    """One for each folder that holds any."""
    count: Counter[Path] = Counter()
    size: Counter[Path] = Counter()
    for path in left:
        with contextlib.suppress(FileNotFoundError):
            size[path.parent] += path.lstat().st_size
            count[path.parent] += 1
    for folder in sorted(count):
        values = {"files": count[folder], "bytes": size[folder]}
        yield Diagnosis(fault=Fault.LEAVINGS, remedy=Remedy.REMOVE, where=folder, values=values)


def find_open_to_others(ledger: Path) -> Iterator[Path]:
    """The ledger's own files and folders that somebody beside the owner may use."""
    own = [ledger, *(ledger / n for n in (NAME, SECRET, MARKER, "lock", "readers.lock"))]
    for path in (*own, *(p for name in HOLD for p in ((ledger / name), *sorted((ledger / name).rglob("*"))))):
        try:
            if not path.is_symlink() and path.stat().st_mode & 0o077:
                yield path
        except OSError:
            continue


def mode_of(path: Path) -> int:
    """What a file or folder of a ledger has as its mode."""
    return FOLDER_MODE if path.is_dir() else MODE


def _diagnose_modes(ledger: Path) -> Iterator[Diagnosis]:
    found = list(find_open_to_others(ledger))
    if found:
        yield Diagnosis(fault=Fault.MODES, remedy=Remedy.MODES, where=found[0], values={"files": len(found)})


def summarize(ledger: Path, out: Inspection, free: int, *, deep: bool) -> Examination:
    """The examination, with what concerns the ledger as a whole; what is worst comes first."""
    files = out.manifest.files if out.manifest else ()
    size = sum(f.bytes for f in files)
    small = sum(f.bytes < SMALL for f in files)
    if free < size // ROOM:
        values = {"free": free, "bytes": size}
        out.diagnoses.append(Diagnosis(fault=Fault.DISK, remedy=Remedy.ROOM, where=ledger, values=values))
    if small > MANY:
        out.diagnoses.append(
            Diagnosis(fault=Fault.SMALL_FILES, remedy=Remedy.COMPACT, where=ledger / "data", values={"files": small})
        )
    order = {"error": 0, "warning": 1, "note": 2}
    found = sorted(out.diagnoses, key=lambda d: order[d.severity])
    return Examination(files=len(files), bytes=size, free=free, deep=deep, diagnoses=tuple(found))
