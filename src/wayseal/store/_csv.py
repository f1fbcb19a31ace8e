"""CSV files as raw blocks: the records are cut here, their fields are read by Arrow.

Rules of cutting, and what each is for:
1. A record ends at a newline outside quotes; its line is the one on which it begins.
2. A quote opens a field only at the field's start and closes it only at the field's end; within, "" is one quote.
   A line that breaks this goes to quarantine, and reading goes on at the next line.
3. A quote that is not closed within `LONGEST_RECORD` bytes, or before the file ends, damages only its own line: the
   lines after it are read as if it had not been there. Nothing after it is swallowed.
4. `="771"` is how spreadsheets are made to keep a number as text: the cell is what stands in the quotes. Nothing else
   that begins with "=" is anything but text.
5. Blank lines are no records. A line with a NUL, with a carriage return outside quotes, or that is no UTF-8, goes to
   quarantine.

Almost all blocks are clean, and whole-block searches show it; only other blocks are gone through line by line.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from wayseal.store._text_file import TextBlock, TextFile
from wayseal.store.errors import StoreError
from wayseal.store.mapping import LAID_OUT, LogMapping
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

LONGEST_RECORD = 1 << 20
_Lines = npt.NDArray[np.int64]
_QUOTE, _NEWLINE, _RETURN = 0x22, 0x0A, 0x0D


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvRecords:
    """Whole records, one after the other in `data`; `line` says on which line each begins."""

    data: bytes
    line: _Lines
    rejected: list[Rejection]


class RecordSplitter:
    """Cuts the blocks of one file into records; keeps the beginning of one that the next block ends."""

    def __init__(
        self,
        delimiter: str,
        *,
        first_line: int = 1,
        keep_rejected: bool = False,
        longest: int = LONGEST_RECORD,
    ) -> None:
        self._mark = mark = delimiter.encode()
        # Nothing that keeps rule 2 looks like this: a quote is doubled within quotes, and else stands at a field's end.
        self._guard = re.compile(rb'(?<![^\n%b])=("[^"\r\n%b]+")(?=[\r\n%b])' % ((re.escape(mark),) * 3))
        self._line = first_line
        self._keep = keep_rejected
        self._longest = longest
        self._carry = b""
        self._carry_valid = True

    def feed(self, data: bytes, *, valid: bool, last: bool) -> CsvRecords:
        """The records that end in this block of whole lines; after the `last` block nothing is kept back."""
        block = self._carry + data
        valid = valid and self._carry_valid
        if valid and _has_no_blank_or_nul(block):
            if b'"' not in block:
                return self._plain(block)
            quoted = self._quoted(block, last) or self._quoted(block := self._guard.sub(rb"\1", block), last)
            if quoted is not None:
                return quoted
        return self._careful(self._guard.sub(rb"\1", block), valid, last)

    def _done(self, block: bytes, cut: int, records: CsvRecords, valid: bool) -> CsvRecords:
        self._carry = block[cut:]
        self._carry_valid = valid or not self._carry
        self._line += block.count(b"\n", 0, cut)
        return records

    def _plain(self, block: bytes) -> CsvRecords:
        line = np.arange(block.count(b"\n"), dtype=np.int64) + self._line
        return self._done(block, len(block), CsvRecords(data=block, line=line, rejected=[]), True)

    def _quoted(self, block: bytes, last: bool) -> CsvRecords | None:
        """Rules 1 and 2 on a whole block at once; None if it breaks them anywhere."""
        data = np.frombuffer(block, np.uint8)
        quotes = np.flatnonzero(data == _QUOTE)
        if not self._stand_right(data, quotes):
            return None
        newlines = np.flatnonzero(data == _NEWLINE)
        ends = np.flatnonzero(np.searchsorted(quotes, newlines) % 2 == 0)
        cut = int(newlines[ends[-1]]) + 1 if len(ends) else 0
        if (last and cut < len(block)) or len(block) - cut > self._longest:
            return None
        line = np.concatenate(([0], ends[:-1] + 1))[: len(ends)] + self._line
        return self._done(block, cut, CsvRecords(data=block[:cut], line=line, rejected=[]), True)

    def _stand_right(self, data: npt.NDArray[np.uint8], quotes: npt.NDArray[np.intp]) -> bool:
        opening, closing = quotes[0::2], quotes[1::2]
        before = data[np.maximum(opening - 1, 0)]
        after = data[np.minimum(closing + 1, len(data) - 1)]
        mark = self._mark[0]
        starts = (before == mark) | (before == _NEWLINE) | (before == _QUOTE) | (opening == 0)
        stops = (after == mark) | (after == _NEWLINE) | (after == _QUOTE) | (after == _RETURN)
        return bool(starts.all() and stops.all())

    def _careful(self, block: bytes, valid: bool, last: bool) -> CsvRecords:
        """The rules line by line, for blocks in which something is off."""
        lines = block.split(b"\n")[:-1]
        good: list[bytes] = []
        numbers: list[int] = []
        rejected: list[Rejection] = []
        here = 0
        while here < len(lines):
            count, reason = self._record(lines, here, last)
            if count == 0:
                break
            record = lines[here] if count == 1 else b"\n".join(lines[here : here + count])
            reason = reason or _damage(record, valid)
            if reason is not None:
                raw = record.decode(errors="replace") if self._keep else None
                line = self._line + here
                rejected.append(Rejection(line=line, column="", reason=reason, raw=raw))
            elif record not in {b"", b"\r"}:
                good.append(record)
                numbers.append(self._line + here)
            here += count
        good.append(b"")
        line_numbers = np.array(numbers, dtype=np.int64)
        cut = sum(map(len, lines[:here])) + here
        records = CsvRecords(data=b"\n".join(good), line=line_numbers, rejected=rejected)
        return self._done(block, cut, records, valid)

    def _record(self, lines: list[bytes], here: int, last: bool) -> tuple[int, Reason | None]:
        """How many lines the record has that begins here, and what is wrong; 0 if its end is yet to come."""
        inside = False
        size = 0
        for index in range(here, len(lines)):
            inside, reason = self._scan(lines[index], inside)
            if reason is not None:
                return 1, reason
            if not inside:
                return index - here + 1, None
            size += len(lines[index]) + 1
            if size > self._longest:
                return 1, Reason.UNTERMINATED_QUOTE
        return (1, Reason.UNTERMINATED_QUOTE) if last else (0, None)

    def _scan(self, line: bytes, inside: bool) -> tuple[bool, Reason | None]:
        """Scan a line: whether a quote is open at its end, and what is wrong with it."""
        if not inside and b'"' not in line:
            return False, _stray_return(line)
        index, mark = 0, self._mark
        while True:
            if inside:
                index = line.find(b'"', index) + 1
                if index == 0:
                    return True, None
                if line.startswith(b'"', index):
                    index += 1
                    continue
                inside = False
                if index == len(line) or line[index:] == b"\r":
                    return False, None
                if not line.startswith(mark, index):
                    return False, Reason.STRAY_QUOTE
                index += 1
            elif line.startswith(b'"', index):
                inside = True
                index += 1
            else:
                end = line.find(mark, index)
                value = line[index:] if end < 0 else line[index:end]
                if b'"' in value and value.rstrip(b"\r") != b'=""':
                    return False, Reason.STRAY_QUOTE
                if b"\r" in value and (end >= 0 or _stray_return(value)):
                    return False, Reason.STRAY_CARRIAGE_RETURN
                if end < 0:
                    return False, None
                index = end + 1


def _has_no_blank_or_nul(block: bytes) -> bool:
    if block.startswith((b"\n", b"\r\n")) or b"\n\n" in block or b"\0" in block:
        return False
    returns = block.count(b"\r")
    return returns == 0 or (returns == block.count(b"\r\n") and b"\n\r\n" not in block)


def _stray_return(line: bytes) -> Reason | None:
    found = line.find(b"\r")
    return Reason.STRAY_CARRIAGE_RETURN if 0 <= found < len(line) - 1 else None


def _damage(record: bytes, valid: bool) -> Reason | None:
    if b"\0" in record:
        return Reason.NUL_BYTE
    if not valid:
        try:
            record.decode()
        except UnicodeDecodeError:
            return Reason.UNDECODABLE
    return None


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
