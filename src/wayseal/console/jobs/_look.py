"""The kind `look`: what a log would become, before anything of it is in the ledger, and what may be seen of it.

Times, waybills and words of the contract are shown; of all else its shape.

1. Accounts, sessions, devices and partners are shapes: whoever sends a log has chosen them, and would learn from a
   pseudonym whose it is.
2. A mapping may be wrong, and a column of names stand where numbers should: a value is shown only if it is what its
   column says, and no phone or identity number. An outlet, a channel, a role is one if the ledger knows it.
3. Of what is made of several columns nobody can say which part became what: in the log it was a shape.
4. No column of a log is both somebody's and something that is shown: its values would stand in clear in the ledger.
5. A shape tells letters, digits and Chinese characters by one of each, and shows nothing else of a value.
6. What is proposed is what `wayseal map` proposes, and what reads the sample is what reads a log that is taken in.
7. A mapping that was sent, one of the folder, or columns that were chosen go before a proposal; a log whose columns are
   the contract's needs none.
8. What can't be read as it was asked is said beside the columns that there are, so that something else can be asked.
   What is missing is said of the column, never of a line of a mapping that nobody wrote.
9. How much of it the ledger has already is said before anything is taken in.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path

from wayseal.console.errors import JobError
from wayseal.console.jobs.logs import find_mapping, log_of, open_log, refuse_bomb
from wayseal.console.jobs.results import LOOK, CellSeen, ColumnSeen, FaultSeen, Look, TableSeen, told
from wayseal.console.jobs.types import JobContext, LogInput, message_of
from wayseal.ledger import open_ledger
from wayseal.ledger.errors import LedgerError
from wayseal.ledger.repeats import Repeats, find_repeats
from wayseal.model.fields import Field
from wayseal.model.messages import N_, Message
from wayseal.page.languages import translator
from wayseal.store import open_source, propose_mapping
from wayseal.store.errors import StoreError
from wayseal.store.logs import looks_personal, waybill_of
from wayseal.store.mapping import LOGS, Format, LogMapping
from wayseal.store.preview import FilePreview, Words, column_samples, column_words, preview_source
from wayseal.store.tables import TABLES, Column, ColumnType
from wayseal.store.types import Notice, NoticeCode, Source, notice_message

Known = Callable[[str, str], bool]
"""Whether the ledger knows a text as one of a kind (rule 2)."""
PERSONAL = frozenset(["actor", "operator", "partner", "session", "device", "ip"])
"""Columns of ids of people."""
_CODES = dict.fromkeys(("outlet", "origin_outlet", "destination_outlet"), "outlet") | {
    one: one for one in ("channel", "via", "role", "fields")
}
"""Columns of codes → their kind in the ledger."""
_KEPT_APART = frozenset(["purpose", "operation", "region", "city", "kind", *_CODES])
"""Columns, beside times, numbers and words of the contract, that pages show as they are."""
_DIGITS = 8
"""A number of a waybill has so many at least; an account's name seldom."""
_CODE = re.compile(r"(?!.*[0-9]{6})[A-Za-z0-9][\w.,:/ -]{0,39}", re.ASCII)
_TIME = re.compile(r"[0-9A-Za-z:/.,+ 年月日时分秒-]{4,40}")
_NAME = re.compile(r"(?!.*[0-9]{4})[^\W\d][\w .:/()（）-]{0,39}")
_MOST_SHAPE, _WORD = 40, 20
_SEEN = frozenset([ColumnType.TIME, ColumnType.ENUM, ColumnType.INT, ColumnType.FLOAT, ColumnType.WAYBILL])


def shape_of(text: str) -> str:
    """A value's shape (rule 3)."""
    return "".join(map(_mark, text[:_MOST_SHAPE])) + ("…" if len(text) > _MOST_SHAPE else "")


def column_name(name: str, place: int) -> str:
    """A column as it is called in a log; what doesn't look like a name, by its place from 1."""
    return name if _NAME.fullmatch(name) and not looks_personal(name) else f"#{place}"


