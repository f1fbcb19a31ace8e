"""Removing what no manifest names: what a crash left, and files that later ones have replaced."""

import shutil
from pathlib import Path

from wayseal.ledger._files import FOLDER_MODE
from wayseal.ledger._lock import READERS, WRITER, no_readers
from wayseal.ledger._manifest import (
    NAME,
    Manifest,
    load_kept,
    load_manifest,
    read_kept,
    refuse_backup,
    save_manifest,
    shard_folder,
)
from wayseal.ledger._salts import NAME as SECRET
from wayseal.ledger._tree import FOLDER, Entropy, new_manifest, tile_paths
from wayseal.ledger.errors import LedgerError
from wayseal.store.durable import MODE, replace_file

SCRATCH = "tmp"
HOLD = ("data", "quarantine", FOLDER)
BESIDE = "detect"
"""What detection keeps beside the ledger. It can't be made again, so that nothing here ever touches it."""
CASEBOOKS = (f"{BESIDE}/casebook.db", f"{BESIDE}/database")
"""A casebook in its file, or the address of the database that holds it."""


def start_writing(ledger: Path, key_bits: int, entropy: Entropy) -> Manifest:
    """The manifest to build on, of a new ledger if the folder is empty.

    LedgerError if something else is in it, or a ledger of another layout.
    """
    if not (ledger / NAME).exists():
        refuse_foreign(ledger)
        ledger.chmod(FOLDER_MODE)
        (ledger / READERS).touch(MODE)
        save_manifest(ledger, new_manifest(ledger, key_bits, entropy))
    manifest = load_manifest(ledger)
    publish_shards(ledger, manifest)
    sweep(ledger, manifest)
    return manifest


def publish_shards(ledger: Path, manifest: Manifest) -> None:
    """Puts what a set keeps of its shards' manifests into their folders, where it isn't there yet.

    LedgerError where the folder of a shard is missing.
    """
    for place, entry in enumerate(manifest.shards):
        folder, kept = ledger / shard_folder(place), read_kept(ledger, entry)
        try:
            if (folder / NAME).read_bytes() != kept:
                replace_file(folder / NAME, kept)
        except FileNotFoundError:
            raise LedgerError(
                "this shard is missing; {rows:,} reads stand in it", file=folder, rows=entry.rows
            ) from None


def refuse_foreign(ledger: Path) -> None:
    """LedgerError if the folder holds things and is no ledger, or is a backup.

    A first ingest that was killed leaves names that anybody's folder may have; its own are those beside its lock. A
    casebook may be there before the ledger, where that is made anew.
    """
    refuse_backup(ledger)
    names = {entry.name for entry in ledger.iterdir()}
    if any((ledger / name).is_file() for name in CASEBOOKS):
        names.remove(BESIDE)
    begun = {NAME + ".new", SECRET, SECRET + ".new", FOLDER} if READERS in names else set()
    others = names - begun - {WRITER, READERS}
    if others and not (ledger / NAME).exists():
        raise LedgerError("this folder holds other things and no ledger", file=ledger)


def discard(ledger: Path) -> None:
    """Removes all of a ledger in which nothing was ever committed, beside its folder; its writer calls this."""
    for name in (SCRATCH, *HOLD):
        shutil.rmtree(ledger / name, ignore_errors=True)
    for name in (NAME + ".new", NAME, SECRET, SECRET + ".new", READERS, WRITER):  # READERS last: see `refuse_foreign`
        (ledger / name).unlink(missing_ok=True)


def sweep(ledger: Path, manifest: Manifest) -> None:
    """Removes scratch files, and unless somebody reads, files that the manifest doesn't name."""
    shutil.rmtree(ledger / SCRATCH, ignore_errors=True)
    with no_readers(ledger) as alone:
        if alone:
            _remove_strangers(ledger, {f.path for f in manifest.files} | tile_paths(manifest.size))
            for place, entry in enumerate(manifest.shards):
                sweep(ledger / shard_folder(place), load_kept(ledger, entry))


def _remove_strangers(ledger: Path, known: set[str]) -> None:
    for name in HOLD:
        for path in sorted((ledger / name).rglob("*"), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path.relative_to(ledger).as_posix() not in known:
                path.unlink()
