"""Upkeep of a ledger: backups of it, ledgers made of backups, and what a doctor says of one."""

from wayseal.ledger._marker import refuse_backup
from wayseal.ledger.upkeep._backup import CopyReport, backup, restore
from wayseal.ledger.upkeep._diagnosis import SAFE, Affected, Diagnosis, Examination, Fault, Remedy, Repair, Severity
from wayseal.ledger.upkeep._doctor import examine

__all__ = [
    "SAFE",
    "Affected",
    "CopyReport",
    "Diagnosis",
    "Examination",
    "Fault",
    "Remedy",
    "Repair",
    "Severity",
    "backup",
    "examine",
    "refuse_backup",
    "restore",
]
