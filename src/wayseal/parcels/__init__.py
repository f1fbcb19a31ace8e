"""Parcels that never were, as seen in scans, reads and the numbers' life."""
