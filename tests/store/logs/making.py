"""Mappings of raw logs, and records of a csvlog, for the tests; and a short way to read both tables of a file."""

import csv
import io
from pathlib import Path
from typing import Any

from tests.store.helpers import Whole, mapping_of
from wayseal.store import open_source, read_batches
from wayseal.store.mapping import LogMapping
from wayseal.store.types import ReadOptions

TABLES = """
[tables.waybill_main]
waybill = "mail_no"
origin_outlet = "from_site"
destination_outlet = "to_site"
customer = "cust_code"
issued_at = "created_at"
[tables."ops.receiver"]
waybill = "mail_no"
issued_at = { column = "ship_date", unit = "day" }
[tables.stamped]
waybill = "mail_no"
issued_at = { column = "made", unit = "epoch_s" }
[tables.stamped_ms]
waybill = "mail_no"
issued_at = { column = "made", unit = "epoch_ms" }
[tables.site]
outlet = "code"
city = "city"
region = "area"
"""
PGAUDIT = 'format = "pgaudit-csvlog"\n' + TABLES
COMBINED = """
format = "combined"
[columns]
session = "query.sid"
[[paths]]
path = "/api/waybill/{waybill}"
action = "view"
[[paths]]
path = "/api/search"
query = { origin_city = "from", issued_from = "since", issued_to = "until", limit = ["size", "n"], waybill = "no" }
ignore = ["page", "sid"]
action = "search"
[[paths]]
regex = "/(?:old|v1)/print/(?P<waybill>[A-Z0-9]+)"
action = "print"
"""
OCSF = (
    """
format = "ocsf"
resources = ["waybill"]
[[paths]]
path = "/api/waybill/{waybill}"
"""
    + TABLES
)


def mapping(text: str) -> LogMapping:
    return mapping_of(text)


def read(
    path: Path, text: str, *, offset: str | None = None, keep: bool = False, block_bytes: int = 1 << 20
) -> tuple[Whole, Whole]:
    """Both tables of a raw log: accesses and queries."""
    made = mapping(text)
    source = open_source(path, mapping=made, offset=offset)
    options = ReadOptions(offset=source.options.offset, block_bytes=block_bytes)
    first, second = (
        Whole(batches=list(read_batches(f, mapping=made, options=options, keep_rejected=keep))) for f in source.files
    )
    assert [f.table for f in source.files] == ["accesses", "queries"]
    return first, second


def audit(
    statement: str,
    values: str = "<none>",
    rows: int | None = None,
    *,
    number: int = 1,
    part: int = 1,
    kind: str = "READ",
    command: str = "SELECT",
    touched: str = "",
    what: str = "SESSION",
) -> str:
    """pgaudit's own message."""
    fields: list[Any] = [what, number, part, kind, command, "TABLE" if touched else "", touched, statement, values]
    return "AUDIT: " + line([*fields, *([] if rows is None else [rows])])


def line(fields: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(fields)
    return out.getvalue()[:-1]


def record(
    message: str,
    *,
    time: str = "2026-03-04 03:02:31.123 UTC",
    user: str = "clerk",
    session: str = "65e5.1",
    application: str = "counter",
    width: int = 26,
    severity: str = "LOG",
) -> str:
    """One record of a csvlog, with its line break."""
    fields = [time, user, "ops", 4711, "10.1.2.3:50112", session, 1, "SELECT", "2026-03-04 03:00:00 UTC", "3/4", 0]
    fields += [severity, "00000", message, *([""] * 8), application, "client backend", "", 0]
    return line(fields[:width]) + "\n"
