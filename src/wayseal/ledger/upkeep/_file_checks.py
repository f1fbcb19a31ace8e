"""Which files of a ledger are not what they were, and whether a backup has their bytes: read only.

A file's SHA-256 in the manifest decides what its bytes are, wherever they come from.
"""

import hashlib
from pathlib import Path

from wayseal.ledger._manifest import FileEntry, Manifest, load_manifest
from wayseal.ledger._report import Progress
from wayseal.ledger._salts import NAME as SECRET
from wayseal.ledger._salts import load_salts
from wayseal.ledger.errors import LedgerError
from wayseal.ledger.upkeep._diagnosis import Affected, Diagnosis, Fault, Remedy, describe_affected
from wayseal.store.durable import file_digest

_CHUNK = 1 << 20


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
        """What can be done where the backup has the bytes, or hasn't (None)."""
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
    """Whether a file's first bytes are what an entry says."""
    try:
        digest, left = hashlib.sha256(), entry.bytes
        with path.open("rb") as file:
            while left and (chunk := file.read(min(left, _CHUNK))):
                digest.update(chunk)
                left -= len(chunk)
    except OSError:
        return False
    return not left and digest.hexdigest() == entry.sha256


def check_secret(ledger: Path, manifest: Manifest, backup_files: BackupFiles) -> list[Diagnosis]:
    """The secret, by the manifest's check of it."""
    if is_secret(ledger, manifest):
        return []
    there = backup_files.folder if backup_files.folder and is_secret(backup_files.folder, manifest) else None
    return [
        Diagnosis(
            fault=Fault.SECRET,
            remedy=backup_files.remedy(there),
            where=ledger / SECRET,
            affected=Affected(kind="secret"),
        )
    ]


def is_secret(folder: Path, manifest: Manifest) -> bool:
    """Whether the folder has the ledger's secret."""
    try:
        load_salts(folder, manifest.secret)
    except LedgerError:
        return False
    return True
