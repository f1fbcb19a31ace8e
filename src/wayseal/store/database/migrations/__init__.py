"""The vault's tables and their changes, in two chains: `main`, and `keys`, which may lie in a database of its own.

Each change is one frozen script in a chain's folder; nothing in it imports the tables of today.
"""

from wayseal.store.database.migrations._run import Chain, Step, check, downgrade, pending, upgrade, version, versions

__all__ = ["Chain", "Step", "check", "downgrade", "pending", "upgrade", "version", "versions"]
