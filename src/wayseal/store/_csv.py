"""CSV files as raw blocks: the records are cut here, their fields are read by Arrow."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from wayseal.store._csv_records import LONGEST_RECORD, CsvRecords, RecordSplitter
from wayseal.store._text_file import TextBlock, TextFile
from wayseal.store.errors import StoreError
from wayseal.store.formats import LAID_OUT
from wayseal.store.mapping import LogMapping
from wayseal.store.tables import TABLES
from wayseal.store.types import (
    Notice,
    NoticeCode,
    RawBlock,
    ReadOptions,
    Reason,
    Rejection,
    SourceFile,
)

_DELIMITERS = (",", "\t", ";", "|")
GUARDED = r"""^\s*(?:="([^"]*)"|'([0-9A-Za-z]*[0-9]{6,}))\s*$"""
"""A cell that keeps a spreadsheet from taking a number for one, of which only the number counts."""


class CsvBlocks:
    """A CSV file, opened: its column names, and its rows as raw blocks of the columns that are asked for.

    Without a header the names are "1", "2", …: as many as the first record has fields.
    """

    def __init__(
        self,
        file: SourceFile,
        mapping: LogMapping | None,
        options: ReadOptions,
        keep_rejected: bool,
    ) -> None:
        self._file = file
        self._keep = keep_rejected
        sheet = file.format in LAID_OUT
        self._told = "," if sheet else mapping.delimiter if mapping else None
        encoding = "utf-8" if sheet else mapping.encoding if mapping else None
        self._text = TextFile(file, encoding, options.block_bytes)
        self._rest: Iterator[TextBlock] = self._text.blocks()
        self.notices = self._text.notices
        self.open_ended = False
        self.names: tuple[str, ...] = ()
        self._delimiter = self._told or ","
        self._first_line = 1
        first = next(self._rest, None)
        if first is None or not first.data.strip():
            self.notices.append(Notice(code=NoticeCode.EMPTY_FILE, file=file.path))
        else:
            self._begin(first, mapping)

    def _begin(self, first: TextBlock, mapping: LogMapping | None) -> None:
        blank = len(first.data) - len(first.data.lstrip(b"\r\n"))
        if mapping is not None and mapping.header is not True and mapping.header:
            blank = len(first.data) - len(first.data.split(b"\n", mapping.header - 1)[-1])
        head, end = self._first_record(first.data, blank)
        self._first_line += first.data.count(b"\n", 0, blank)
        if self._told is None:
            wanted = wanted_names(self._file.table, mapping)
            self._delimiter = best_delimiter(head, wanted)
        cells = split_record(head, self._delimiter)
        if mapping is None or mapping.header:
            self.names = tuple(c.strip() for c in cells)
            self._first_line += first.data.count(b"\n", blank, end)
            blank = end
        else:
            self.names = tuple(str(n) for n in range(1, len(cells) + 1))
        if self._delimiter != "," and self._told is None:
            values: dict[str, str | int] = {"delimiter": self._delimiter.replace("\t", "tab")}
            self.notices.append(Notice(code=NoticeCode.DELIMITER, file=self._file.path, values=values))
        rest = TextBlock(data=first.data[blank:], valid=first.valid, bytes_read=first.bytes_read)
        self._rest = chain([rest], self._rest)

    def _first_record(self, data: bytes, start: int) -> tuple[str, int]:
        """The first record's text and where the next one begins."""
        end = start
        while True:
            end = data.find(b"\n", end) + 1
            head = data[start:end]
            if head.count(b'"') % 2 == 0:
                break
            if end == 0 or end >= len(data) or len(head) > LONGEST_RECORD:
                line = self._first_line + data.count(b"\n", 0, start)
                raise StoreError("a quote is not closed", file=self._file.path, line=line)
        try:
            return head.decode().rstrip("\r\n"), end
        except UnicodeDecodeError as error:
            raise StoreError(
                "not text in UTF-8, UTF-16 or GB18030", file=self._file.path, line=self._first_line
            ) from error

    def blocks(self, names: frozenset[str]) -> Iterator[RawBlock]:
        """The rows, in order."""
        if not self.names:
            return
        splitter = RecordSplitter(self._delimiter, first_line=self._first_line, keep_rejected=self._keep)
        for block, last in _with_last(self._rest):
            records = splitter.feed(block.data, valid=block.valid, last=last)
            yield self._raw(records, names, block.bytes_read)

    def _raw(self, records: CsvRecords, names: frozenset[str], bytes_read: int) -> RawBlock:
        columns, line, ragged = self._parse(records, names)
        rejected = records.rejected
        if ragged:
            rejected = sorted([*rejected, *ragged], key=lambda r: r.line)
        raws = None
        if self._keep:
            texts = dict(zip(records.line.tolist(), record_texts(records.data), strict=True))
            raws = tuple(texts[n] for n in line.tolist())
        return RawBlock(
            columns=columns,
            line=line,
            rejected=tuple(rejected),
            bytes_read=bytes_read,
            raws=raws,
        )

    def _parse(
        self, records: CsvRecords, names: frozenset[str]
    ) -> tuple[dict[str, pa.Array], npt.NDArray[np.int64], list[Rejection]]:
        wanted = {f"f{index}": name for index, name in enumerate(self.names) if name in names}
        if len(records.line) == 0:
            return {n: pa.array([], pa.string()) for n in wanted.values()}, records.line, []
        ragged: list[Rejection] = []
        wrong: list[int] = []

        def refuse(row: pacsv.InvalidRow) -> str:
            few = row.actual_columns < row.expected_columns
            wrong.append(row.number - 1)
            ragged.append(
                Rejection(
                    line=int(records.line[row.number - 1]),
                    column="",
                    reason=Reason.TOO_FEW_FIELDS if few else Reason.TOO_MANY_FIELDS,
                    raw=row.text if self._keep else None,
                )
            )
            return "skip"

        # Arrow takes one byte order mark off; in the middle of a file it is part of a value.
        data = BOM_UTF8 + records.data if records.data.startswith(BOM_UTF8) else records.data
        quoted = b'"' in data
        table = pacsv.read_csv(
            pa.BufferReader(data),
            read_options=pacsv.ReadOptions(
                column_names=[f"f{index}" for index in range(len(self.names))],
                use_threads=False,
                block_size=len(data) + 1,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=self._delimiter,
                newlines_in_values=quoted,
                invalid_row_handler=refuse,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=list(wanted) or ["f0"],
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        line = np.delete(records.line, wrong) if wrong else records.line
        columns = {name: _one(table.column(field)) for field, name in wanted.items()}
        if b"'" in data or (quoted and b'=""' in data):
            columns = {n: pc.replace_substring_regex(c, GUARDED, r"\1\2") for n, c in columns.items()}
        return columns, line, ragged


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def record_texts(data: bytes) -> list[str]:
    """The text of each record, its line break left out."""
    plain = np.frombuffer(data, np.uint8)
    newlines = np.flatnonzero(plain == 0x0A)
    quotes = np.flatnonzero(plain == 0x22)
    ends = newlines[np.searchsorted(quotes, newlines) % 2 == 0].tolist()
    starts = [0, *(e + 1 for e in ends)]
    return [data[a:b].decode().rstrip("\r") for a, b in zip(starts, ends, strict=False)]


def _with_last(blocks: Iterator[TextBlock]) -> Iterator[tuple[TextBlock, bool]]:
    """Each block, and whether it is the last; there is at least one."""
    held = next(blocks)
    for block in blocks:
        yield held, False
        held = block
    yield held, True


def split_record(record: str, delimiter: str) -> list[str]:
    """The fields of one record of any length; lenient, since a heading may be damaged and still be told about."""
    fields: list[str] = []
    index = 0
    while True:
        if record.startswith('"', index):
            end = index + 1
            while (end := record.find('"', end)) >= 0 and record.startswith('"', end + 1):
                end += 2
            stop = record.find(delimiter, len(record) if end < 0 else end)
            fields.append(record[index + 1 : end if end >= 0 else None].replace('""', '"'))
        else:
            stop = record.find(delimiter, index)
            fields.append(record[index : stop if stop >= 0 else None])
        if stop < 0:
            return fields
        index = stop + 1


def wanted_names(table: str, mapping: LogMapping | None) -> frozenset[str]:
    """The columns that a file of this table is expected to have."""
    if mapping is None:
        return frozenset(TABLES[table].names)
    return frozenset(c for f in mapping.fields for c in f.columns)


def best_delimiter(head: str, wanted: frozenset[str]) -> str:
    """The delimiter under which most of the expected columns appear; a comma unless another does better."""

    def found(delimiter: str) -> int:
        return sum(c.strip().casefold() in wanted or c.strip() in wanted for c in split_record(head, delimiter))

    return max(_DELIMITERS, key=found)
