"""What a file is, by what stands in it: a format that is read, one that is known by name and not read, or unknown.

1. Nothing of a file is told but names of formats, of tables and of fields, and the shape of its first line: letters
   are `a`, digits `9`, other scripts `文`.
2. A text is taken for CSV only where its lines have one number of fields, or hold one word each.

Which table of the contract it is: each table is tried, its columns are guessed, and what was found is weighed. A name
that only this table uses says more than one that any may have; a column that the table can't do without counts more
than another, and costs where it is missing. Words of a list that are known say much (收件, 派件: scans). A table of
staff or outlets has a row for each, and no waybill numbers. What a file or a sheet is called is a hint, no more.
"""

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from wayseal.model.messages import N_, Message
from wayseal.store._csv import split_record
from wayseal.store._dump import tables_of
from wayseal.store._guess import Columns, Guess, Profile, coded, guess, known_share
from wayseal.store._headings import OUTRIGHT, hints_at, is_own, name_score, synonyms
from wayseal.store._jsonl import find, names_of, read_line
from wayseal.store._open_source import dumped_lines, format_of, open_source
from wayseal.store._sample import Sample
from wayseal.store._text_file import TextFile
from wayseal.store.errors import StoreError
from wayseal.store.logs import READING, REQUEST_FIELDS, general_log_entries, request_of
from wayseal.store.mapping import LAID_OUT, Format
from wayseal.store.tables import TABLES, ColumnType, Table
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


_LEAST, _LEAST_NUMBERED = 1.2, 0.0
"""A table with a lower weight is none; the lower is for a file that holds waybill numbers, whatever they are for."""
_MARGIN = 0.8
"""By so much the best has to outweigh the next."""
_STRANGE = 0.3
"""If less of a column of words is known, it may be another column."""
_OF_READS = frozenset({"action", "ip", "session", "device", "via", "request", "fields"})
_KEYS = ("actors", "outlets", "tickets", "waybills")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstBatch:
    """A sample, the table that it is, and the columns that were found for it.

    close: a table that is nearly as likely, "" for none. vague: nothing is called as in this table alone.
    """

    sample: Sample
    columns: Columns
    table: Table
    found: Mapping[str, Guess]
    close: str = ""
    vague: bool = False


class _Candidate(NamedTuple):
    weight: float
    table: Table
    found: Mapping[str, Guess]
    missing: int


def look_at_sample(sample: Sample, table: str | None) -> FirstBatch | None:
    """Recognize a sample's table; None: none that is known. table: which a person says it is; None: the likeliest."""
    columns = {name: Profile(name, values, several=name in sample.lists) for name, values in sample.columns.items()}
    if table is not None:
        return FirstBatch(sample=sample, columns=columns, table=TABLES[table], found=guess(columns, table))
    numbered = any(
        name_score("waybill", name) >= OUTRIGHT or one.number >= (0.8 if name_score("waybill", name) else 1.2)
        for name, one in columns.items()
    )
    ranked = [_weighed(columns, one, sample.hint, numbered) for one in TABLES.values()] if sample.table_like else []
    least = _LEAST_NUMBERED if numbered else _LEAST
    ranked = [one for one in ranked if one.weight >= least and one.missing * 2 <= len(one.table.required)]
    if not (ranked := sorted(ranked, key=lambda one: (-one.weight, one.missing))):
        return None
    weight, best, found, missing = ranked[0]
    near = [one.table.name for one in ranked[1:2] if one.missing <= missing and weight - one.weight < _MARGIN]
    vague = _is_vague(best.name, found, f"{sample.hint} {' '.join(columns)}")
    return FirstBatch(sample=sample, columns=columns, table=best, found=found, close="".join(near), vague=vague)


def _is_vague(table: str, found: Mapping[str, Guess], hint: str) -> bool:
    """True if nothing is called as in this table alone: rows of who, when and which waybill may be anything."""
    own = any(made.by_name and (made.constant or is_own(name, made.columns[0], table)) for name, made in found.items())
    return not own and not (table == "accesses" and _OF_READS & set(found)) and not hints_at(table, hint)


def _weighed(columns: Columns, table: Table, hint: str, numbered: bool) -> _Candidate:
    found = guess(columns, table.name)
    missing = sum(name not in found for name in table.required)
    weight = sum(_weight(columns, table, name, made) for name, made in found.items()) - 1.2 * missing
    weight += 1.0 if hints_at(table.name, hint) else 0.0
    weight += 0.3 if table.name == "accesses" else 0.0
    # A number and a time are in every table.
    weight -= _MARGIN if table.name == "leaks" and _is_vague(table.name, found, hint) else 0.0
    weight -= 3.0 if numbered and "waybill" not in table.names else 0.0
    key = found.get(table.columns[0].name)
    weight -= 1.5 if table.name in _KEYS and key and columns[key.columns[0]].variety < 0.9 else 0.0
    return _Candidate(weight, table, found, missing)


def _weight(columns: Columns, table: Table, name: str, made: Guess) -> float:
    column = table.column(name)
    if not made.columns:
        return 0.0 if made.by_name else -0.4
    heading = made.columns[0]
    named = name_score(name, heading, table.name)
    outright, partly = (1.0, 0.7) if is_own(name, heading, table.name) else (0.4, 0.25)
    weight = outright if named >= OUTRIGHT else partly if named else 0.3
    if column.type is ColumnType.ENUM:
        words = dict(synonyms(name, table.name)) | {word: word for word in column.values}
        share = known_share(columns[heading], words)
        told = weight * share + (1.0 if column.required else 0.6) * share - (0.8 if share < _STRANGE else 0.0)
        weight = weight / 3 if share < _STRANGE and coded(columns[heading]) else told
    weight = -0.6 if name == "actor" and table.name == "accesses" and not made.by_name else weight
    filled = len(columns[heading].texts) / max(len(columns[heading].values), 1)
    return weight * (1.5 * filled if column.required else 0.6)
