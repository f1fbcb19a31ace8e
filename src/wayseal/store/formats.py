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
    DUMP = "sql-dump"
    MYSQL = "mysql-general"
    REQUESTS = "json-requests"


LOGS = frozenset({Format.PGAUDIT, Format.COMBINED, Format.OCSF, Format.MYSQL, Format.REQUESTS})
"""Raw logs: one file of them fills `accesses` and `queries`."""
LAID_OUT = frozenset({Format.XLSX, Format.DUMP})
"""Several tables in one file, each of which is laid out as CSV before it is read."""
JSON_LINES = frozenset({Format.JSONL, Format.OCSF, Format.REQUESTS})
"""An object a line; a document that holds a list of them is laid out so."""
