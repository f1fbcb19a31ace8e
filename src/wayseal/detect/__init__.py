"""Reads that no work explains: detectors over the ledger, their cases, and what is done with these."""
