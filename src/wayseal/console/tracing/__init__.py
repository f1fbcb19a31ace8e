"""The trace workspace: baskets of numbers that turned up outside, and runs over them.

What pages hand around is in `wayseal.console.tracing.types`; what jobs do, and what they
leave, in `wayseal.console.tracing.work`.

What somebody typed or pasted, as numbers for a basket: plain numbers, or a table by the contract.

1. All of it, or nothing: what can't be read is named by line and column, and nothing is taken then.
2. Everything goes through the reader of leaks files, so that a basket takes what `wayseal trace --leaks` takes. A table
   whose headings aren't the contract's is read by the mapping that `wayseal map` would propose.
3. What the table leaves open, the fields beside it fill. What they say of a number is what its own row says, where it
   says it.
4. A value that a file's reader would leave empty and say so is a fault here: somebody is there to put it right.
5. What is far more than a basket holds is refused before it is read: a page reads it, and a small file may be much.
"""

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.console.errors import TraceWorkError
from wayseal.console.tracing._baskets import DAY_US, METADATA, MOST, Baskets, Runs
from wayseal.console.tracing.types import Fault, Number, Problem, Typed
from wayseal.model.numbers import clean_waybill, looks_like_waybill, split_numbers
from wayseal.model.predicate import PredicateError, parse_predicate
from wayseal.model.rows import csv_writer, json_line, read_csv
from wayseal.model.times import HOUR_US, iso, offset_text
from wayseal.store import TABLES, load_mapping, propose_mapping, read_leaks
from wayseal.store.errors import StoreError
from wayseal.store.tables import microseconds
from wayseal.store.types import Leaks

__all__ = ["DAY_US", "METADATA", "MOST", "Baskets", "Runs", "leaks_lines", "read_file", "read_typed"]

COLUMNS = TABLES["leaks"].names
_TIMES = ("asked_at", "absent_at")
_OWN = {"price": 40, "bought_by": 80}
"""What the contract has no column for, and how long it may be."""
_MOST_VALUE = 2000
_MOST_LINES, _MOST_UNPACKED, _MOST_ROOM = 10 * MOST, 64 << 20, 1 << 30
"""Lines of a text, bytes of a workbook, and bytes of a column if each of its values were as long as all together."""
_ENDINGS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".parquet")
_TABLES = (".xlsx", ".xlsm", ".parquet")
"""Endings of files that aren't text."""
_MARKS = ("\t", ";", ",")
_CHINESE_COMMA = str.maketrans("，；", ",;")
_NUMBER, _SOME_DAY = "YT0000000000000", "2026-01-01"
"""Stand in where the fields are read by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """The fields beside: as typed, by column of the contract; as a number; the offset of times."""

    texts: Mapping[str, str]
    number: Number
    offset: str


def read_typed(text: str, fields: Mapping[str, str], utc_offset_hours: int) -> Typed:
    """Reads what was typed.

    Args:
        text: Numbers, or a table with a line of headings (CSV, tabs, JSON Lines).
        fields: By column of the contract, and `price`, `bought_by`, `origin_city`, `destination_city`: what is said of
            all of them.
        utc_offset_hours: Of times without an offset.

    Returns:
        The numbers; or what is wrong, by line.

    Raises:
        TraceWorkError: There is nothing, or too much.
    """
    beside, faults = _beside(fields, offset_text(utc_offset_hours))
    if faults:
        return Typed(faults=faults)
    _refuse_many(text.count("\n"))
    text = text.removeprefix("\ufeff").strip("\r\n")
    if not text.strip():
        raise TraceWorkError("type or paste at least one number", key="typed")
    if "\0" in text:
        lines = [number for number, line in enumerate(text.split("\n"), start=1) if "\0" in line]
        return Typed(faults=tuple(Fault(line=number, column="", reason=Problem.CONTROL.value) for number in lines))
    plain = _plain(text)
    return _within(_read_plain(plain, beside) if plain else _read_table(text, beside))


def read_file(path: Path, name: str, fields: Mapping[str, str], utc_offset_hours: int) -> Typed:
    """Reads a file that was sent, as `read_typed` reads a text.

    Args:
        path: Where it lies.
        name: What it was called: its ending says what it is.
        fields: As of a text.
        utc_offset_hours: Of times without an offset.

    Returns:
        The numbers; or what is wrong, by line.

    Raises:
        TraceWorkError: There is nothing, or too much, or it is no such file.
    """
    ending = Path(name).suffix.lower()
    if ending not in _ENDINGS:
        raise TraceWorkError("a file of numbers ends in {endings}", key="file", endings=list(_ENDINGS))
    if ending not in _TABLES:
        try:
            return read_typed(path.read_bytes().decode("utf-8-sig"), fields, utc_offset_hours)
        except UnicodeDecodeError:
            ending = ".csv"
    beside, faults = _beside(fields, offset_text(utc_offset_hours))
    if faults:
        return Typed(faults=faults)
    _refuse_many(_rows_in(path, ending))
    with tempfile.TemporaryDirectory(prefix="wayseal-") as folder:
        copy = Path(folder) / f"leaks{ending}"
        copy.write_bytes(path.read_bytes())
        return _within(_read_path(copy, beside, by_contract=ending == ".parquet"))


def _within(found: Typed) -> Typed:
    """Return what was read, if a basket can hold it (rule 1)."""
    if len(found.numbers) > MOST:
        raise TraceWorkError("a basket holds {most:,} numbers at most", key="typed", most=MOST)
    return replace(found, numbers=()) if found.faults else found


def _refuse_many(rows: int) -> None:
    """Rule 5."""
    if rows > _MOST_LINES:
        raise TraceWorkError("a basket holds {most:,} numbers at most", key="typed", most=MOST)


def _rows_in(path: Path, ending: str) -> int:
    """About how many rows a file has; 0 where it can't be told, which its reader says why."""
    try:
        if ending == ".parquet":
            return _parquet_rows(pq.read_metadata(path))
        if ending in _TABLES:
            with zipfile.ZipFile(path) as book:
                size = sum(part.file_size for part in book.infolist())
            return 0 if size <= _MOST_UNPACKED else _MOST_LINES + 1
    except (pa.ArrowException, zipfile.BadZipFile, OSError):
        return 0
    return path.read_bytes().count(b"\n")


