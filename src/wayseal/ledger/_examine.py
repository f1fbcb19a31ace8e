"""A doctor's look at a ledger: what is wrong with it, what hangs on that, and what can be done. Nothing is changed.

1. Everything is looked at, and a finding ends nothing; each names the file or folder.
2. Nobody has to stop writing: what a running writer leaves about is not looked at.
3. Files are told from leavings by a manifest that is certain, and by no other.

Manifest and tiles:

T1. Tiles follow from the leaves, and leaves are right if the root and the leaf of every commit say so; they are taken
   from the tiles themselves, from the tiles of a backup, or made again from the reads, whichever is right first.
T2. Where the leaves of the tiles have the manifest's root and its commits don't fit, or the reads give the leaves of
   the tiles and the root doesn't fit, the manifest is at fault.
T3. A manifest is never made up: one out of a backup is taken only if the ledger's own tiles are exactly its tree.

Files: the SHA-256 in the manifest decides what a file's bytes are, wherever they come from.
"""

import contextlib
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wayseal.ledger._backup import chunks, find_manifest_fault, tree_matches
from wayseal.ledger._diagnosis import Affected, Diagnosis, Examination, Fault, Remedy, describe_affected
from wayseal.ledger._files import FOLDER_MODE
from wayseal.ledger._lock import find_holder, share_with_readers
from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import MARKER, NAME, FileEntry, Manifest, load_manifest, refuse_set
from wayseal.ledger._recount import recount
from wayseal.ledger._salts import NAME as SECRET
from wayseal.ledger._salts import load_salts
from wayseal.ledger._sweep import HOLD, SCRATCH
from wayseal.ledger._tombstones import Tombstones, rank_pages
from wayseal.ledger._tree import (
    FOLDER,
    find_unreadable_tiles,
    read_leaves,
    tile_contents,
    tile_paths,
    with_commit_leaves,
)
from wayseal.ledger.errors import LedgerError, LedgerVersionError
from wayseal.merkle import Tree
from wayseal.merkle.bulk import Digests
from wayseal.merkle.hashing import SIZE
from wayseal.model.progress import Progress
from wayseal.store.durable import MODE, file_digest


def load_own_manifest(ledger: Path) -> tuple[Manifest | None, Fault | None]:
    """The manifest as it lies there, and what is wrong with it by itself. LedgerError: it is of another layout."""
    if not (ledger / NAME).exists():
        return None, Fault.MANIFEST_MISSING
    try:
        made = load_manifest(ledger)
    except LedgerVersionError:
        raise
    except LedgerError:
        return None, Fault.MANIFEST_CHANGED
    spelled = (ledger / NAME).read_bytes() == made.to_json().encode() + b"\n"
    return made, None if spelled and not find_manifest_fault(made) else Fault.MANIFEST_CHANGED


def find_proven_manifest(ledger: Path, source: Path | None) -> Manifest | None:
    """The manifest of a backup, if the ledger's tiles are its tree and no tile is left over (rule T3)."""
    if source is None:
        return None
    try:
        made = load_manifest(source)
    except LedgerError:
        return None
    if find_manifest_fault(made):
        return None
    there = {p.relative_to(ledger).as_posix() for p in (ledger / FOLDER).rglob("*") if p.is_file()}
    leaves, _ = read_leaves(ledger, made.size)
    if there != tile_paths(made.size) or not tree_matches(made, leaves) or find_wrong_tiles(ledger, made, leaves):
        return None
    return made


