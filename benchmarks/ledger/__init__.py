"""Ledger: bringing logs in, keeping and proving them."""
