"""Wayseal (运单封缄): seals waybill data, sees who reads it, names who sold it."""

__version__ = "0.1.0"
