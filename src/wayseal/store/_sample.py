"""A sample of a log of unknown layout: its format, delimiter, header and the first rows."""

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wayseal.model.numbers import candidates
from wayseal.store._csv import record_texts, split_record
from wayseal.store._csv_records import RecordSplitter
from wayseal.store._jsonl import find_all, names_of, read_line
from wayseal.store._open_source import open_source
from wayseal.store._parquet import ParquetBlocks
from wayseal.store._text_file import TextFile
from wayseal.store.errors import StoreError
from wayseal.store.formats import Format
from wayseal.store.mapping import LogMapping
from wayseal.store.types import NoticeCode, ReadOptions, SourceFile

ROWS = 2000
_BYTES = 2 << 20
_UNDECODED = "\ufffd"
_DELIMITERS = (",", "\t", ";", "|")
_DATA = re.compile(r"[+-]?[0-9][0-9.,:/ TZ+-]*|(?:[0-9]{1,3}\.){3}\w+|.*[0-9]{6}.*|\{.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The first rows of a log as text: `columns` by name, "" and None where a row has no value.

    sheet: that they are from, where a workbook has several; other_sheets: what the others are called.
    lists: columns that held lists, of which the first value stands for each.
    """

    path: Path
    format: Format
    columns: Mapping[str, list[str | None]]
    encoding: str | None = None
    delimiter: str = ","
    header: bool = True
    sheet: str | None = None
    other_sheets: str = ""
    lists: frozenset[str] = frozenset()


def read_sample(path: Path, table: str, sheet: str | None = None) -> Sample:
    """The first rows of a log; StoreError if there are none, or the file can't be read."""
    wanted = None
    if sheet is not None:
        wanted = LogMapping(path=path, table=table, fields=(), format=Format.XLSX, sheet=(sheet,))
    source = open_source(path, mapping=wanted, table=table)
    file = source.files[0]
    sample = _parquet(file) if file.format is Format.PARQUET else _text(file)
    if not sample.columns or not any(sample.columns.values()):
        raise StoreError("holds no rows to learn from", file=path)
    for notice in source.notices:
        if notice.code is NoticeCode.OTHER_SHEETS:
            return replace(sample, sheet=str(notice.values["sheet"]), other_sheets=str(notice.values["names"]))
    return replace(sample, sheet=sheet)


def _parquet(file: SourceFile) -> Sample:
    opened = ParquetBlocks(file, ReadOptions(batch_rows=ROWS), False)
    with closing(opened.blocks(frozenset(opened.names))) as blocks:
        block = next(blocks, None)
    columns: dict[str, list[str | None]] = {}
    for name, values in (block.columns if block else {}).items():
        columns[name] = [None if v is None else str(v) for v in values.to_pylist()]
    return Sample(path=file.path, format=Format.PARQUET, columns=columns)


def _text(file: SourceFile) -> Sample:
    text = TextFile(file, "utf-8" if file.format is Format.XLSX else None, _BYTES)
    with closing(text.blocks()) as blocks:
        block = next(blocks, None)
    data = (block.data if block else b"").decode(errors="replace")
    said = [str(n.values["encoding"]).lower() for n in text.notices if n.code is NoticeCode.ENCODING]
    encoding = said[0] if said else None
    if file.format is Format.JSONL:
        return replace(_json_sample(data, file.path), encoding=encoding)
    delimiter = "," if file.format is Format.XLSX else guess_delimiter(data, file.path)
    records = _records(data, delimiter)
    if records and any(_UNDECODED in cell for cell in records[0]):
        raise StoreError("not text in UTF-8, UTF-16 or GB18030", file=file.path, line=1)
    header = bool(records) and looks_like_header(records[0])
    names = records[0] if header else [str(n) for n in range(1, len(records[0]) + 1)] if records else []
    rows = [r for r in records[1 if header else 0 :] if len(r) == len(names)]
    columns: dict[str, list[str | None]] = {n.strip(): [r[index] for r in rows] for index, n in enumerate(names)}
    return Sample(
        path=file.path, format=file.format, columns=columns, encoding=encoding, delimiter=delimiter, header=header
    )


def _json_sample(data: str, path: Path) -> Sample:
    rows = [r for line in data.split("\n", ROWS)[:ROWS] if isinstance(r := read_line(line), dict)]
    names = dict.fromkeys(n for row in rows for n in names_of(row))
    found = {n: values for n in names if not any(map(_holds_objects, values := [find_all(row, n) for row in rows]))}
    return Sample(
        path=path,
        format=Format.JSONL,
        columns={n: [_leaf(value) for value in values] for n, values in found.items()},
        lists=frozenset(n for n, values in found.items() if any(isinstance(value, list) for value in values)),
    )


def _holds_objects(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_holds_objects, value)))


def _leaf(value: Any) -> str | None:
    """A value as text; of a list its first one."""
    if isinstance(value, list):
        value = next(iter(value), None)
    return None if value is None else str(value)


def _records(data: str, delimiter: str) -> list[list[str]]:
    records = RecordSplitter(delimiter).feed(data.encode(), valid=True, last=True)
    return [split_record(text, delimiter) for text in record_texts(records.data)[: ROWS + 1]]


def guess_delimiter(data: str, path: Path) -> str:
    """The delimiter that cuts most lines into the same, largest number of fields."""
    if path.name.lower().removesuffix(".gz").endswith(".tsv"):
        return "\t"
    lines = [line for line in data.split("\n", 200)[:200] if line.strip()]

    def quality(delimiter: str) -> tuple[float, int]:
        counts = [len(split_record(line, delimiter)) for line in lines]
        usual = max(counts, key=counts.count, default=1)
        return (counts.count(usual) / max(len(counts), 1) if usual > 1 else 0.0, usual)

    return max(_DELIMITERS, key=quality)


def looks_like_header(record: list[str]) -> bool:
    """Names are not empty, not repeated, and neither numbers, times, addresses nor waybill numbers."""
    cells = [c.strip() for c in record]
    if len(set(cells)) != len(cells) or not all(cells):
        return False
    return not any(_DATA.fullmatch(c) or candidates(c) for c in cells)
