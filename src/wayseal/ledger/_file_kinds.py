"""Kinds of files that a purge rewrites or makes."""

TOMBSTONES, GONE = "tombstones", "gone"
REWRITTEN = (
    "catalogue",
    "numbers",
    "pairs:actor",
    "pairs:outlet",
    "table:waybills",
    "table:changes",
    "table:scans",
    "table:tickets",
    "table:partner_calls",
)
"""Those that hang on a waybill, but for reads, which go by whole segments."""
