"""What a file is, by what stands in it: a format that is read, one that is known by name and not read, or unknown.

1. Nothing of a file is told but names of formats, of tables and of fields, and the shape of its first line: letters
   are `a`, digits `9`, other scripts `文`.
2. A text is taken for CSV only where its lines have one number of fields, or hold one word each.
"""

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wayseal.model.messages import N_, Message
from wayseal.store._csv import split_record
from wayseal.store._dump import tables_of
from wayseal.store._jsonl import find, names_of, read_line
from wayseal.store._open_source import dumped_lines, format_of, open_source
from wayseal.store._text_file import TextFile
from wayseal.store.errors import StoreError
from wayseal.store.formats import LAID_OUT, Format
from wayseal.store.logs import READING, REQUEST_FIELDS, general_log_entries, request_of
from wayseal.store.types import SourceFile

_BYTES, _LINES = 1 << 20, 2000
_DELIMITERS = ",\t;|"
_CSVLOG = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+,")
_TIME = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"
_LEVELS = r"\b(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\b"
_SYSLOG = r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ [\w./-]+(?:\[\d+\])?:? "
_NAMED: Mapping[str, str] = {
    N_("MySQL's slow query log"): r"# (?:Time|User@Host|Query_time): ",
    N_("PostgreSQL's log as plain text (set log_destination to csvlog)"): (
        rf"{_TIME}[.\d]* \S+ \[\d+\].* (?:LOG|ERROR|FATAL|STATEMENT|DETAIL|WARNING): "
    ),
    N_("syslog"): rf"(?:<\d{{1,3}}>)?(?:1 )?{_SYSLOG}",
    N_("an IIS or W3C extended log"): r"#(?:Software|Version|Fields|Date): ",
    N_("CEF or LEEF"): r".{0,80}(?:CEF|LEEF):\d",
    N_("an application's log"): rf"\[?{_TIME}(?:[.,]\d+)?\S*\]?\s.{{0,80}}?{_LEVELS}",
    N_("XML or HTML"): r"\ufeff?\s*<[?!a-zA-Z]",
    N_("key=value pairs"): r"(?:\w[\w.-]*=(?:\"[^\"]*\"|\S*)\s+){2}",
}
_MAGIC: Mapping[bytes, str] = {
    b"PGDMP": N_("a compressed dump of pg_dump (make text of it with pg_restore --file)"),
    b"SQLite format 3": N_("a SQLite database"),
    b"%PDF": N_("a PDF document"),
    b"\xd0\xcf\x11\xe0": N_("an old workbook (.xls; save it as .xlsx)"),
    b"7z\xbc\xaf": N_("a packed file; unpack it"),
    b"BZh": N_("a packed file; unpack it"),
    b"\xfd7zXZ": N_("a packed file; unpack it"),
    b"\x28\xb5\x2f\xfd": N_("a packed file; unpack it"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A file's format, as far as it was recognised.

    Attributes:
        format: How it is read; None: it isn't.
        name: What it seems to be, where it isn't read; None: nothing that has a name here.
        shape: Of its first line, in place of it.
        unwrap: The field of a JSON object in which each line of the log stands, for a mapping; "" where none is, or
            where it is known without one.
        tables: Of a dump: its tables and their columns.
    """

    format: Format | None
    name: Message | None = None
    shape: str = ""
    unwrap: str = ""
    tables: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def refusal(self, file: Path) -> StoreError:
        """Why the file isn't read."""
        if self.name is not None:
            return StoreError("looks like {name}, which is not read here", file=file, name=self.name)
        return StoreError(
            "is of no format that is known here; its first line looks like {shape}", file=file, shape=self.shape
        )


def recognise(path: Path) -> Recognised:
    """Says what a file is, by its first lines.

    Args:
        path: The file, or `-`'s copy.

    Returns:
        Its format, or what it seems to be.

    Raises:
        StoreError: It can't be read, or is empty.
    """
    path = Path(path)
    if path.exists() and not path.is_file():  # a pipe would be waited for, for ever
        raise StoreError("this is no file", file=path)
    with path.open("rb") as disk:
        head = disk.read(16)
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return Recognised(format=None, name=Message(name))
    try:
        form = format_of(path)
    except (EOFError, zlib.error) as error:
        raise StoreError("can't be read ({reason})", file=path, reason=Message("damaged")) from error
    if form is Format.DUMP:
        file = SourceFile(path=path, table="", format=form, size=0, gzipped=path.suffix.lower() == ".gz")
        return Recognised(format=form, tables=tables_of(dumped_lines(file)()))
    if form in {Format.PARQUET, *LAID_OUT}:
        return Recognised(format=form)
    (file, *_) = open_source(path, table="accesses").files
    text = TextFile(file, None, _BYTES)
    with closing(text.blocks()) as blocks:
        block = next(blocks, None)
    data = (block.data if block else b"").decode("utf-8", "replace")
    return recognise_text(data, csv=path.name.lower().removesuffix(".gz").endswith((".csv", ".tsv")))


def recognise_text(data: str, *, csv: bool = False) -> Recognised:
    """Recognise a text. csv: its name says that it is CSV."""
    lines = [line for line in data.split("\n", _LINES)[:_LINES] if line.strip()]
    if not lines:
        return Recognised(format=Format.CSV)
    if _CSVLOG.match(data) or ',"AUDIT: ' in data:
        return Recognised(format=Format.PGAUDIT)
    if _most(request_of(line) is not None for line in lines):
        return Recognised(format=Format.COMBINED)
    if general_log_entries(data.encode()):
        return Recognised(format=Format.MYSQL)
    rows = [row for line in lines if isinstance(row := read_line(line), dict)]
    if len(rows) * 2 >= len(lines):
        return _of_json(rows)
    for name, pattern in () if csv else _NAMED.items():
        if _most(re.match(pattern, line) for line in lines[:200]) or (
            pattern[0] == "#" and re.match(pattern, lines[0])
        ):
            return Recognised(format=None, name=Message(name), shape=shape_of(lines[0]))
    if csv or _is_table(lines[:200]):
        return Recognised(format=Format.CSV)
    return Recognised(format=None, shape=shape_of(lines[0]))


def _of_json(rows: Sequence[dict[str, Any]]) -> Recognised:
    if any(row.get("class_uid") in READING for row in rows):
        return Recognised(format=Format.OCSF)
    if _most(_asks(row) for row in rows):
        return Recognised(format=Format.REQUESTS)
    for name in dict.fromkeys(name for row in rows[:200] for name in names_of(row)):
        inner = [value for row in rows if isinstance(value := find(row, name), str)]
        if len(inner) * 2 >= len(rows) and any(" " in text or text.startswith("{") for text in inner[:50]):
            found = recognise_text("".join(f"{one.rstrip()}\n" for one in inner))
            if found.format not in {None, Format.CSV}:
                return replace(found, unwrap=name)
    return Recognised(format=Format.JSONL)


def _asks(row: dict[str, Any]) -> bool:
    """True if an object tells of a request: its first line, or a path beside a method or a status."""
    said = {k: [str(v) for n in names if (v := find(row, n)) is not None] for k, names in REQUEST_FIELDS.items()}
    whole = any(re.fullmatch(r"[A-Z]{3,10} /\S* HTTP/[\d.]+", text) for text in said["line"])
    paths = any(text.startswith(("/", "http://", "https://")) for text in said["target"])
    return whole or (paths and bool(said["method"] or said["status"]))


def _is_table(lines: Sequence[str]) -> bool:
    if all(len(line.split()) == 1 for line in lines):
        return True
    widths = (Counter(len(split_record(line, mark)) for line in lines) for mark in _DELIMITERS)
    return any(width > 1 and n * 10 >= len(lines) * 8 for found in widths for width, n in found.most_common(1))


def _most(found: Any) -> bool:
    good = [bool(one) for one in found]
    return bool(good) and sum(good) * 2 >= len(good)


def shape_of(line: str) -> str:
    """A line without anything that it says (rule 1)."""
    plain = re.sub(r"[^\x00-\x7f]+", "文", re.sub(r"[0-9]+", "9", re.sub(r"[A-Za-z]+", "a", line.strip())))
    plain = re.sub(r"(.{1,8}?)\1{2,}", r"\1\1…", re.sub(r"[\x00-\x1f]+", " ", plain))
    return plain[:60] + ("…" if len(plain) > 60 else "")
