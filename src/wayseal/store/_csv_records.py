"""Text into CSV records: where each begins and ends, on which line, and which are damaged.

Rules, and what each is for:
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
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wayseal.store.types import Reason, Rejection

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
