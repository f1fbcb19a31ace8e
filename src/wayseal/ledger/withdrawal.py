"""Withdrawing a source: its rows are taken out, nothing comes for them, and its entry says who did it and why.

1. What is left is as if it had never come in, verifies, and is swapped in at once (`_ingest`, rules 7 to 10).
2. One whose rows a later file repeated stays: those were left out of that file, and would be lost with it.
3. What was withdrawn can be taken in again.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.ledger._ingest import retire
from wayseal.ledger._lookup import Finder, TextLookup
from wayseal.ledger._manifest import Manifest, SourceEntry, save_manifest
from wayseal.ledger._part import column_values
from wayseal.ledger._report import IngestOptions
from wayseal.ledger._rewrite import Hooks, open_for_rewrite
from wayseal.ledger._sorted import open_sorted
from wayseal.ledger._sweep import sweep
from wayseal.ledger.errors import LedgerError
from wayseal.model.progress import Progress, silent
from wayseal.model.times import iso
from wayseal.store.durable import sync_folder

_AT_ONCE = 64
"""Row groups of two columns that are read together."""


def withdraw(
    ledger: Path,
    place: int,
    sha256: str,
    *,
    who: str,
    why: str,
    at: int,
    check: Callable[[frozenset[str] | None], None] = lambda _accounts: None,
    progress: Progress = silent,
) -> SourceEntry:
    """Takes out what a source brought (rules 1 to 3).

    Args:
        ledger: Folder of the ledger.
        place: Of the source in the manifest.
        sha256: Of the source: whoever asks saw this one there.
        who: Who asks.
        why: The reason, which the ledger keeps.
        at: When, in microseconds.
        check: Told whose reads it brought (None: another table) while nobody else writes; raises what keeps it there.
        progress: Called with a step's name, what is done and what there is in all.

    Returns:
        The source as it was.

    Raises:
        LedgerError: There is no such source, it has no rows (any more), or a later file leans on it.
    """
    hooks = Hooks(progress=progress)
    with open_for_rewrite(ledger, hooks) as manifest:
        entry = manifest.sources[place] if 0 <= place < len(manifest.sources) else None
        if entry is None or entry.sha256 != sha256 or not entry.rows:
            raise LedgerError("holds no rows of such a file (any more)", file=ledger)
        if any(later.table == entry.table and later.repeated for later in manifest.sources[place + 1 :]):
            raise LedgerError(
                "rows that a later file repeats were left out of that one, and would be lost: withdraw that one first",
                file=entry.name,
            )
        hooks.progress("withdraw", 0, 0)
        check(_accounts_of(ledger, manifest, place) if entry.table == "accesses" else None)
        said = {"at": iso(at), "who": who, "why": why}
        made, _ = retire(ledger, manifest, {place}, IngestOptions(), withdrawn=said)
        sync_folder(ledger)
        save_manifest(ledger, made)
        sweep(ledger, made)
        return entry


def _accounts_of(ledger: Path, manifest: Manifest, place: int) -> frozenset[str]:
    """Accounts whose reads a source brought."""
    finder, schema = Finder(ledger, manifest), pa.schema([("actor", pa.uint64()), ("source", pa.int32())])
    keys = {0}
    for entry in finder.kinds("accesses"):
        file = open_sorted(ledger, entry)
        for start in range(0, len(file.rows), _AT_ONCE):
            rows = file.read(range(start, min(start + _AT_ONCE, len(file.rows))), schema)
            keys |= set(column_values(rows, "actor")[column_values(rows, "source") == place].tolist())
    names = TextLookup(finder).names("actor", np.array(sorted(keys), np.uint64))
    return frozenset(name for name in names.to_pylist() if name)
