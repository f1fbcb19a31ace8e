"""A sample of a file of unknown layout: its format, delimiter, headings, and rows from all of it.

1. A file of lines gives its first `_HEAD` bytes and ranges of whole lines from places spread over all of it. What is
   packed, or in an encoding in which lines can't be cut before it is decoded, is read from the start up to `MOST`.
2. Of these rows up to `ROWS` are held, spread evenly, four that lie together at a time. A range may begin within a
   row of several lines: rows with another number of fields than the headings are left out.
3. The headings of a table stand in its first row that is filled well, as in workbooks; titles above are skipped.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wayseal.model.numbers import candidates
from wayseal.store._csv import GUARDED, RecordSplitter, record_texts, split_record
from wayseal.store._jsonl import find_all, names_of, read_line
from wayseal.store._open_source import format_of, open_source
from wayseal.store._parquet import ParquetBlocks
from wayseal.store._text_file import TextFile, is_ascii_based
from wayseal.store._write_table import LaidOut
from wayseal.store.errors import StoreError
from wayseal.store.mapping import LAID_OUT, Format, LogMapping
from wayseal.store.types import NoticeCode, ReadOptions, Source, SourceFile

ROWS = 6000
MOST = 256 << 20
_HEAD, _PIECE, _PLACES, _WHOLE = 1 << 20, 32 << 10, 64, 8
_UNDECODED = "\ufffd"
_DELIMITERS = (",", "\t", ";", "|")
_DATA = re.compile(r"[+-]?[0-9][0-9.,:/ TZ+-]*|(?:[0-9]{1,3}\.){3}\w+|.*[0-9]{6}.*|\{.*")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_SEARCHED = 40
"""So many rows are searched for headings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Rows of a log as text: `columns` by name, "" and None where a row has no value.

    header: whether it has headings, and if not in its first line, in which. sheet: that the rows are from, where a
    workbook has several; other_sheets: what the others are called. lists: columns that held lists, of which the first
    value stands for each. cut: not all of the file was within reach. table_like: lines are parted alike.
    """

    path: Path
    format: Format
    columns: Mapping[str, list[str | None]]
    encoding: str | None = None
    delimiter: str = ","
    header: bool | int = True
    sheet: str | None = None
    other_sheets: str = ""
    lists: frozenset[str] = frozenset()
    cut: bool = False
    table_like: bool = True

    @property
    def hint(self) -> str:
        """The name of the sample's file or sheet."""
        return f"{self.path.name.partition('.')[0]} {self.sheet or ''}"