def _parquet_rows(said: pq.FileMetaData) -> int:
    """Rows of a Parquet file; too many where one value may stand in all of them and is long."""
    groups = [said.row_group(n) for n in range(said.num_row_groups)]
    columns = [group.column(n) for group in groups for n in range(group.num_columns)]
    known = [one for one in columns if one.path_in_schema.partition(".")[0] in COLUMNS]
    room = max(
        (one.num_values * max(one.total_uncompressed_size, one.total_compressed_size) for one in known), default=0
    )
    return int(said.num_rows) if room <= _MOST_ROOM else _MOST_LINES + 1


def leaks_lines(numbers: Sequence[Number], utc_offset_hours: int) -> str:
    """Numbers as a leaks file (JSON Lines), for a trace with that offset: a line each, in order."""
    lines = []
    for one in numbers:
        day = (one.seen_at + utc_offset_hours * HOUR_US) if one.seen_day else 0
        row = {
            "waybill": one.waybill,
            "seen_at": iso(day)[:10] if one.seen_day else iso(one.seen_at),
            "asked_at": None if one.asked_at is None else iso(one.asked_at),
            "absent_at": None if one.absent_at is None else iso(one.absent_at),
            "found_by": one.found_by,
            "seller": one.seller,
            "asked": None if one.asked is None else json.loads(one.asked),
        }
        kept = {name: value for name, value in row.items() if value is not None}
        lines.append(json_line(kept))
    return "".join(lines)


def _beside(fields: Mapping[str, str], offset: str) -> tuple[_Beside, tuple[Fault, ...]]:
    """The fields beside the numbers, and what is wrong with them."""
    given = {name: fields.get(name, "").strip() for name in (*COLUMNS, *_OWN, "origin_city", "destination_city")}
    common = {name: given[name] for name in COLUMNS if given[name] and name != "waybill"}
    faults = [
        Fault(line=0, column=name, reason=Problem.TOO_LONG.value if value.isprintable() else Problem.CONTROL.value)
        for name, value in given.items()
        if len(value) > _OWN.get(name, _MOST_VALUE) or not value.isprintable()
    ]
    places = {name: given[name] for name in ("origin_city", "destination_city") if given[name]}
    if places and "asked" not in common:
        common["asked"] = json.dumps(places, ensure_ascii=False)
    number = Number(waybill="", seen_at=0, price=given["price"], bought_by=given["bought_by"])
    beside = _Beside(texts=common, number=number, offset=offset)
    if faults:
        return beside, tuple(faults)
    tried = _read_rows([{"waybill": _NUMBER, "seen_at": _SOME_DAY, **common}], [0], beside)
    return replace(beside, number=tried.numbers[0] if tried.numbers else number), tried.faults


def _plain(text: str) -> list[tuple[int, str]]:
    """(line, number) where the text is numbers alone; none where it is something else."""
    found = []
    for line, row in enumerate(text.split("\n"), start=1):
        for word in split_numbers(row):
            if not looks_like_waybill(clean_waybill(word)) or any(mark in word for mark in ":/{"):
                return []
            found.append((line, word))
    return found


def _read_plain(plain: Sequence[tuple[int, str]], beside: _Beside) -> Typed:
    if "seen_at" not in beside.texts:
        return Typed(faults=(Fault(line=0, column="seen_at", reason=Problem.NO_TIME.value),))
    return _read_rows([{"waybill": word, **beside.texts} for _, word in plain], [line for line, _ in plain], beside)