def refuse_both(mapping: LogMapping) -> None:
    """Rule 4. StoreError: a column is both."""
    own = {one for field in mapping.fields if field.name in PERSONAL for one in field.columns}
    columns = {column.name: column for table in TABLES.values() for column in table.columns}
    for one in mapping.fields:
        shown = one.name in _KEPT_APART or columns[one.name].type in _SEEN
        if shown and one.name not in PERSONAL and not own.isdisjoint(one.columns):
            raise StoreError(
                "the column that this is made of is somebody's id already: one column can't be both", key=one.name
            )


def shown_value(column: Column, value: object, known: Known) -> str:
    """A value as it will lie in the ledger; times are told by whoever asks."""
    if value is None:
        return ""
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if _is_plain(column, text, known) else shape_of(text)


def shown_original(column: Column, text: str, became: object, known: Known) -> str:
    """Return what a value was in the log; became: what it is now, None where it can't be that."""
    plain = text.strip()
    if column.type in _SEEN and became is None:
        return shape_of(plain)
    if column.type is ColumnType.TIME:
        return plain if _TIME.fullmatch(plain) and not looks_personal(plain) else shape_of(text)
    return plain if _is_plain(column, plain, known) else shape_of(text)


def _is_plain(column: Column, text: str, known: Known) -> bool:
    """Rules 1 and 2."""
    if column.name in PERSONAL:
        return False
    if column.type is ColumnType.WAYBILL:
        return waybill_of(text) is not None and sum(char.isdigit() for char in text) >= _DIGITS
    if column.type in _SEEN:
        return len(text) <= _WORD and not looks_personal(text)
    kind = _CODES.get(column.name)
    items = text.split(",") if column.type is ColumnType.LIST else [text]
    return kind is not None and all(
        _CODE.fullmatch(one) and not looks_personal(one) and known(kind, one) for one in items
    )


