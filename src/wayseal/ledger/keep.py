"""Keeping a ledger: backups of it, ledgers made of backups, and what a doctor says of one."""

from wayseal.ledger._backup import Copied, backup, restore

__all__ = ["Copied", "backup", "restore"]
