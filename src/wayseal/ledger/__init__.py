"""The access ledger: immutable segments sorted by waybill, one manifest, one writer, many readers.

What `Snapshot.summary` and `Snapshot.stratum_volumes` return is described in `Summary` and `StratumVolumes`; the errors
stand in `wayseal.ledger.errors`.
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.ledger._ingest import ingest
    from wayseal.ledger._report import IngestOptions, IngestReport
    from wayseal.ledger._snapshot import Snapshot, open_ledger
    from wayseal.ledger._strata import StratumVolumes
    from wayseal.ledger.errors import LedgerError
    from wayseal.ledger.summary import Summary

__all__ = [
    "IngestOptions",
    "IngestReport",
    "LedgerError",
    "Snapshot",
    "StratumVolumes",
    "Summary",
    "ingest",
    "open_ledger",
]

__getattr__ = load_when_asked(
    __name__,
    {
        "IngestOptions": "_report",
        "IngestReport": "_report",
        "LedgerError": "errors",
        "Snapshot": "_snapshot",
        "StratumVolumes": "_strata",
        "Summary": "summary",
        "ingest": "_ingest",
        "open_ledger": "_snapshot",
    },
)