def _mark(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Lo":
        return "字" if "\u3400" <= char <= "\u9fff" else "x"
    if kind[0] == "L":
        return "X" if kind == "Lu" else "x"
    if kind[0] == "N":
        return "0"
    return char if char.isascii() and char.isprintable() else "·"


_UNPACKED = 10 << 20
"""A packed file up to this size is unpacked once, to see whether it is a bomb; a larger one, when it is taken in."""
_ITEMS = "\x1f"
"""Between the items of a list that a ledger keeps."""
_ROWS, _SHAPES, _LINES, _FAULTS = 8, 3, 5, 12
_NOT_FOUND = N_("no column of the log was found for this, and it is needed: choose one below")


@dataclass(kw_only=True)
class _Found:
    """A look at a log, step by step."""

    path: Path
    table: str
    samples: Mapping[str, Sequence[str | None]]
    mapping: str = ""
    origin: str = "own"
    source: Source | None = None
    files: tuple[FilePreview, ...] = ()
    wrong: StoreError | None = None
    chosen: dict[str, str] = field(default_factory=dict)
    there: tuple[Repeats | None, ...] = ()


def run(log: LogInput, work: JobContext) -> Mapping[str, str]:
    """Looks at a log."""
    path = log_of(log, work)
    if path.stat().st_size <= _UNPACKED:
        refuse_bomb(path, work.step)
    work.step("look", 0, 0)
    plain = open_source(path, offset=log.offset or None, table=log.table or None)
    found = _Found(path=path, table=plain.files[0].table, samples=column_samples(plain))
    try:
        _read(found, plain, log, work)
    except StoreError as error:
        if not found.samples and not found.mapping:
            raise
        found.wrong = error
    look = _look_of(found, plain, _known(work.ledger))
    return {**LOOK.keep(work.folder, look), "rows": str(look.rows), "rejected": str(look.rejected)}


def _read(found: _Found, plain: Source, log: LogInput, work: JobContext) -> None:
    """Settles the mapping (rule 7), and reads the sample. StoreError (rule 8)."""
    if log.toml or log.mapping:
        text = log.toml or find_mapping(work.settings.mappings_folder, log.mapping).read_text("utf-8", "replace")
        found.mapping, found.origin = text, "sent" if log.toml else "file"
    elif log.columns or log.words:
        found.chosen, found.origin = _named(json.loads(log.columns or "{}"), tuple(found.samples)), "chosen"
        found.mapping = _propose(found, log)
    else:
        try:
            found.source, found.files = plain, preview_source(plain, rows=_ROWS)
        except StoreError:
            found.mapping, found.origin = _propose(found, log), "proposed"
    if found.mapping:
        found.source = open_log(replace(log, toml=found.mapping, origin=found.origin), work)
        if found.source.mapping is not None:
            refuse_both(found.source.mapping)
        found.table = found.source.files[0].table
        found.files = preview_source(found.source, rows=_ROWS)
    with suppress(LedgerError):  # there is none yet
        found.there = find_repeats(found.source or plain, found.files, work.ledger, work.step)


def _propose(found: _Found, log: LogInput) -> str:
    say = translator(log.lang)
    asked = log.table or (None if found.table == "accesses" else found.table)
    by_person = found.origin == "chosen"
    text = propose_mapping(
        found.path,
        translate=say,
        table=found.table if by_person else asked,
        chosen=found.chosen or None,
        words=json.loads(log.words) if log.words else None,
    )
    if not by_person:
        return text
    # A remark would tell which words a chosen column has, were it one of names.
    return "".join(line for line in text.splitlines(keepends=True) if not (line.startswith("#") and '"' in line))


def _named(places: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Column of the contract → name of the log's. JobError: there is no such column."""
    out = {}
    for column, place in places.items():
        if place and not (place.isascii() and place.isdigit() and int(place) < len(names)):
            raise JobError("there is no such column", key=column)
        out[column] = names[int(place)] if place else ""
    return out


def _known(ledger: Path) -> Known:
    """Return what the ledger knows; nothing before there is one."""
    try:
        with open_ledger(ledger) as snapshot:
            kinds = ("outlet", "channel", "via", "fields")
            found = {kind: set(snapshot.names(kind, snapshot.ids(kind))) for kind in kinds}
            found["role"] = set(snapshot.actors()["role"].to_pylist())
    except LedgerError:
        return lambda kind, text: False
    found["fields"] = {one for each in found["fields"] for one in each.split(_ITEMS)} | set(Field)
    return lambda kind, text: text in found[kind]


def _look_of(found: _Found, plain: Source, known: Known) -> Look:
    source, names = found.source or plain, tuple(found.samples)
    origins = {name: one for each in found.files for name, one in each.origins.items()}
    said = [notice for each in found.files for notice in each.batch.notices]
    naive = next((one for one in said if one.code is NoticeCode.TIMES_WITHOUT_OFFSET), None)
    form = source.files[0].format
    return Look(
        name=found.path.name,
        size=found.path.stat().st_size,
        table=found.table,
        encoding="" if form is Format.PARQUET else _encoding(source, said),
        offset=str(naive.values["offset"]) if naive else "",
        assumed=bool(naive and naive.values["assumed"]),
        mapping=found.mapping,
        origin=found.origin,
        columns=() if form in LOGS else tuple(_column(n, name, found) for n, name in enumerate(names, 1)),
        chosen={name: names.index(one[0]) for name, one in origins.items() if len(one) == 1 and one[0] in names}
        | {name: names.index(one) for name, one in found.chosen.items() if one in names},
        **_wrong_of(found),
        tables=tuple(_table(one, found, source, known, there) for one, there in zip_longest(found.files, found.there)),
    )


def _wrong_of(found: _Found) -> dict[str, str]:
    """Why it can't be read, and of which column that is said (rule 8)."""
    error = found.wrong
    if error is None:
        return {"wrong": "", "wrong_at": ""}
    key, table = (error.key or "").removeprefix("columns."), TABLES[found.table]
    at = key if key in table.names else ""
    if not at:
        return {"wrong": told(message_of(error)), "wrong_at": ""}
    if error.line is None:
        return {"wrong": told(error.message), "wrong_at": at}
    by_person = found.origin in ("sent", "file")
    return {"wrong": told(message_of(error) if by_person else Message(_NOT_FOUND)), "wrong_at": at}


def _encoding(source: Source, said: Sequence[Notice]) -> str:
    told = next((str(one.values["encoding"]) for one in said if one.code is NoticeCode.ENCODING), "")
    asked = source.mapping.encoding if source.mapping is not None else None
    return told or (asked or "UTF-8").upper()


def _column(place: int, name: str, found: _Found) -> ColumnSeen:
    values = [value for value in found.samples[name] if value and value.strip()]
    shapes = dict.fromkeys(shape_of(value) for value in values)
    return ColumnSeen(name=column_name(name, place), shapes=tuple(shapes)[:_SHAPES], different=len(set(values)))


def _table(look: FilePreview, found: _Found, source: Source, known: Known, there: Repeats | None) -> TableSeen:
    batch, span, names = look.batch, look.span(), tuple(found.samples)
    listed = [column.name for column in TABLES[look.file.table].columns if column.name in look.origins]
    places = {name: n for n, name in enumerate(names, 1)}
    return TableSeen(
        name=look.file.path.name,
        table=look.file.table,
        rows=batch.rows.num_rows,
        rejected=len(batch.rejected),
        dropped=len(batch.dropped),
        whole=look.whole,
        first=None if span is None else span[0],
        last=None if span is None else span[1],
        notices=tuple(
            told(notice_message(_by_heading(one, look, places)))
            for one in (*source.notices, *batch.notices, *(empty.notice(look.file) for empty in batch.emptied))
        ),
        faults=tuple(
            FaultSeen(
                reason=reason,
                column=column,
                made_of=tuple(column_name(one, places.get(one, 0)) for one in look.origins.get(column, ())),
                rows=len(lines),
                lines=tuple(lines[:_LINES]),
            )
            for (reason, column), lines in list(look.faults().items())[:_FAULTS]
        ),
        columns=tuple(
            (name, tuple(column_name(one, places.get(one, 0)) for one in look.origins[name])) for name in listed
        ),
        lines=tuple(_line(look, row, listed, known) for row in range(len(look.originals))),
        words=tuple((name, tuple(words)) for name, words in _words(look, found, source).items()),
        there=there,
    )


def _by_heading(notice: Notice, look: FilePreview, places: Mapping[str, int]) -> Notice:
    """The same with the log's own name of the column that it is about."""
    made_of = look.origins.get(str(notice.values.get("column", "")), ())
    named = " + ".join(column_name(one, places.get(one, 0)) for one in made_of)
    return replace(notice, values={**notice.values, "column": named}) if named else notice


def _words(look: FilePreview, found: _Found, source: Source) -> Mapping[str, Words]:
    """Words that can be told what they are called; of raw logs none."""
    return {} if look.file.format in LOGS else column_words(look, source.mapping, found.samples)


def _line(look: FilePreview, row: int, listed: Sequence[str], known: Known) -> tuple[int, tuple[CellSeen, ...]]:
    texts = {one.column: one.text for one in look.originals[row]}
    cells = []
    for name in listed:
        column, values = TABLES[look.file.table].column(name), look.batch.rows[name]
        if column.type is ColumnType.TIME:
            at, value = values.cast("int64")[row].as_py(), None
        else:
            at, value = None, values[row].as_py()
        text, became = texts.get(name, ""), value if at is None else at
        was = shape_of(text) if len(look.origins[name]) > 1 else shown_original(column, text, became, known)
        cells.append(CellSeen(was=was, becomes=shown_value(column, value, known), at=at))
    return int(look.batch.line[row]), tuple(cells)
