"""The kind `look`: what a log would become, before anything of it is in the ledger.

1. What is proposed is what `wayseal map` proposes, and what reads the sample is what reads a log that is taken in.
2. A mapping that was sent, one of the folder, or columns that were chosen go before a proposal; a log whose columns are
   the contract's needs none.
3. What can't be read as it was asked is said beside the columns that there are, so that something else can be asked.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wayseal.console.errors import JobError
from wayseal.console.jobs._shown import Known, column_name, refuse_both, shape_of, shown_original, shown_value
from wayseal.console.jobs._told import message_of
from wayseal.console.jobs.logs import find_mapping, log_of, open_log, refuse_bomb
from wayseal.console.jobs.looks import CellSeen, ColumnSeen, FaultSeen, Look, TableSeen, keep_look, told
from wayseal.console.jobs.work import Work
from wayseal.ledger import open_ledger
from wayseal.ledger.errors import LedgerError
from wayseal.model.fields import Field
from wayseal.page.languages import translator
from wayseal.store import TABLES, open_source, propose_mapping
from wayseal.store.errors import StoreError
from wayseal.store.formats import LOGS, Format
from wayseal.store.look import FileLook, column_samples, look_at_source
from wayseal.store.notices import notice_message
from wayseal.store.tables import ColumnType
from wayseal.store.types import Notice, NoticeCode, Source

_UNPACKED = 10 << 20
"""A packed file up to this size is unpacked once, to see whether it is a bomb; a larger one, when it is taken in."""
_ITEMS = "\x1f"
"""Between the items of a list that a ledger keeps."""
_ROWS, _SHAPES, _LINES, _FAULTS = 8, 3, 5, 12


@dataclass(kw_only=True)
class _Found:
    """What is found, step by step."""

    path: Path
    table: str
    samples: Mapping[str, Sequence[str | None]]
    mapping: str = ""
    origin: str = "own"
    source: Source | None = None
    files: tuple[FileLook, ...] = ()
    wrong: StoreError | None = None
    chosen: dict[str, str] = field(default_factory=dict)


def run(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Looks at a log. values: as of an ingest, and `columns`: column of the contract → place of the log's, as JSON."""
    path = log_of(values, work)
    if path.stat().st_size <= _UNPACKED:
        refuse_bomb(path, work.step)
    work.step("look", 0, 0)
    plain = open_source(path, offset=values.get("offset") or None, table=values.get("table") or None)
    found = _Found(path=path, table=plain.files[0].table, samples=column_samples(plain))
    try:
        _read(found, plain, values, work)
    except StoreError as error:
        if not found.samples and not found.mapping:
            raise
        found.wrong = error
    look = _look_of(found, plain, _known(work.ledger))
    made = keep_look(work.folder, look)
    return {**made, "rows": str(look.rows), "rejected": str(look.rejected)}


def _read(found: _Found, plain: Source, values: Mapping[str, str], work: Work) -> None:
    """Settles the mapping (rule 2), and reads the sample. StoreError (rule 3)."""
    sent, named, columns = values.get("toml", ""), values.get("mapping", ""), values.get("columns", "")
    if sent or named:
        text = sent or find_mapping(work.settings.mappings_folder, named).read_text("utf-8", "replace")
        found.mapping, found.origin = text, "sent" if sent else "file"
    elif columns:
        found.chosen, found.origin = _named(json.loads(columns), tuple(found.samples)), "chosen"
        found.mapping = _propose(found, values)
    else:
        try:
            found.source, found.files = plain, look_at_source(plain, rows=_ROWS)
            return
        except StoreError:
            found.mapping, found.origin = _propose(found, values), "proposed"
    found.source = open_log({**values, "toml": found.mapping, "origin": found.origin}, work)
    if found.source.mapping is not None:
        refuse_both(found.source.mapping)
    found.table = found.source.files[0].table
    found.files = look_at_source(found.source, rows=_ROWS)


def _propose(found: _Found, values: Mapping[str, str]) -> str:
    say = translator(values.get("lang", "en"))
    asked = values.get("table") or (None if found.table == "accesses" else found.table)
    table = found.table if found.chosen else asked
    text = propose_mapping(found.path, translate=say, table=table, chosen=found.chosen or None)
    if not found.chosen:
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
    """What the ledger knows; nothing before there is one."""
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
        wrong="" if found.wrong is None else told(message_of(found.wrong)),
        tables=tuple(_table(one, names, source, known) for one in found.files),
    )


def _encoding(source: Source, said: Sequence[Notice]) -> str:
    told = next((str(one.values["encoding"]) for one in said if one.code is NoticeCode.ENCODING), "")
    asked = source.mapping.encoding if source.mapping is not None else None
    return told or (asked or "UTF-8").upper()


def _column(place: int, name: str, found: _Found) -> ColumnSeen:
    values = [value for value in found.samples[name] if value and value.strip()]
    shapes = dict.fromkeys(shape_of(value) for value in values)
    return ColumnSeen(name=column_name(name, place), shapes=tuple(shapes)[:_SHAPES], different=len(set(values)))


def _table(look: FileLook, names: Sequence[str], source: Source, known: Known) -> TableSeen:
    batch, span = look.batch, look.span()
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
            told(notice_message(one))
            for one in (*source.notices, *batch.notices, *(empty.notice(look.file) for empty in batch.emptied))
        ),
        faults=tuple(
            FaultSeen(reason=reason, column=column, rows=len(lines), lines=tuple(lines[:_LINES]))
            for (reason, column), lines in list(look.faults().items())[:_FAULTS]
        ),
        columns=tuple(
            (name, tuple(column_name(one, places.get(one, 0)) for one in look.origins[name])) for name in listed
        ),
        lines=tuple(_line(look, row, listed, known) for row in range(len(look.originals))),
    )


def _line(look: FileLook, row: int, listed: Sequence[str], known: Known) -> tuple[int, tuple[CellSeen, ...]]:
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
