"""PostgreSQL's csvlog with the records of pgaudit.

A record is `AUDIT: SESSION,1,1,READ,SELECT,,,"select …",<parameters>[,rows]` in the column `message`. PostgreSQL 12 has
23 columns, 13 has 24, later ones 26. A file that was cut in the middle of a record loses that record
alone, to quarantine.
"""

import re
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.model.runtime import collector_paused
from wayseal.store._csv import CsvBlocks, RecordSplitter, record_texts, split_record
from wayseal.store._text_file import TextBlock
from wayseal.store._times import format_offset
from wayseal.store.errors import StoreError
from wayseal.store.logs._literals import ParsedStatement, pairs
from wayseal.store.logs._row_builder import (
    MADE,
    LeftOutCounts,
    NoRead,
    Outcome,
    RowBuilder,
    Unreadable,
    Why,
    notify_at_end,
)
from wayseal.store.logs._statements import Statements, unknown
from wayseal.store.mapping import LogMapping, LogSettings
from wayseal.store.types import RawBlock, ReadOptions, Reason, Rejection, SourceFile

COLUMNS = {
    "log_time": 1, "user_name": 2, "database_name": 3, "connection_from": 5, "session_id": 6, "command_tag": 8,
    "application_name": 23,
}  # fmt: skip
NAMES = (*COLUMNS, "client_ip", "statement_id", *MADE)
COMMENT = "comment."
_WIDTHS = range(23, 27)
_MESSAGE = 14
_START = "AUDIT: "
_PREVIOUS, _HIDDEN, _NONE = "<previously logged>", "<not logged>", "<none>"
_UNSAID = frozenset({_PREVIOUS, _HIDDEN})
_BEGINS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_USUAL = re.compile(
    _START + r'([^,"]*+),([^,"]*+),([^,"]*+),([^,"]*+),([^,"]*+),([^,"]*+),([^,"]*+),'
    r'(?:"((?:[^"]++|"")*+)"|([^,"]*+)),(?:"((?:[^"]++|"")*+)"|([^,"]*+))(?:,([^,"]*+))?'
).fullmatch
"""Most messages: no quote stands in them but around the statement and the values."""
_AT_ONCE = 512
_COUNT = re.compile("[0-9]{1,15}")
_SESSIONS = 1 << 16
_LOOKED_AT = 2 << 20
_BROKEN = frozenset({Reason.UNTERMINATED_QUOTE, Reason.STRAY_QUOTE})


class _Csvlog(CsvBlocks):
    """The file as CSV without a header; its width is that of most records, since the first may be cut."""

    def _begin(self, first: TextBlock, mapping: LogMapping | None) -> None:
        held = [first]
        size = len(first.data)
        while not (width := _width(held)) and size < _LOOKED_AT and (block := next(self._rest, None)):
            held.append(block)
            size += len(block.data)
        if not width:
            raise StoreError(
                "no record of PostgreSQL's csvlog is here (23 to 26 columns, the first a time)",
                file=self._file.path,
                line=1,
            )
        self.names = tuple(str(n) for n in range(1, width + 1))
        self._delimiter = ","
        self._rest = chain(held, self._rest)


def _width(blocks: list[TextBlock]) -> int:
    """The columns that most records have; 0 if none has as many as PostgreSQL writes."""
    data = b"".join(b.data for b in blocks)[:_LOOKED_AT]
    found: Counter[int] = Counter()
    for size in (1 << 16, _LOOKED_AT):
        part = data[: data.rfind(b"\n", 0, size) + 1]
        records = RecordSplitter(",").feed(part, valid=False, last=True)
        begun = (r for r in record_texts(records.data)[:1000] if _BEGINS.match(r))
        found = Counter(len(split_record(r, ",")) for r in begun)
        if any(width in _WIDTHS for width in found):
            break
    return max((w for w in found if w in _WIDTHS), key=lambda w: found[w], default=0)


