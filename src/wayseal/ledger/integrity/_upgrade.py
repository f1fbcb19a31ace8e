"""From a ledger without a tree to one with: an id, a secret, and one commit over everything that is in it."""

import os
from pathlib import Path

from wayseal.ledger._files import storage_errors
from wayseal.ledger._hasher import columns_of
from wayseal.ledger._layout import OPTIONAL
from wayseal.ledger._lock import writer_lock
from wayseal.ledger._manifest import CommitEntry, Manifest, load_manifest, save_manifest
from wayseal.ledger._recount import recount
from wayseal.ledger._report import Progress
from wayseal.ledger._rewrite import checked
from wayseal.ledger._salts import load_salts
from wayseal.ledger._seal import Entropy, named, sealed
from wayseal.ledger._sorted import open_sorted
from wayseal.ledger._spill import parts_for
from wayseal.ledger._sweep import sweep


def upgrade(ledger: Path, *, progress: Progress, entropy: Entropy = os.urandom) -> bool:
    """Gives a ledger of layout 1 its tree; False where it has one already. The ledger digest stays what it is.

    LedgerError where a file is missing or was changed: what is built upon must be what was ingested. A crash leaves the
    ledger as it was.
    """
    with storage_errors(ledger), writer_lock(ledger):
        manifest = load_manifest(ledger)
        if manifest.id:
            return False
        for entry in manifest.files:
            checked(ledger, entry)
        sweep(ledger, manifest)
        manifest = named(ledger, manifest, entropy)
        save_manifest(ledger, _with_tree(ledger, manifest, progress))
        return True


def _with_tree(ledger: Path, manifest: Manifest, progress: Progress) -> Manifest:
    reads = [f for f in manifest.files if f.kind == "accesses"]
    present = frozenset[str]().union(*(open_sorted(ledger, f).names for f in reads))
    commit = CommitEntry(
        generation=manifest.generation,
        parts=parts_for(sum(f.bytes for f in reads)),
        columns=tuple(c for c in columns_of(present) if c in OPTIONAL),
        pages=0,
        sources=len(manifest.sources),
        digest=manifest.digest,
    )
    made = recount(ledger, manifest, [commit], load_salts(ledger, manifest.secret), progress)
    return sealed(ledger, manifest, made.pages[0].leaves, commit.parts, commit.columns)
