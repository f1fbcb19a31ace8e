r"""The combined (and common) log of nginx and Apache.

`10.1.2.3 - u-17 [04/Mar/2026:11:02:31 +0800] "GET /api/waybill/YT1?x=1 HTTP/1.1" 200 512 "referer" "agent"`; what a
server adds at the end of a line is left alone. Quotes inside stand as \x22 (nginx) or \" (Apache).

A raw log with a record a line: what its formats share.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import numpy as np
import pyarrow as pa

from wayseal.model.runtime import collector_paused
from wayseal.store._text_file import TextBlock, TextFile, is_utf8
from wayseal.store._times import format_offset
from wayseal.store.logs._row_builder import MADE, LeftOutCounts, Outcome, RowBuilder, Unreadable, notify_at_end
from wayseal.store.logs._url_paths import Asked, Requests, parted
from wayseal.store.mapping import LogMapping, LogSettings
from wayseal.store.types import Notice, NoticeCode, RawBlock, ReadOptions, Reason, SourceFile

_MOST_BLOCK_BYTES = 8 << 20
_AT_ONCE = 512
"""Lines that are looked at together, without Python's collector: what it would collect is little so far."""
Found = dict[str, list[str | None]]


class LineBlocks(ABC):
    """Such a log, opened: its records as raw rows of `accesses` or `queries`.

    names: columns of the rows, those of `MADE` among them. wanted: columns that the mapping names. line: number of the
    next block's first line.
    """

    names: tuple[str, ...]

    def __init__(self, file: SourceFile, mapping: LogMapping, options: ReadOptions, keep_rejected: bool) -> None:
        told = options.offset if options.offset is not None else mapping.offset
        self._assumed = told is None
        self.offset = told or timedelta(0)
        self.keep = keep_rejected
        self.settings = mapping.logs or LogSettings()
        self.wanted = {c for f in mapping.fields for c in f.columns} | {f.column for f in mapping.filters}
        self.requests = Requests(self.settings, self.offset)
        self.line = 1
        self._undecodable: set[int] = set()
        self._text = TextFile(file, mapping.encoding, min(options.block_bytes, _MOST_BLOCK_BYTES))
        self._empty = Notice(code=NoticeCode.EMPTY_FILE, file=file.path)
        self.notices = self._text.notices
        self.counts = LeftOutCounts(
            table=file.table,
            file=file.path,
            pending=self.notices,
            searches=file.searches,
            how=(mapping, options, keep_rejected),
        )
        self.open_ended = False

    def blocks(self, names: frozenset[str]) -> Iterator[RawBlock]:
        """The rows, in order; counts are said with the last block."""
        made = self.counts.found_before() or map(self.block, self.whole(self._text.blocks()))
        empty = True
        for block in notify_at_end(made, self._tell):
            empty = False
            yield block
        if empty:
            self.notices.append(self._empty)

    def _tell(self) -> None:
        self.notices.extend(self.counts.notices(format_offset(self.offset), self._assumed))

    def whole(self, blocks: Iterator[TextBlock]) -> Iterator[TextBlock]:
        """The blocks, cut between records."""
        return blocks

    def split(self, block: TextBlock) -> list[tuple[int, str]]:
        """The records of a block as text, each with the line that it begins on; empty ones are none."""
        texts = self.decode(block.valid, block.data.split(b"\n")[:-1], range(self.line, self.line + len(block.data)))
        if b"\r" in block.data:
            texts = [text.rstrip("\r") for text in texts]
        self.line += len(texts)
        return [one for one in enumerate(texts, self.line - len(texts)) if one[1] and not one[1].isspace()]

    def decode(self, valid: bool, parts: Sequence[bytes], lines: Iterable[int]) -> list[str]:
        """Texts, and what could be none is known from here on by its line."""
        if valid:
            return [part.decode() for part in parts]
        self._undecodable = {line for line, part in zip(lines, parts, strict=False) if not is_utf8(part)}
        return [part.decode(errors="replace") for part in parts]

    def reason(self, number: int, text: str, otherwise: Reason) -> Reason:
        """Why a record can't be read: for bytes that are none of a text, for a NUL, or for something else."""
        if number in self._undecodable:
            return Reason.UNDECODABLE
        return Reason.NUL_BYTE if "\0" in text else otherwise

    def block(self, block: TextBlock) -> RawBlock:
        """The rows of one block."""
        rows = RowBuilder(counts=self.counts, keep=self.keep)
        records = self.split(block)
        found: Found = {name: [] for name in self.names if name in self.wanted and name not in MADE}
        line = [number for number, _ in records]
        for start in range(0, len(records), _AT_ONCE):
            with collector_paused():
                some = self.requests.outcomes(self.read(records[start : start + _AT_ONCE], found))
                rows.add(start, line[start : start + _AT_ONCE], some, lambda index: records[index][1])
        columns = {name: pa.array(values, pa.string()) for name, values in found.items()}
        raws = [text for _, text in records] if self.keep else None
        numbers = np.array(line, np.int64)
        return rows.block(columns, numbers, numbers, raws, block.bytes_read)

    def read(self, records: Sequence[tuple[int, str]], found: Found) -> list[Outcome | Asked]:
        """Read records; their fields go into `found`."""
        return [self.record(text, number, found) for number, text in records]

    @abstractmethod
    def record(self, text: str, number: int, found: Found) -> Outcome | Asked:
        """Read a record; its fields go into `found`, one to each column."""


