"""Vault: masks, sealing, disclosing, faults."""
