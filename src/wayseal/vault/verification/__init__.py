"""Looking whether a vault's tables and records are what was written; the log has a verification of its own."""

from wayseal.vault.verification._records import RecordTotals, VaultTotals, verify_vault
from wayseal.vault.verification._sound_rows import RecordCode, TableCode
from wayseal.vault.verification._tables import TableTotals

__all__ = ["RecordCode", "RecordTotals", "TableCode", "TableTotals", "VaultTotals", "verify_vault"]