LINE = re.compile(
    r"(?P<client_ip>\S+) (?P<ident>\S+) (?P<user>.+?) \[(?P<time>[^\]]{1,40})\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>[0-9]{3}) (?P<bytes>[0-9]+|-)'
    r'(?: "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)")?(?: .*)?'
)
REQUEST = re.compile(r"(?P<method>[A-Za-z]{1,20}) (?P<target>.+?)(?: (?P<protocol>HTTP/[0-9.]+))?")
_USUAL = re.compile(
    r'([0-9a-fA-F.:]++) (-) ([^ \[]++) \[([^\]]{1,40}+)\] "([A-Za-z]{1,20}+) ([^ "\\]++) (?:HTTP/[0-9.]++)" '
    r"([0-9]{3}) ([0-9]++|-)"
    r'(?: "[^"\\]*+" "([^"\\]*+)"(?: .*)?)?'
).fullmatch
"""Most lines: of what `LINE` takes those without a quote, backslash or space where one could mislead."""
_GROUPS = ("client_ip", "ident", "user", "time", "method", "target", "status", "bytes", "agent")
_METHOD, _TARGET, _STATUS = 4, 5, 6
FIELDS = ("client_ip", "ident", "user", "time", "method", "status", "bytes", "agent", "line_id")
NAMES = (*FIELDS, *MADE)
QUERY = "query."
LONGEST = 64 << 10


class CombinedBlocks(LineBlocks):
    """A combined log, opened: its requests as raw rows of `accesses` or `queries`."""

    def __init__(self, file: SourceFile, mapping: LogMapping, options: ReadOptions, keep_rejected: bool) -> None:
        super().__init__(file, mapping, options, keep_rejected)
        self._parameters = sorted(c.removeprefix(QUERY) for c in self.wanted if c.startswith(QUERY))
        self.names = (*NAMES, *(QUERY + p for p in self._parameters))
        self._refused: dict[tuple[str, str], Outcome | None] = {}

    def read(self, records: Sequence[tuple[int, str]], found: Found) -> list[Outcome | Asked]:
        """Requests."""
        fields: list[tuple[str | None, ...]] = []
        outcomes: list[Outcome | Asked] = []
        for number, text in records:
            match = _USUAL(text) if len(text) <= LONGEST else None
            made = match.groups() if match else _slow(text)
            fields.append(made)
            key = (made[_METHOD] or "-", made[_STATUS] or "")
            if key not in self._refused:
                self._refused[key] = self.requests.refused(*key) if made[_STATUS] else None
            outcomes.append(self._refused[key] or self._asked(number, text, made))
        columns = dict(zip(_GROUPS, zip(*fields, strict=True), strict=True)) if fields else {}
        for name, column in found.items():
            if name == "line_id":
                times = columns["time"]
                column += [f"{time or ''}#{number}" for time, (number, _) in zip(times, records, strict=True)]
            elif name in FIELDS:
                column += [None if value in {"-", ""} else value for value in columns[name]]
        if self._parameters:
            self._take_parameters([one[_TARGET] for one in fields], found)
        return outcomes

    def record(self, text: str, number: int, found: Found) -> Outcome | Asked:
        """A request."""
        return self.read([(number, text)], found)[0]

    def _asked(self, number: int, text: str, fields: tuple[str | None, ...]) -> Outcome | Asked:
        target = fields[_TARGET]
        if fields[_STATUS] is None:
            odd = text.replace("\\\\", "").replace('\\"', "").count('"') % 2
            reason = self.reason(number, text, Reason.UNTERMINATED_QUOTE if odd else Reason.TOO_FEW_FIELDS)
            return Unreadable(column="", reason=Reason.TOO_LONG if len(text) > LONGEST else reason)
        if target is None:
            return Unreadable(column="request", reason=Reason.TOO_FEW_FIELDS)
        return Asked(target=unescaped(target))

    def _take_parameters(self, targets: Sequence[str | None], found: Found) -> None:
        for target in targets:
            query = dict(parted(unescaped(target))[1] or ()) if target and "?" in target else {}
            for name in self._parameters:
                if (column := found.get(QUERY + name)) is not None:
                    value = query.get(name)
                    column.append(None if value in {"-", ""} else value)


def _slow(text: str) -> tuple[str | None, ...]:
    """The fields of a line that isn't written as most are; none of one that can't be read."""
    match = LINE.fullmatch(text) if len(text) <= LONGEST else None
    request = REQUEST.fullmatch(match["request"]) if match else None
    values = (match.groupdict() if match else {}) | (request.groupdict() if request else {})
    return tuple(values.get(name) for name in _GROUPS)


def unescaped(text: str) -> str:
    r"""A request as it was sent: \x22 and \" are the quote."""
    if "\\" not in text:
        return text
    data = re.sub(r"\\x([0-9A-Fa-f]{2})", lambda m: "%" + m[1], text)
    return re.sub(r'\\(["\\])', r"\1", data)
