"""`wayseal ledger`: what keeps a ledger in order and proves what is in it."""
