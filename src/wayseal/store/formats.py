"""How a file of a dataset, or a raw log, is laid out."""

from enum import StrEnum


class Format(StrEnum):
    """How a file is laid out."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    XLSX = "xlsx"
    PGAUDIT = "pgaudit-csvlog"
    COMBINED = "combined"
    OCSF = "ocsf"


LOGS = frozenset({Format.PGAUDIT, Format.COMBINED, Format.OCSF})
"""Raw logs: one file of them fills `accesses` and `queries`."""
