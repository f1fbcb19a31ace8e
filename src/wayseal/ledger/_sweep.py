"""Removing what no manifest names: what a crash left, and files that later ones have replaced."""

import shutil
from pathlib import Path

from wayseal.ledger._files import FILE_MODE, FOLDER_MODE
from wayseal.ledger._lock import READERS, WRITER, no_readers
from wayseal.ledger._manifest import NAME, Manifest, load_manifest, save_manifest
from wayseal.ledger.errors import LedgerError

SCRATCH = "tmp"
_HOLD = ("data", "quarantine")


def start_writing(ledger: Path, key_bits: int) -> Manifest:
    """The manifest to build on, of a new ledger if the folder is empty; LedgerError if something else is in it."""
    if not (ledger / NAME).exists():
        refuse_foreign(ledger)
        ledger.chmod(FOLDER_MODE)
        (ledger / READERS).touch(FILE_MODE)
        save_manifest(ledger, Manifest(key_bits=key_bits))
    manifest = load_manifest(ledger)
    sweep(ledger, manifest)
    return manifest


def refuse_foreign(ledger: Path) -> None:
    """LedgerError if the folder holds things and is no ledger."""
    others = {entry.name for entry in ledger.iterdir()} - {WRITER, READERS, NAME + ".new"}
    if others and not (ledger / NAME).exists():
        raise LedgerError("this folder holds other things and no ledger", file=ledger)


def discard(ledger: Path) -> None:
    """Removes all of a ledger in which nothing was ever committed, beside its folder; its writer calls this."""
    for name in (SCRATCH, *_HOLD):
        shutil.rmtree(ledger / name, ignore_errors=True)
    for name in (READERS, NAME + ".new", NAME, WRITER):
        (ledger / name).unlink(missing_ok=True)


def sweep(ledger: Path, manifest: Manifest) -> None:
    """Removes scratch files, and unless somebody reads, files that the manifest doesn't name."""
    shutil.rmtree(ledger / SCRATCH, ignore_errors=True)
    with no_readers(ledger) as alone:
        if alone:
            _remove_strangers(ledger, {f.path for f in manifest.files})


def _remove_strangers(ledger: Path, known: set[str]) -> None:
    for name in _HOLD:
        for path in sorted((ledger / name).rglob("*"), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path.relative_to(ledger).as_posix() not in known:
                path.unlink()