def _read_rows(rows: Sequence[Mapping[str, str]], lines: Sequence[int], beside: _Beside) -> Typed:
    """Rows by the contract, as JSON Lines (rule 2). lines: where each stood."""
    content = []
    for row, line in zip(rows, lines, strict=True):
        values: dict[str, object] = dict(row)
        if "asked" in row:
            try:
                values["asked"] = json.loads(row["asked"])
            except (ValueError, RecursionError):
                return Typed(faults=(Fault(line=line, column="asked", reason=Problem.NOT_A_CONDITION.value),))
        content.append(json_line(values))
    with tempfile.TemporaryDirectory(prefix="wayseal-") as folder:
        path = Path(folder) / "leaks.jsonl"
        path.write_text("".join(content), encoding="utf-8")
        read = _taken(read_leaks(path, offset=beside.offset), beside.number)
    return replace(read, faults=tuple(replace(f, line=lines[f.line - 1] if f.line else lines[0]) for f in read.faults))


def _read_table(text: str, beside: _Beside) -> Typed:
    """A table with headings (rules 2 and 3); with the field's time where it can't be read without one."""
    json_lines = text.lstrip().startswith("{")
    if not json_lines and not any(mark in text.partition("\n")[0] for mark in _MARKS):
        text = text.translate(_CHINESE_COMMA)
    found = _read_content(text, json_lines, beside)
    if found.faults and not json_lines and "seen_at" in beside.texts and not _has(text, "seen_at"):
        timed = _read_content(_with_time(text, beside.texts["seen_at"]), json_lines, beside)
        return timed if not timed.faults or _has(text, "waybill") else found
    return found


def _read_content(content: str, json_lines: bool, beside: _Beside) -> Typed:
    with tempfile.TemporaryDirectory(prefix="wayseal-") as folder:
        path = Path(folder) / ("leaks.jsonl" if json_lines else "leaks.csv")
        path.write_text(content + "\n", encoding="utf-8", newline="")
        by_contract = json_lines or (_has(content, "waybill") and _has(content, "seen_at"))
        return _read_path(path, beside, by_contract=by_contract)


def _read_path(path: Path, beside: _Beside, *, by_contract: bool) -> Typed:
    """A file, by the contract's headings or by the mapping that is proposed for its own (rule 2)."""
    try:
        if by_contract:
            return _taken(read_leaks(path, offset=beside.offset), beside.number)
        mapping = path.with_name("mapping.toml")
        mapping.write_text(propose_mapping(path, table="leaks"), encoding="utf-8")
        return _taken(read_leaks(path, mapping=load_mapping(mapping), offset=beside.offset), beside.number)
    except StoreError as error:
        unread = error.line is not None and error.file == path
        reason = Problem.UNREADABLE if unread else Problem.NO_TABLE
        line = error.line if unread and error.line else 1
        return Typed(faults=(Fault(line=line, column="", reason=reason.value),))


def _mark(text: str) -> str:
    """Return what parts the cells of a table."""
    return max(_MARKS, key=text.partition("\n")[0].count)


def _has(text: str, name: str) -> bool:
    """Return whether a table has a heading of the contract."""
    return name in {cell.strip().strip('"') for cell in text.partition("\n")[0].strip("\r").split(_mark(text))}


def _with_time(text: str, seen_at: str) -> str:
    """The table with a column more (rule 3); as it is where it can't be read."""
    rows: list[list[str]] = []
    for _, row in read_csv(io.StringIO(text, newline=""), between=_mark(text)):
        if row is None:
            return text
        rows.append([*row, seen_at if rows else "seen_at"] if row else [])
    return "".join(map(csv_writer(), rows)).rstrip("\n")


def _taken(leaks: Leaks, filling: Number) -> Typed:
    """Rows that were read, as numbers; faults where one was turned away, or a value left empty (rules 1 and 4).

    filling: says what a row leaves open (rule 3).
    """
    faults = [Fault(line=r.line, column=r.column, reason=r.reason.value) for r in leaks.rejected]
    faults += [Fault(line=n, column=e.column, reason=e.reason.value) for e in leaks.emptied for n in e.lines.tolist()]
    rows = leaks.rows.to_pylist()
    seen = microseconds(leaks.rows["seen_at"]).tolist()
    moments = {name: microseconds(leaks.rows[name]).tolist() for name in _TIMES}
    numbers = []
    for place, row in enumerate(rows):
        number = Number(
            waybill=row["waybill"],
            seen_at=seen[place],
            seen_day=bool(leaks.by_day[place]),
            asked_at=filling.asked_at if row["asked_at"] is None else moments["asked_at"][place],
            absent_at=filling.absent_at if row["absent_at"] is None else moments["absent_at"][place],
            found_by=row["found_by"] or filling.found_by,
            seller=row["seller"] or filling.seller,
            asked=row["asked"] or filling.asked,
            price=filling.price,
            bought_by=filling.bought_by,
        )
        if number.asked is not None and not _is_condition(number.asked):
            faults.append(Fault(line=int(leaks.line[place]), column="asked", reason=Problem.NOT_A_CONDITION.value))
        numbers.append(number)
    return Typed(numbers=tuple(numbers), faults=tuple(sorted(faults, key=lambda f: (f.line, f.column))))


def _is_condition(text: str) -> bool:
    try:
        return not parse_predicate(text).unknown
    except PredicateError:
        return False
