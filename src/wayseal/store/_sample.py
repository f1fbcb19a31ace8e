"""A sample of a log of unknown layout: its format, delimiter, header and the first rows."""

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayseal.model.numbers import candidates
from wayseal.store._csv import record_texts, split_record
from wayseal.store._csv_records import RecordSplitter
from wayseal.store._jsonl import find, names_of, read_line
from wayseal.store._open_source import open_source
from wayseal.store._parquet import ParquetBlocks
from wayseal.store._text_file import TextFile
from wayseal.store.errors import StoreError
from wayseal.store.formats import Format
from wayseal.store.types import NoticeCode, ReadOptions, SourceFile

ROWS = 2000
_BYTES = 2 << 20
_DELIMITERS = (",", "\t", ";", "|")
_DATA = re.compile(r"[+-]?[0-9][0-9.,:/ TZ+-]*|(?:[0-9]{1,3}\.){3}\w+|.*[0-9]{6}.*|\{.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The first rows of a log as text: `columns` by name, "" and None where a row has no value."""

    path: Path
    format: Format
    columns: Mapping[str, list[str | None]]
    encoding: str | None = None
    delimiter: str = ","
    header: bool = True


def read_sample(path: Path) -> Sample:
    """The first rows of a log; StoreError if there are none, or the file can't be read."""
    file = open_source(path).files[0]
    sample = _parquet(file) if file.format is Format.PARQUET else _text(file)
    if not sample.columns or not any(sample.columns.values()):
        raise StoreError("holds no rows to learn from", file=path)
    return sample


def _parquet(file: SourceFile) -> Sample:
    opened = ParquetBlocks(file, ReadOptions(batch_rows=ROWS), False)
    with closing(opened.blocks(frozenset(opened.names))) as blocks:
        block = next(blocks, None)
    columns: dict[str, list[str | None]] = {}
    for name, values in (block.columns if block else {}).items():
        columns[name] = [None if v is None else str(v) for v in values.to_pylist()]
    return Sample(path=file.path, format=Format.PARQUET, columns=columns)


def _text(file: SourceFile) -> Sample:
    text = TextFile(file, None, _BYTES)
    with closing(text.blocks()) as blocks:
        block = next(blocks, None)
    data = (block.data if block else b"").decode(errors="replace")
    said = [str(n.values["encoding"]).lower() for n in text.notices if n.code is NoticeCode.ENCODING]
    encoding = said[0] if said else None
    if file.format is Format.JSONL:
        return Sample(path=file.path, format=Format.JSONL, columns=_json_columns(data), encoding=encoding)
    delimiter = guess_delimiter(data, file.path)
    records = _records(data, delimiter)
    header = bool(records) and looks_like_header(records[0])
    names = records[0] if header else [str(n) for n in range(1, len(records[0]) + 1)] if records else []
    rows = [r for r in records[1 if header else 0 :] if len(r) == len(names)]
    columns: dict[str, list[str | None]] = {n.strip(): [r[index] for r in rows] for index, n in enumerate(names)}
    return Sample(
        path=file.path, format=Format.CSV, columns=columns, encoding=encoding, delimiter=delimiter, header=header
    )


def _json_columns(data: str) -> dict[str, list[str | None]]:
    rows = [r for line in data.split("\n", ROWS)[:ROWS] if isinstance(r := read_line(line), dict)]
    names = dict.fromkeys(n for row in rows for n in names_of(row))
    return {
        n: [_leaf(find(row, n)) for row in rows] for n in names if not any(isinstance(find(r, n), dict) for r in rows)
    }


def _leaf(value: Any) -> str | None:
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
