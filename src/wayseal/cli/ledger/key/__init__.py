"""`wayseal ledger key`: keys that sign checkpoints."""