def read_sample(path: Path, table: str, sheet: str | None = None) -> Sample:
    """Rows of a log; StoreError if there are none, or the file can't be read."""
    wanted = None
    if sheet is not None:
        wanted = LogMapping(path=path, table=table, fields=(), format=format_of(path), sheet=(sheet,))
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
    return Sample(path=file.path, format=Format.PARQUET, columns=columns, cut=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Whole lines out of all of a file, as UTF-8. encoding: where it isn't that; cut: part of it was out of reach."""

    data: bytes
    encoding: str | None
    cut: bool


def read_lines(file: SourceFile) -> Lines:
    """Rule 1."""
    encoding = "utf-8" if file.format in LAID_OUT else None
    head = TextFile(file, encoding, _HEAD)
    with closing(head.blocks()) as blocks:
        first = next(blocks, None)
    told = _told(head)
    if first is None or (not file.gzipped and file.content.stat().st_size <= _HEAD):
        return Lines(data=first.data if first else b"", encoding=told, cut=False)
    if file.gzipped or not is_ascii_based(told or "utf-8"):
        data, cut = _streamed(TextFile(file, told or encoding, _HEAD // _WHOLE))
        return Lines(data=data, encoding=told, cut=cut)
    spread = replace(file, laid_out=LaidOut(_spread_ranges(file.content), origin=None))
    text = TextFile(spread, encoding, spread.content.stat().st_size + 1)
    with closing(text.blocks()) as blocks:
        data = b"".join(block.data for block in blocks)
    return Lines(data=data, encoding=told or _told(text), cut=False)


def spread_lines(source: Source) -> Source:
    """A source with lines from all of its file in their place (rule 1), unless records may have several lines."""
    file = source.files[0]
    if len(source.tables) < len(source.files) or file.format in {Format.PARQUET, Format.MYSQL, *LAID_OUT}:
        return source
    data = read_lines(file).data
    if file.format in {Format.CSV, Format.PGAUDIT} and any(line.count(b'"') % 2 for line in data.split(b"\n")):
        return source
    text, mapping = LaidOut([data]), source.mapping and replace(source.mapping, encoding="utf-8")
    files = tuple(replace(one, laid_out=text, gzipped=False, wrapped="") for one in source.files)
    return replace(source, files=files, mapping=mapping)


def _told(text: TextFile) -> str | None:
    """The encoding that was found out, if it isn't UTF-8."""
    return next((str(n.values["encoding"]).lower() for n in text.notices if n.code is NoticeCode.ENCODING), None)


def _spread_ranges(path: Path) -> Iterator[bytes]:
    """The beginning, and whole lines from places spread over the rest."""
    size = path.stat().st_size
    with path.open("rb") as disk:
        head = disk.read(_HEAD)
        yield head[: head.rfind(b"\n") + 1]
        for place in range(_PLACES):
            disk.seek(_HEAD + (size - _HEAD - _PIECE) * place // (_PLACES - 1) if size > _HEAD + _PIECE else _HEAD)
            piece = disk.read(_PIECE)
            yield piece[piece.find(b"\n") + 1 : piece.rfind(b"\n") + 1]
            if size <= _HEAD + _PIECE:
                return


def _streamed(text: TextFile) -> tuple[bytes, bool]:
    """The same of what can only be read from its start, and whether some was out of reach."""
    kept: list[bytes] = []
    read = 0
    with closing(text.blocks()) as blocks:
        for block in blocks:
            end = block.data.find(b"\n", _PIECE) + 1 if len(kept) >= _WHOLE else 0
            kept.append(block.data[: end or None])
            read += len(block.data)
            if read > MOST:
                break
    return b"".join([*kept[:_WHOLE], *kept[_WHOLE :: -(-len(kept) // _PLACES) or 1]]), read > MOST


def _text(file: SourceFile) -> Sample:
    lines = read_lines(file)
    data = lines.data.decode(errors="replace")
    if file.format is Format.JSONL:
        return replace(_json_sample(data, file.path), encoding=lines.encoding, cut=lines.cut)
    laid_out = file.format in LAID_OUT
    delimiter, alike = (",", 1.0) if laid_out else guess_delimiter(data, file.path)
    records, places = _records(data.encode(), delimiter)
    if records and any(_UNDECODED in cell for cell in records[0]):
        raise StoreError("not text in UTF-8, UTF-16 or GB18030", file=file.path, line=1)
    at = 0 if file.format is Format.DUMP and records else _heading(records[:1] if laid_out else records)
    first = records[at or 0] if records else []
    names = [str(n) if at is None else cell.strip() for n, cell in enumerate(first, 1)]
    rows = [row for row in records[0 if at is None else at + 1 :] if len(row) == len(names)]
    rows = rows if len(rows) <= ROWS else [rows[n // 4 * 4 * len(rows) // ROWS + n % 4] for n in range(ROWS)]
    columns: dict[str, list[str | None]] = {
        name: [row[n] for row in rows] for n, name in enumerate(names) if name and names.count(name) == 1
    }
    return Sample(
        path=file.path,
        format=file.format,
        columns=columns,
        encoding=lines.encoding,
        delimiter=delimiter,
        header=False if at is None else at == 0 or places[at],
        cut=lines.cut,
        table_like=alike >= 0.7 and len(names) > 1,
    )


def _heading(records: list[list[str]]) -> int | None:
    """The row of headings (rule 3); of two, one for people and one of codes, the last. None: there is none."""
    searched = records[:_SEARCHED]
    filled = [sum(bool(cell.strip()) for cell in row) for row in searched]
    most = max(filled, default=0)
    at = next((n for n, many in enumerate(filled) if many * 3 >= most * 2), 0)
    if not searched or not looks_like_header(searched[at]):
        return None
    two = searched[at : at + 2]
    codes = {all(_CODE.fullmatch(cell.strip()) for cell in row if cell.strip()) for row in two}
    named = len(codes) == 2 and not re.search(r"\d", "".join(two[1])) and looks_like_header(two[1])
    return at + 1 if named else at


def _json_sample(data: str, path: Path) -> Sample:
    texts = data.split("\n")
    texts = texts if len(texts) <= ROWS else [texts[n // 4 * 4 * len(texts) // ROWS + n % 4] for n in range(ROWS)]
    rows = [r for line in texts if isinstance(r := read_line(line), dict)]
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


def _records(data: bytes, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The rows, and the line on which each begins."""
    found = RecordSplitter(delimiter).feed(data, valid=True, last=True)
    rows = (split_record(text, delimiter) for text in record_texts(found.data))
    return [[re.sub(GUARDED, r"\1\2", cell) for cell in row] for row in rows], found.line.tolist()


def guess_delimiter(data: str, path: Path) -> tuple[str, float]:
    """The delimiter that cuts most lines into the same, largest number of fields; the share of these lines."""
    lines = [line for line in data.split("\n", 200)[:200] if line.strip()]

    def quality(delimiter: str) -> tuple[float, int]:
        counts = [len(split_record(line, delimiter)) for line in lines]
        usual = max(counts, key=counts.count, default=1)
        return (counts.count(usual) / max(len(counts), 1) if usual > 1 else 0.0, usual)

    known = path.name.lower().removesuffix(".gz").endswith(".tsv")
    best = "\t" if known else max(_DELIMITERS, key=quality)
    return best, quality(best)[0]


def looks_like_header(record: list[str]) -> bool:
    """Names are mostly there, not repeated, and neither numbers, times, addresses nor waybill numbers."""
    cells = [c.strip() for c in record if c.strip()]
    if len(set(cells)) != len(cells) or len(cells) * 3 < len(record) * 2:
        return False
    return not any(_DATA.fullmatch(c) or candidates(c) for c in cells)
