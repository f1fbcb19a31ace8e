"""Backups of a vault's two databases, each apart, and the way back. Lists of what was erased stand in `erasures`."""

from wayseal.vault.backup._back_up import back_up
from wayseal.vault.backup._manifest import Manifest, check_backup, prune
from wayseal.vault.backup._restore import Restored, restore

__all__ = ["Manifest", "Restored", "back_up", "check_backup", "prune", "restore"]