class PgauditBlocks:
    """A csvlog, opened: its pgaudit records as raw rows of `accesses` or `queries`."""

    def __init__(self, file: SourceFile, mapping: LogMapping, options: ReadOptions, keep_rejected: bool) -> None:
        settings = mapping.logs or LogSettings()
        self._file = file
        self._keep = keep_rejected
        told = options.offset if options.offset is not None else mapping.offset
        self._told_offset = told
        self._offset = told or timedelta(0)
        self._csv = _Csvlog(file, mapping, options, keep_rejected)
        self.notices = self._csv.notices
        self._counts = LeftOutCounts(
            table=file.table,
            file=file.path,
            pending=self.notices,
            searches=file.searches,
            how=(mapping, options, keep_rejected),
        )
        self.open_ended = False
        self._wanted = wanted = {c for f in mapping.fields for c in f.columns} | {f.column for f in mapping.filters}
        self._keys = sorted(c.removeprefix(COMMENT) for c in wanted if c.startswith(COMMENT))
        self.names = (*NAMES, *(COMMENT + k for k in self._keys)) if self._csv.names else ()
        self._statements = Statements(settings.tables, self._offset)
        self._last: OrderedDict[str, str] = OrderedDict()
        self._zone = ""
        self._cut = -1

    def blocks(self, names: frozenset[str]) -> Iterator[RawBlock]:
        """The rows, in order; counts are said with the last block."""
        if not self.names:
            return
        columns = frozenset(str(n) for n in (*COLUMNS.values(), _MESSAGE))
        made = self._counts.found_before() or map(self._block, self._csv.blocks(columns))
        yield from notify_at_end(made, self._tell)

    def _tell(self) -> None:
        self.notices.extend(self._counts.notices(format_offset(self._offset), self._told_offset is None))

    def _block(self, block: RawBlock) -> RawBlock:
        rows = RowBuilder(counts=self._counts, keep=self._keep)
        rows.rejected += self._whole(block.rejected)
        message = block.columns[str(_MESSAGE)]
        audit = np.flatnonzero(pc.starts_with(message, _START).to_numpy(zero_copy_only=False))
        rows.leave(Why.OTHER_RECORD, np.delete(block.line, audit).tolist())
        line = block.line[audit]
        raws = None if block.raws is None else [block.raws[n] for n in audit.tolist()]
        take = pa.array(audit)
        columns = {n: block.columns[str(index)].take(take) for n, index in COLUMNS.items()}
        columns["log_time"] = self._times(columns["log_time"], line)
        columns["client_ip"] = _address(columns["connection_from"])
        extra = self._read(message.take(take).to_pylist(), columns["session_id"].to_pylist(), line, raws, rows)
        lines = np.append(block.line, [r.line for r in block.rejected]).astype(np.int64)
        kept = {n: c for n, c in (columns | extra).items() if n in self._wanted}
        return rows.block(kept, line, lines, raws, block.bytes_read)

    def _read(
        self,
        messages: list[str],
        sessions: list[str],
        line: npt.NDArray[np.int64],
        raws: Sequence[str] | None,
        rows: RowBuilder,
    ) -> dict[str, pa.Array]:
        """Reads each record; the columns that are made of its message."""
        ids: list[str] = []
        said: dict[str, list[str | None]] = {k: [] for k in self._keys}
        lines = line.tolist()
        for start in range(0, len(messages), _AT_ONCE):
            outcomes: list[Outcome] = []
            some = slice(start, start + _AT_ONCE)
            with collector_paused():
                for message, session in zip(messages[some], sessions[some], strict=True):
                    fields, damaged = _fields(message)
                    ids.append(key := f"{session}/{'.'.join(fields[1:3])}")
                    parted = None if damaged else self._statements.part(fields[7])
                    outcomes.append(
                        Unreadable(column="message", reason=damaged)
                        if damaged
                        else self._outcome(fields, parted, session, key)
                    )
                    if self._keys:
                        found = pairs(parted.comments) if parted and parted.comments else {}
                        for name in self._keys:
                            said[name].append(found.get(name))
                rows.add(start, lines[some], outcomes, lambda index: raws[index] if raws else "")
        made = {COMMENT + k: pa.array(v, pa.string()) for k, v in said.items()}
        return made | {"statement_id": pa.array(ids, pa.string())}

    def _outcome(self, fields: Sequence[str], parted: ParsedStatement | None, session: str, key: str) -> Outcome:
        _, _, _, kind, command, _, touched, statement, values, *counted = fields
        if kind != "READ" or command == "PREPARE":
            return NoRead(why=Why.NOT_A_READ)
        if self._last.get(session) == key:
            return NoRead(why=Why.REPEATED)
        told = bool(touched) and self._touches_mapped_table(touched)
        rows = int(counted[0]) if counted and _COUNT.fullmatch(counted[0]) and command == "SELECT" else None
        if statement in _UNSAID:
            sure = told or (statement == _HIDDEN and not touched)
            outcome = unknown(Why.NOT_LOGGED, rows) if sure else NoRead(why=Why.OTHER_TABLE)
        elif command == "COPY" and self._statements.wraps(parted):
            return NoRead(why=Why.REPEATED)
        else:
            bound = [] if values == _NONE else None if values in _UNSAID else split_record(values, ",")
            outcome = self._statements.outcome(parted, bound, rows, told=told)
        if not isinstance(outcome, NoRead):
            self._last[session] = key
            self._last.move_to_end(session)
            if len(self._last) > _SESSIONS:
                self._last.popitem(last=False)
        return outcome

    def _touches_mapped_table(self, touched: str) -> bool:
        """True if the record names a mapped table of waybills as the one that it touched."""
        table = self._statements.tables.named(touched)
        return table is not None and table.waybills

    def _times(self, texts: pa.Array, line: npt.NDArray[np.int64]) -> pa.Array:
        """Times without the name of their zone where an offset was told; UTC needs none."""
        coded = pc.replace_substring_regex(texts, r"^.*[0-9] ?", "").dictionary_encode()
        zones = [z for z in coded.dictionary.to_pylist() if re.fullmatch("[A-Za-z]{1,6}", z)]
        named = [z for z in zones if z.upper() not in {"UTC", "GMT", "Z"}]
        for zone in named:
            self._check_zone(zone, int(line[0]))
        return pc.replace_substring_regex(texts, r" ?[A-Za-z]{1,6}$", "") if named else texts

    def _check_zone(self, zone: str, line: int) -> None:
        if self._told_offset is None:
            raise StoreError(
                "times end in {zone}, which several zones are called; say the offset, with --offset +08:00 or `offset` "
                "in the mapping",
                file=self._file.path,
                line=line,
                key="log_time",
                zone=zone,
            )
        if self._zone not in {"", zone}:
            raise StoreError(
                "times end in {zone} and in {other}, which one offset can't serve; log in UTC, or part the file",
                file=self._file.path,
                line=line,
                key="log_time",
                zone=self._zone,
                other=zone,
            )
        self._zone = zone

    def _whole(self, rejected: Sequence[Rejection]) -> list[Rejection]:
        """A record whose quote is broken takes the damaged lines right after it along: they are its own text."""
        out: list[Rejection] = []
        for item in rejected:
            follows = item.line == self._cut + 1 and item.reason in {*_BROKEN, Reason.TOO_FEW_FIELDS}
            self._cut = item.line if follows or item.reason in _BROKEN else -1
            if not follows:
                out.append(item)
            elif out and out[-1].raw is not None:
                out[-1] = replace(out[-1], raw=f"{out[-1].raw}\n{item.raw}")
        return out


def _fields(message: str) -> tuple[Sequence[str], Reason | None]:
    """The fields of a record, and what is wrong with it."""
    if usual := _USUAL(message):
        *first, quoted, plain, listed, alone, count = usual.groups()
        statement = plain if quoted is None else quoted.replace('""', '"')
        values = alone if listed is None else listed.replace('""', '"')
        return [*first, statement, values, *(() if count is None else (count,))], None
    fields = split_record(message[len(_START) :], ",")
    if message.count('"') % 2:
        return fields, Reason.UNTERMINATED_QUOTE
    if len(fields) < 9:
        return fields, Reason.TOO_FEW_FIELDS
    return fields, Reason.TOO_MANY_FIELDS if len(fields) > 10 else None


def _address(texts: pa.Array) -> pa.Array:
    """The address without its port; null for a socket of the same machine."""
    bare = pc.replace_substring_regex(texts, r":[0-9]+$", "")
    return pc.if_else(pc.equal(bare, "[local]"), pa.scalar(None, pa.string()), bare)
