"""Requests: which waybills a URL names, or what it asks for; looked at a block at a time."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

import numpy as np
import pyarrow as pa

from wayseal.model.runtime import collector_paused
from wayseal.store._text_file import TextBlock, TextFile, is_utf8
from wayseal.store._times import format_offset
from wayseal.store.logs._bind_values import Filter, LeftOutError, plain_waybill
from wayseal.store.logs._row_builder import (
    MADE,
    DroppedCondition,
    LeftOutCounts,
    NoRead,
    Outcome,
    RowBuilder,
    WaybillsRead,
    Why,
    notify_at_end,
)
from wayseal.store.mapping import LogMapping, LogSettings, PathRule, match_whole
from wayseal.store.types import Notice, NoticeCode, RawBlock, ReadOptions, Reason, SourceFile

_MOST_PARAMETERS = 1000
_USUAL = re.compile(r"/(?!/)[A-Za-z0-9_.~/-]*+(?:\?[A-Za-z0-9_.~=&/:@,-]*+)?").fullmatch
"""Most targets: nothing in them is to be decoded."""
_TIMES = {"issued_from": ">=", "issued_to": "<"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for this URL or path. otherwise: what it comes to where no rule fits."""

    target: str
    otherwise: Callable[[], Outcome] | None = None


class Requests:
    """Reads requests by the rules of a mapping; the first rule whose path fits counts."""

    def __init__(self, settings: LogSettings, offset: timedelta) -> None:
        self._settings = settings
        self._offset = offset
        self._statuses = tuple(s.lower().removesuffix("xx") for s in settings.statuses)

    def refused(self, method: str, status: str) -> NoRead | None:
        """Why such a request showed nothing; None if it may have. An empty text is not looked at."""
        if method and method.upper() not in self._settings.methods:
            return NoRead(why=Why.METHOD)
        if status and not any(status.startswith(s) for s in self._statuses):
            return NoRead(why=Why.REDIRECTED if status.startswith("3") else Why.STATUS)
        return None

    def outcomes(self, records: Sequence[Outcome | Asked]) -> list[Outcome]:
        """Return the outcomes of records, of which some are requests that were not looked at yet."""
        asked = list(dict.fromkeys(one.target for one in records if isinstance(one, Asked)))
        read = dict(zip(asked, self._read(asked), strict=True))
        return [self._decided(one, read[one.target]) if isinstance(one, Asked) else one for one in records]

    def _decided(self, asked: Asked, outcome: Outcome) -> Outcome:
        return asked.otherwise() if asked.otherwise is not None and type(outcome) is NoRead else outcome

    def _read(self, targets: Sequence[str]) -> list[Outcome]:
        parts = [parted(target) for target in targets]
        fits = self._fits([path for path, _ in parts])
        nothing = NoRead(why=Why.OTHER_PATH)
        return [
            nothing if fit is None else self._query_outcome(*fit, query)
            for (_, query), fit in zip(parts, fits, strict=True)
        ]

    def _fits(self, paths: Sequence[str]) -> list[tuple[PathRule, Mapping[str, str]] | None]:
        """The first rule that fits each path, and what the path holds under its names."""
        found: list[tuple[PathRule, Mapping[str, str]] | None] = [None] * len(paths)
        # What no text can hold isn't part of any path that a rule names.
        plain = [path if path.isascii() else path.encode("utf-8", "replace").decode() for path in paths]
        left = pa.array(plain, pa.string())
        places = np.arange(len(paths))
        for rule in self._settings.paths:
            held = match_whole(left, rule.pattern)
            fits = held.is_valid()
            mask = fits.to_numpy(zero_copy_only=False)
            for place, names in zip(places[mask].tolist(), held.filter(fits).to_pylist(), strict=True):
                found[place] = rule, names
            left, places = left.filter(held.is_null()), places[~mask]
        return found

    def _query_outcome(
        self, rule: PathRule, captured: Mapping[str, str], query: list[tuple[str, str]] | None
    ) -> Outcome:
        if query == [] and len(captured) == 1 and (number := plain_waybill(captured.get("waybill"))):
            return WaybillsRead(waybills=(number,), action=rule.action)
        made = Filter(offset=self._offset)
        texts: dict[str, list[str]] = {k: [v] for k, v in captured.items() if v}
        if query is None:
            made.wider.append(DroppedCondition(why=Why.UNREADABLE))
        for name, value in query or ():
            if name in rule.query:
                if value.strip():
                    texts.setdefault(rule.query[name], []).append(value)
            elif name not in rule.ignore:
                made.wider.append(DroppedCondition(why=Why.PARAMETER, name=name))
        for key, values in texts.items():
            try:
                _permit(made, key, values, rule.times)
            except LeftOutError as left:
                named = next((name for name, one in rule.query.items() if one == key), "")
                made.wider.append(DroppedCondition(why=left.why, name=named))
        return made.outcome(None, rule.action, strict=False)


def _permit(made: Filter, key: str, values: list[str], times: tuple[str, ...]) -> None:
    if key in _TIMES:
        for value in values:
            made.bound(_TIMES[key], made.time(value, formats=times))
    elif key == "limit":
        found = [int(v) for v in values if v.isascii() and v.isdecimal() and len(v) < 16]
        made.limit = max(found) if len(found) == len(values) else None
    elif key == "waybill":
        made.permit(key, [p for v in values for p in v.replace(";", ",").replace("，", ",").split(",") if p.strip()])
    else:
        made.permit(key, values)


def parted(target: str) -> tuple[str, list[tuple[str, str]] | None]:
    """The path, its percent signs decoded, and the parameters; None for the latter where they can't be read."""
    if _USUAL(target):
        path, _, query = target.partition("?")
        if query.count("&") < _MOST_PARAMETERS:
            pieces = (piece.partition("=") for piece in query.split("&") if piece)
            return path, [(name, value) for name, _, value in pieces]
    try:
        split = urlsplit(
            target if "://" in target[:16] else "//h" + target if target.startswith("/") else "//h/" + target
        )
        path, query = split.path, split.query
    except ValueError:
        path, _, query = target.partition("?")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS, encoding="latin-1")
    except ValueError:
        return decoded(path), None
    return decoded(path), [(_text(n.encode("latin-1", "replace")), _value(v)) for n, v in pairs]


def decoded(text: str) -> str:
    """Percent signs decoded: UTF-8, or GB18030 where it is none."""
    return _text(unquote_to_bytes(text))


def _value(text: str) -> str:
    """Decode what `parse_qsl` has read byte by byte; a letter beyond Latin-1 stood in the log as it is."""
    try:
        return _text(text.encode("latin-1"))
    except UnicodeEncodeError:
        return text


def _text(data: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")


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
