"""The access ledger: immutable segments sorted by waybill, one manifest, one writer, many readers."""

from wayseal.ledger._ingest import ingest
from wayseal.ledger._report import IngestOptions, IngestReport
from wayseal.ledger.errors import LedgerError

__all__ = ["IngestOptions", "IngestReport", "LedgerError", "ingest"]
