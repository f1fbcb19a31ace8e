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

from wayseal.ledger._files import FILE_MODE, FOLDER_MODE
from wayseal.ledger._lock import holder_of, share_with_readers
from wayseal.ledger._manifest import NAME, Manifest
from wayseal.ledger._marker import NAME as MARKER
from wayseal.ledger._report import Progress
from wayseal.ledger._salts import NAME as SECRET
from wayseal.ledger._sweep import HOLD, SCRATCH
from wayseal.ledger._tree import FOLDER, tile_paths, unreadable_tiles
from wayseal.ledger.errors import LedgerError
from wayseal.ledger.upkeep._diagnosis import Cure, Diagnosis, Examination, Hanging, Ill
from wayseal.ledger.upkeep._file_checks import Shelf, look_at_files, look_at_secret
from wayseal.ledger.upkeep._tree_checks import (
    Grown,
    judge_tree,
    manifest_ill,
    own_manifest,
    proven_manifest,
    wrong_tiles,
)

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
class Look:
    """What an examination goes by, beside what it found.

    certain: the manifest is what its tree says. known: its files are. tiles: what wrong ones should hold.
    """

    manifest: Manifest | None = None
    certain: bool = False
    known: bool = False
    tiles: dict[str, bytes] = field(default_factory=dict)
    diagnoses: list[Diagnosis] = field(default_factory=list)


def look(ledger: Path, source: Path | None, progress: Progress, *, writing: bool) -> Look:
    """Looks at everything but derived files. writing: the caller holds the writer's lock.

    LedgerError: the folder is no ledger at all, or one of another layout.
    """
    if not any((ledger / name).exists() for name in (NAME, *HOLD)):
        raise LedgerError("there is no ledger here (no manifest)", file=ledger / NAME)
    handle = share_with_readers(ledger)
    try:
        holder = "" if writing else holder_of(ledger)
        out = _look_at_ledger(ledger, source, progress)
        left = list(strangers(ledger, out.manifest)) if out.manifest and out.certain else []
        holder = holder or ("" if writing else holder_of(ledger))
        if holder:
            out.diagnoses.append(Diagnosis(ill=Ill.LOCKED, cure=Cure.WAIT, where=ledger, values={"process": holder}))
        elif writing or own_manifest(ledger)[0] == out.manifest or not left:
            out.diagnoses += _leavings(left)
        out.diagnoses += _modes(ledger)
        return out
    finally:
        if handle >= 0:
            os.close(handle)


def _look_at_ledger(ledger: Path, source: Path | None, progress: Progress) -> Look:
    own, ill = own_manifest(ledger)
    shelf = Shelf(source)
    if own is not None and ill is None:
        out = Look(manifest=own, known=True)
        out.diagnoses += look_at_files(ledger, own, shelf, progress)
        grown = _look_at_tree(ledger, own, source, shelf, progress, out)
        out.certain = grown.leaves is not None
        if not grown.at_fault:
            return out
    other = proven_manifest(ledger, source)
    found = manifest_ill(ledger, ill or Ill.MANIFEST_CHANGED, source, proven=other is not None)
    out = Look(manifest=other or own, certain=other is not None, known=other is not None, diagnoses=[found])
    if out.manifest is not None:
        out.diagnoses += look_at_files(ledger, out.manifest, shelf, progress)
        if other is not None:
            out.diagnoses += look_at_secret(ledger, other, shelf)
    return out


def _look_at_tree(
    ledger: Path, manifest: Manifest, source: Path | None, shelf: Shelf, progress: Progress, out: Look
) -> Grown:
    """Secret and tiles; says which leaves are right."""
    secret = look_at_secret(ledger, manifest, shelf)
    readable = not secret and all(d.hanging is None or d.hanging.kind == "quarantine" for d in out.diagnoses)
    out.diagnoses += secret
    grown = judge_tree(ledger, manifest, source, progress, readable=readable)
    if grown.at_fault:
        return grown
    about = Hanging(kind="tree")
    if grown.leaves is not None:
        out.tiles = wrong_tiles(ledger, manifest, grown.leaves)
        wrong, cure = sorted(out.tiles), Cure.TREE
    else:
        wrong, cure = unreadable_tiles(ledger, manifest.size), shelf.cure(None)
        if not wrong:
            out.diagnoses.append(Diagnosis(ill=Ill.TREE, cure=cure, where=ledger / FOLDER, hanging=about))
    out.diagnoses += [Diagnosis(ill=Ill.TILE, cure=cure, where=ledger / path, hanging=about) for path in wrong]
    return grown


def strangers(ledger: Path, manifest: Manifest) -> Iterator[Path]:
    """Files that a sweep would remove."""
    known = {f.path for f in manifest.files} | tile_paths(manifest.size)
    for name in (*HOLD, SCRATCH):
        for path in (ledger / name).rglob("*"):
            if not path.is_dir() and (name == SCRATCH or path.relative_to(ledger).as_posix() not in known):
                yield path
    yield from (path for name in BESIDE if (path := ledger / name).is_file())


def _leavings(left: list[Path]) -> Iterator[Diagnosis]:
    """One for each folder that holds any."""
    count: Counter[Path] = Counter()
    size: Counter[Path] = Counter()
    for path in left:
        with contextlib.suppress(FileNotFoundError):
            size[path.parent] += path.lstat().st_size
            count[path.parent] += 1
    for folder in sorted(count):
        values = {"files": count[folder], "bytes": size[folder]}
        yield Diagnosis(ill=Ill.LEAVINGS, cure=Cure.REMOVE, where=folder, values=values)


def open_to_others(ledger: Path) -> Iterator[Path]:
    """The ledger's own files and folders that somebody beside the owner may use."""
    own = [ledger, *(ledger / n for n in (NAME, SECRET, MARKER, "lock", "readers.lock"))]
    for path in (*own, *(p for name in HOLD for p in ((ledger / name), *sorted((ledger / name).rglob("*"))))):
        try:
            if not path.is_symlink() and path.stat().st_mode & 0o077:
                yield path
        except OSError:
            continue


def right_mode(path: Path) -> int:
    """What a file or folder of a ledger has as its mode."""
    return FOLDER_MODE if path.is_dir() else FILE_MODE


def _modes(ledger: Path) -> Iterator[Diagnosis]:
    found = list(open_to_others(ledger))
    if found:
        yield Diagnosis(ill=Ill.MODES, cure=Cure.MODES, where=found[0], values={"files": len(found)})


def summed_up(ledger: Path, out: Look, free: int, *, deep: bool) -> Examination:
    """The examination, with what concerns the ledger as a whole; what is worst comes first."""
    files = out.manifest.files if out.manifest else ()
    size = sum(f.bytes for f in files)
    small = sum(f.bytes < SMALL for f in files)
    if free < size // ROOM:
        values = {"free": free, "bytes": size}
        out.diagnoses.append(Diagnosis(ill=Ill.DISK, cure=Cure.ROOM, where=ledger, values=values))
    if small > MANY:
        out.diagnoses.append(
            Diagnosis(ill=Ill.SMALL_FILES, cure=Cure.COMPACT, where=ledger / "data", values={"files": small})
        )
    order = {"error": 0, "warning": 1, "note": 2}
    found = sorted(out.diagnoses, key=lambda d: order[d.severity])
    return Examination(files=len(files), bytes=size, free=free, deep=deep, diagnoses=tuple(found))
