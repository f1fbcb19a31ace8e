"""Upkeep of a ledger: backups of it, ledgers made of backups, and what a doctor says of one."""

from wayseal.ledger._marker import refuse_backup
from wayseal.ledger.upkeep._backup import Copied, backup, restore
from wayseal.ledger.upkeep._diagnosis import SAFE, Act, Cure, Diagnosis, Examination, Hanging, Ill, Severity
from wayseal.ledger.upkeep._doctor import examine

__all__ = [
    "SAFE",
    "Act",
    "Copied",
    "Cure",
    "Diagnosis",
    "Examination",
    "Hanging",
    "Ill",
    "Severity",
    "backup",
    "examine",
    "refuse_backup",
    "restore",
]
