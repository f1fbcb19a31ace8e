"""Looking whether a vault's tables and records are what was written; the log has a verification of its own."""

from wayseal.vault.verification._findings import RecordCode, TableCode
from wayseal.vault.verification._records import RecordTotals
from wayseal.vault.verification._tables import TableTotals
from wayseal.vault.verification._verify import VaultTotals, verify_vault

__all__ = ["RecordCode", "RecordTotals", "TableCode", "TableTotals", "VaultTotals", "verify_vault"]
