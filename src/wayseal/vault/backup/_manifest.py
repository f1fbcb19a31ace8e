"""What a backup is: a folder with one SQLite file, and a manifest that says what is in it.

1. The manifest is written last, when the file is durable: a folder without one is no backup.
2. Nothing of a backup is used before the file's SHA-256 has been found to be the manifest's. That tells damage; whoever
   can write to backups could change both, so keep them where those whom the vault guards against can't.
3. A backup is its owner's alone (0700, 0600).
"""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from wayseal.model.schema import CLOSED, parse_json
from wayseal.store.durable import file_digest, replace_file
from wayseal.vault.errors import BackupError
from wayseal.vault.tables import ChainName

MANIFEST = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A backup. version: of the tables (main_0003); made_at: microseconds; rows: by table.

    log_size, log_root (hexadecimal) and checkpoint (a signed note, if there was one): the disclosure log at that
    moment; of `main` alone, and log_root only where the log could say it.
    """

    __pydantic_config__: ClassVar = CLOSED
    chain: ChainName
    version: str
    made_at: int
    size: int
    sha256: str
    rows: dict[str, int]
    log_size: int | None = None
    log_root: str | None = None
    checkpoint: str | None = None

    @property
    def file(self) -> str:
        """Name of the file in the backup's folder."""
        return f"{self.chain}.db"


def check_backup(folder: Path) -> Manifest:
    """The backup in `folder`, its file checked (rule 2); BackupError says what is wrong."""
    manifest = read_manifest(folder)
    file = folder / manifest.file
    try:
        size, digest = digest_of(file)
    except OSError:
        raise BackupError("the backup's file can't be read", file=file) from None
    if (size, digest) != (manifest.size, manifest.sha256):
        raise BackupError("this isn't what was backed up (its SHA-256 is another)", file=file)
    return manifest


def prune(place: Path, chain: ChainName, *, before: int) -> list[Path]:
    """Removes the backups of `chain` in folders of `place` that were made before that time (microseconds); which.

    Backups of keys must go in time: erasing is real only when they are gone. Folders that are no whole backup stay.
    """
    gone = []
    for folder in sorted(p for p in place.iterdir() if (p / MANIFEST).is_file()):
        manifest = read_manifest(folder)
        if manifest.chain == chain and manifest.made_at < before:
            # The file first: a backup that is half removed still says what it was.
            (folder / manifest.file).unlink(missing_ok=True)
            shutil.rmtree(folder)
            gone.append(folder)
    return gone


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder; BackupError where it says nothing that can be used."""
    place = folder / MANIFEST
    try:
        read = json.loads(place.read_bytes())
    except FileNotFoundError:
        raise BackupError("no backup, or one that wasn't finished", file=folder) from None
    except (OSError, ValueError):
        raise BackupError("can't be read", file=place) from None
    if not isinstance(read, dict) or read.pop("wayseal_backup", None) != _FORMAT:
        raise BackupError("a backup of another version of Wayseal", file=place)
    try:
        return parse_json(json.dumps(read), Manifest)
    except ValueError as wrong:
        raise BackupError("this isn't a manifest that Wayseal wrote", file=place, key=str(wrong)) from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Rules 1 and 3."""
    text = json.dumps({"wayseal_backup": _FORMAT, **asdict(manifest)}, indent=1, ensure_ascii=False)
    replace_file(folder / MANIFEST, text.encode())


def digest_of(file: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    return file.stat().st_size, file_digest(file)