def diagnose_manifest(ledger: Path, fault: Fault, source: Path | None, *, proven: bool) -> Diagnosis:
    """That the manifest is missing or was changed, and whether the backup's is the right one."""
    remedy = Remedy.GIVE if source is None else Remedy.BACKUP if proven else Remedy.LOST
    return Diagnosis(fault=fault, remedy=remedy, where=ledger / NAME, affected=Affected(kind="manifest"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeCheck:
    """leaves: those that are right, None where that can't be said; at_fault: it is the manifest that is wrong."""

    leaves: Digests | None
    at_fault: bool = False


def check_tree(
    ledger: Path, manifest: Manifest, source: Path | None, progress: Progress, *, readable: bool
) -> TreeCheck:
    """The leaves of a manifest's tree (rules T1 and T2).

    readable: files and secret are what they were, so that the reads can be hashed again.
    """
    stored, lost = read_leaves(ledger, manifest.size)
    if tree_matches(manifest, stored):
        return TreeCheck(leaves=stored)
    if not lost and Tree.of(stored).root().hex() == manifest.root:
        return TreeCheck(leaves=None, at_fault=True)
    beside = with_commit_leaves(manifest, _leaves_of_backup(manifest, stored, source))
    if tree_matches(manifest, beside):
        return TreeCheck(leaves=beside)
    if not readable:
        return TreeCheck(leaves=None)
    again = _recounted_leaves(ledger, manifest, stored, progress)
    if tree_matches(manifest, again):
        return TreeCheck(leaves=again)
    return TreeCheck(leaves=None, at_fault=np.array_equal(again, stored))


def _leaves_of_backup(manifest: Manifest, leaves: Digests, source: Path | None) -> Digests:
    """The leaves as a backup has them, where it has the same tiles."""
    if source is None:
        return leaves
    made, lost = read_leaves(source, manifest.size)
    for tile in lost:
        some = slice(tile.first, tile.first + tile.width)
        made[some] = leaves[some]
    return made


def _recounted_leaves(ledger: Path, manifest: Manifest, stored: Digests, progress: Progress) -> Digests:
    """The leaves made again from reads and manifest; zeros for pages that there are too few of.

    Of pages that were purged whole, which nothing makes again, those that are stored.
    """
    made = recount(ledger, manifest, manifest.commits, load_salts(ledger, manifest.secret), progress)
    tombstones = Tombstones(Finder(ledger, manifest))
    leaves = np.zeros((manifest.size, SIZE), np.uint8)
    for (commit, first, _), pages in zip(manifest.leaf_ranges(), made.pages, strict=True):
        gone = tombstones.gone_of(commit.generation)
        place = rank_pages(pages.where, gone)
        known = np.frombuffer(b"".join(pages.leaves), np.uint8).reshape(-1, SIZE)
        leaves[first + place[place < commit.pages]] = known[place < commit.pages]
        away = first + rank_pages(gone, pages.where)
        leaves[away] = stored[away]
    return with_commit_leaves(manifest, leaves)


def find_wrong_tiles(ledger: Path, manifest: Manifest, leaves: Digests) -> dict[str, bytes]:
    """Tiles that don't hold what follows from the leaves, and what does."""
    return {p: c for p, c in tile_contents(manifest.size, leaves).items() if _bytes(ledger / p) != c}


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


class BackupFiles:
    """The files of a backup, by SHA-256."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._by: dict[str, str] = {}
        if folder is not None:
            try:
                self._by = {f.sha256: f.path for f in load_manifest(folder).files}
            except LedgerError:
                self._by = {}

    def has(self, path: str, sha256: str) -> Path | None:
        """Where the bytes with that SHA-256 lie: under the same path, or under that of the backup's manifest."""
        if self.folder is None:
            return None
        for name in (path, self._by.get(sha256, path)):
            try:
                if file_digest(self.folder / name) == sha256:
                    return self.folder / name
            except OSError:
                continue
        return None

    def remedy(self, there: Path | None) -> Remedy:
        """Choose the remedy where the backup has the bytes, or hasn't (None)."""
        return Remedy.BACKUP if there else Remedy.GIVE if self.folder is None else Remedy.LOST


def check_files(ledger: Path, manifest: Manifest, backup_files: BackupFiles, progress: Progress) -> list[Diagnosis]:
    """Every file of the manifest by its SHA-256 (rule 1)."""
    total = sum(f.bytes for f in manifest.files)
    out, done = [], 0
    for entry in manifest.files:
        found = _check_file(ledger, manifest, entry, backup_files)
        if found is not None:
            out.append(found)
        done += entry.bytes
        progress("files", done, total)
    return out


def _check_file(ledger: Path, manifest: Manifest, entry: FileEntry, backup_files: BackupFiles) -> Diagnosis | None:
    path = ledger / entry.path
    try:
        size = path.stat().st_size
        if size == entry.bytes and file_digest(path) == entry.sha256:
            return None
        fault = Fault.FILE_SHORT if size < entry.bytes else Fault.FILE_CHANGED
    except OSError:
        fault, size = Fault.FILE_MISSING, 0
    if fault is Fault.FILE_CHANGED and size > entry.bytes and starts_with(path, entry):
        return _diagnosis(ledger, manifest, entry, Fault.QUARANTINE_LONGER, Remedy.CUT)
    return _diagnosis(ledger, manifest, entry, fault, backup_files.remedy(backup_files.has(entry.path, entry.sha256)))


def _diagnosis(ledger: Path, manifest: Manifest, entry: FileEntry, fault: Fault, remedy: Remedy) -> Diagnosis:
    return Diagnosis(fault=fault, remedy=remedy, where=ledger / entry.path, affected=describe_affected(manifest, entry))


def starts_with(path: Path, entry: FileEntry) -> bool:
    """True if a file's first bytes are what an entry says."""
    digest = hashlib.sha256()
    try:
        for chunk in chunks(path, entry.bytes):
            digest.update(chunk)
    except LedgerError:
        return False
    return digest.hexdigest() == entry.sha256


def check_secret(ledger: Path, manifest: Manifest, backup_files: BackupFiles) -> list[Diagnosis]:
    """The secret, by the manifest's check of it."""
    if is_secret(ledger, manifest):
        return []
    there = backup_files.folder if backup_files.folder and is_secret(backup_files.folder, manifest) else None
    about, remedy = Affected(kind="secret"), backup_files.remedy(there)
    return [Diagnosis(fault=Fault.SECRET, remedy=remedy, where=ledger / SECRET, affected=about)]


def is_secret(folder: Path, manifest: Manifest) -> bool:
    """True if the folder has the ledger's secret."""
    try:
        load_salts(folder, manifest.secret)
    except LedgerError:
        return False
    return True


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
    """The state of an examination, beside what it found.

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
        if out.manifest is not None:
            refuse_set(ledger, out.manifest)
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
    """Return the mode that a file or folder of a ledger has."""
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
