"""A commit that brings no rows: files are replaced by others, and the tree says so with a leaf of its own.

As with an ingest everything is durable before the manifest is swapped, and what was replaced is removed afterwards,
unless somebody reads it still.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wayseal.ledger._files import storage_errors
from wayseal.ledger._generation import Generation
from wayseal.ledger._lock import writer_lock
from wayseal.ledger._manifest import FileEntry, Manifest, PurgeEntry, load_manifest, refuse_set, save_manifest
from wayseal.ledger._report import no_step
from wayseal.ledger._sweep import sweep
from wayseal.ledger._tree import append_commit
from wayseal.ledger.errors import LedgerError
from wayseal.model.progress import Progress, silent
from wayseal.store.durable import file_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """progress: as everywhere. on_step: called with a name at each step that a crash may hit."""

    progress: Progress = silent
    on_step: Callable[[str], None] = no_step


@contextlib.contextmanager
def open_for_rewrite(ledger: Path, hooks: Hooks) -> Iterator[Manifest]:
    """Holds the ledger for writing and yields its manifest; what is half done when something fails is removed.

    LedgerBusyError: another process writes; LedgerStorageError: the disk refuses; LedgerError: no ledger. In each case
    the ledger is as the last commit left it.
    """
    refuse_set(ledger, load_manifest(ledger))
    with storage_errors(ledger), writer_lock(ledger):
        manifest = load_manifest(ledger)
        sweep(ledger, manifest)
        hooks.on_step("swept")
        try:
            yield manifest
        except BaseException:
            with contextlib.suppress(OSError, LedgerError):
                sweep(ledger, load_manifest(ledger))
            raise


def commit_files(
    generation: Generation, before: Manifest, files: Sequence[FileEntry], purges: tuple[PurgeEntry, ...], hooks: Hooks
) -> Manifest:
    """Makes these files the ledger's; returns its manifest."""
    ledger = generation.ledger
    hooks.on_step("written")
    generation.sync()
    made = replace(before, generation=generation.number, files=tuple(files), purges=purges)
    made = append_commit(ledger, made, [], 1, ())
    hooks.on_step("durable")
    save_manifest(ledger, made)
    hooks.on_step("committed")
    sweep(ledger, made)
    hooks.on_step("cleaned")
    return made


def require_unchanged(ledger: Path, entry: FileEntry) -> None:
    """LedgerError where a file is missing or was changed: what is made of it must be what was committed."""
    try:
        found = file_digest(ledger / entry.path)
    except FileNotFoundError:
        raise LedgerError("this file of the ledger is missing", file=ledger / entry.path) from None
    if found != entry.sha256:
        raise LedgerError("this file of the ledger was changed", file=ledger / entry.path)


def count_leftover_bytes(ledger: Path, before: Manifest, now: Manifest) -> int:
    """Bytes of files that are no part of the ledger any more and lie there because somebody reads them."""
    kept = {f.path for f in now.files}
    return sum(f.bytes for f in before.files if f.path not in kept and (ledger / f.path).exists())
