"""From the columns of a file to the columns of the contract, by name or by a mapping."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.model.messages import N_, Message
from wayseal.store import _strings, _times
from wayseal.store.errors import StoreError
from wayseal.store.mapping import EPOCHS, FieldMap, LogMapping, RowFilter
from wayseal.store.tables import TABLES, ColumnType, Table
from wayseal.store.types import RawBlock, SourceFile

_EXPLAINED = {"leaks": N_("{columns} (seen_at says when each number was seen outside)")}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedColumns:
    """A block with contract names: raw columns, times that a mapping has parsed already, and which rows to keep."""

    columns: Mapping[str, pa.Array]
    times: Mapping[str, tuple[_times.Times, pa.Array]]
    keep: npt.NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPlan:
    """What to take from a file: the columns it needs, those it leaves out, and where each contract column is from."""

    needed: frozenset[str]
    unknown: tuple[str, ...]
    fields: tuple[FieldMap, ...]
    filters: tuple[RowFilter, ...] = ()
    mapped: bool = False
    types: Mapping[str, ColumnType] = field(default_factory=dict)

    def shape(self, block: RawBlock) -> NamedColumns:
        """The block's columns under their contract names."""
        columns: dict[str, pa.Array] = {}
        times: dict[str, tuple[_times.Times, pa.Array]] = {}
        for item in self.fields:
            raw = _fetch(item, block)
            columns[item.name] = raw
            if self.types[item.name] is ColumnType.TIME and item.formats != ("iso",):
                times[item.name] = (parse_times(item.formats, raw), raw)
        return NamedColumns(columns=columns, times=times, keep=_kept(self.filters, block))


def plan(file: SourceFile, names: tuple[str, ...], mapping: LogMapping | None, open_ended: bool) -> ColumnPlan:
    """The plan for a file with these columns; StoreError names the column that is missing or there twice.

    open_ended: further names may turn up later, so only what every row must have has to be there already. A file
    without any column is an empty one and lacks nothing.
    """
    table = TABLES[file.table]
    fields = mapping.fields if mapping else _by_name(table, names, open_ended)
    filters = mapping.filters if mapping else ()
    if names:
        _check_required(table, fields, names, file, mapping is not None)
    needed = {c for f in fields for c in f.columns} | {f.column for f in filters}
    must = {c for f in fields if f.name in table.required for c in f.columns}
    for name in sorted(must if open_ended else needed):
        if names:
            _check_there(name, names, file)
    return ColumnPlan(
        needed=frozenset(needed),
        unknown=tuple(n for n in names if n not in needed and n.partition(".")[0] not in needed),
        fields=fields,
        filters=filters,
        mapped=mapping is not None,
        types={c.name: c.type for c in table.columns},
    )


def _by_name(table: Table, names: tuple[str, ...], open_ended: bool) -> tuple[FieldMap, ...]:
    if open_ended or not names:
        return tuple(FieldMap(name=n, columns=(n,)) for n in table.names)
    plain = [(n, n.strip().casefold()) for n in names]
    return tuple(FieldMap(name=p, columns=(n,)) for n, p in plain if p in table.names)


_PROPOSED = ("accesses", "leaks")
"""Tables for which `wayseal map` proposes a mapping."""


def _check_required(
    table: Table,
    fields: tuple[FieldMap, ...],
    names: tuple[str, ...],
    file: SourceFile,
    mapped: bool,
) -> None:
    missing = [c for c in table.required if c not in {f.name for f in fields}]
    if not missing:
        return
    needs = Message(_EXPLAINED.get(table.name, "{columns}"), {"columns": missing})
    if mapped:
        text = N_("the table {table} needs {columns}; the file has {found}")
    elif table.name in _PROPOSED:
        text = N_(
            "the table {table} needs {columns}; the file has {found}; a mapping file can say which column is which "
            "(`wayseal map SAMPLE --table {table}` proposes one)"
        )
    else:
        text = N_("the table {table} needs {columns}; the file has {found}; a mapping file can say which is which")
    raise StoreError(text, file=file.path, key=missing[0], table=table.name, columns=needs, found=describe(names))


def _check_there(name: str, names: tuple[str, ...], file: SourceFile) -> None:
    count = names.count(name)
    if count == 1:
        return
    missing, twice = (
        N_("there is no such column; the file has {found}"),
        N_("this column is there twice; the file has {found}"),
    )
    raise StoreError(twice if count else missing, file=file.path, key=name, found=describe(names))


def describe(names: tuple[str, ...]) -> str:
    """The columns that a file has, for an error; what doesn't look like a name is told by its place only."""
    told = [
        n if re.fullmatch(r"[^\W\d][\w .:/()-]{0,39}", n) and not re.search(r"\d{4}", n) else f"#{index}"
        for index, n in enumerate(names[:40], 1)
    ]
    return ", ".join(told) + (", …" if len(names) > 40 else "")


def _fetch(item: FieldMap, block: RawBlock) -> pa.Array:
    count = len(block.line)
    if item.constant is not None:
        return pa.array([item.constant], pa.string()).take(pa.array(np.zeros(count, np.int8)))
    raw = block.columns[item.columns[0]]
    if len(item.columns) > 1:
        parts = [_strings.trimmed(_strings.as_text(block.columns[c])) for c in item.columns]
        raw = pc.coalesce(*parts) if item.first else pc.binary_join_element_wise(*parts, " ")
    if not item.values:
        return raw
    texts = _strings.trimmed(_strings.as_text(raw))
    index = pc.index_in(texts, value_set=pa.array(list(item.values), pa.string()))
    return pc.coalesce(pa.array(list(item.values.values()), pa.string()).take(index), texts)


def parse_times(formats: tuple[str, ...], raw: pa.Array) -> _times.Times:
    """A time column by the first of the formats that fits each value."""
    count = len(raw)
    us = np.zeros(count, np.int64)
    ok = np.zeros(count, np.bool_)
    naive = np.zeros(count, np.bool_)
    day = np.zeros(count, np.bool_)
    for form in formats:
        more = _parse(form, raw)
        new = more.ok & ~ok
        us = np.where(new, more.us, us)
        naive = np.where(new, more.naive, naive)
        day = np.where(new, more.day, day)
        ok |= new
        if ok.all():
            break
    return _times.Times(us=us, ok=ok, naive=naive, day=day)


def _parse(form: str, raw: pa.Array) -> _times.Times:
    if form in EPOCHS:
        return _times.parse_epoch(raw, EPOCHS[form])
    texts = _strings.trimmed(_strings.as_text(raw))
    if form == "iso":
        return _times.parse_iso(texts)
    return _times.parse_pattern(texts, _times.compile_format(form))


def _kept(filters: tuple[RowFilter, ...], block: RawBlock) -> npt.NDArray[np.bool_] | None:
    if not filters:
        return None
    keep = np.ones(len(block.line), np.bool_)
    for item in filters:
        texts = _strings.as_text(block.columns[item.column]).fill_null("")
        found = _strings.mask_of(
            pc.is_in(pc.utf8_trim_whitespace(texts), value_set=pa.array(sorted(item.equals), pa.string()))
        )
        keep &= found if item.keep else ~found
    return keep
