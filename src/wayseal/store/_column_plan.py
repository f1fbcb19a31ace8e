"""From the columns of a file to the columns of the contract, by name or by a mapping."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.model.messages import N_, Message
from wayseal.store import _times
from wayseal.store._convert import as_text, dumps, loads, mask_of, texts_of, translate_lists, trimmed
from wayseal.store.errors import StoreError
from wayseal.store.mapping import EPOCHS, JSON, FieldMap, Format, LogMapping, RowFilter, match_whole
from wayseal.store.tables import TABLES, ColumnType, Table
from wayseal.store.types import RawBlock, SourceFile

_EXPLAINED = {"leaks": N_("{columns} (seen_at says when each number was seen outside)")}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedColumns:
    """A block with contract names: raw columns, times that a mapping has parsed already, and which rows to keep.

    block: the rows themselves, of which one that names several waybills is as many.
    """

    block: RawBlock
    columns: Mapping[str, pa.Array]
    times: Mapping[str, tuple[_times.Times, pa.Array]]
    keep: npt.NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPlan:
    """A reading plan of a file: the columns it needs, those it leaves out, and where each contract column is from."""

    needed: frozenset[str]
    unknown: tuple[str, ...]
    fields: tuple[FieldMap, ...]
    filters: tuple[RowFilter, ...] = ()
    mapped: bool = False
    types: Mapping[str, ColumnType] = field(default_factory=dict)

    def shape(self, block: RawBlock) -> NamedColumns:
        """The block's columns under their contract names."""
        for item in (item for item in self.fields if item.split):
            block = _split(item, block)
        columns: dict[str, pa.Array] = {}
        times: dict[str, tuple[_times.Times, pa.Array]] = {}
        for item in self.fields:
            raw = block.columns[item.columns[0]] if item.split else _fetch(item, block)
            if self.types[item.name] is not ColumnType.LIST or not self.mapped:
                raw = _translate(item.values, raw)
            elif item.values or not pa.types.is_nested(raw.type):
                raw = translate_lists(raw, item.values)
            columns[item.name] = raw
            if self.types[item.name] is ColumnType.TIME and item.formats != ("iso",):
                times[item.name] = (parse_times(item.formats, raw), raw)
        return NamedColumns(block=block, columns=columns, times=times, keep=_kept(self.filters, block))


def plan(file: SourceFile, names: tuple[str, ...], mapping: LogMapping | None, open_ended: bool) -> ColumnPlan:
    """The plan for a file with these columns; StoreError names the column that is missing or there twice.

    open_ended: further names may turn up later, so only what every row must have has to be there already. A file
    without any column is an empty one and lacks nothing.
    """
    table = TABLES[file.table]
    fields = mapping.fields if mapping else _by_name(table, names, open_ended)
    filters = mapping.filters if mapping else ()
    numbers = {c.name for c in table.columns if c.type is ColumnType.WAYBILL and file.format is Format.JSONL}
    fields = tuple(replace(f, split=f.split or JSON) if f.name in numbers else f for f in fields)
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
    text = N_("the table {table} needs {columns}; the file has {found}")
    if not mapped:
        text = N_(
            "the table {table} needs {columns}; the file has {found}; a mapping file can say which column is which "
            "(`wayseal map SAMPLE --table {table}` proposes one)"
        )
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
        n if re.fullmatch(r"[^\W\d][\w .:/()（）%*@+-]{0,59}", n) and not re.search(r"\d{4}", n) else f"#{index}"
        for index, n in enumerate(names[:40], 1)
    ]
    return ", ".join(told) + (", …" if len(names) > 40 else "")


def _fetch(item: FieldMap, block: RawBlock) -> pa.Array:
    count = len(block.line)
    if item.constant is not None:
        return pa.array([item.constant], pa.string()).take(pa.array(np.zeros(count, np.int8)))
    raw = block.columns[item.columns[0]]
    if len(item.columns) > 1:
        parts = [trimmed(as_text(block.columns[c])) for c in item.columns]
        empty = "skip" if item.split else "emit_null"
        raw = pc.coalesce(*parts) if item.first else pc.binary_join_element_wise(*parts, " ", null_handling=empty)
    return raw


def _split(item: FieldMap, block: RawBlock) -> RawBlock:
    """A row for each number of a cell, all on its line, in the first of the item's columns; of an empty list none."""
    texts = texts_of(_fetch(item, block))
    if item.split == JSON and not pc.any(pc.match_substring(texts, "[")).as_py():
        return block
    lists = [_numbers_of(text, item.split) for text in texts.to_pylist()]
    rows = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
    numbers = pa.array([number for each in lists for number in each], pa.string())
    none = np.array([not each for each in lists], np.bool_)
    return replace(
        block,
        columns={n: c.take(pa.array(rows)) for n, c in block.columns.items()} | {item.columns[0]: numbers},
        line=block.line[rows],
        raws=block.raws and tuple(block.raws[n] for n in rows),
        wrong={name: mask[rows] for name, mask in block.wrong.items()},
        dropped=np.append(block.dropped, block.line[none]),
    )


def _numbers_of(text: str | None, split: str) -> list[str | None]:
    """Each number of a cell once: it is shown or it isn't. What can't be parted is a list of itself."""
    if text is None or (split == JSON and not text.lstrip().startswith("[")):
        return [text]
    if split != JSON:
        return list(dict.fromkeys(p for part in re.split(f"[{re.escape(split)}]", text) if (p := part.strip()))) or [
            text
        ]
    try:
        listed = [item if isinstance(item, str) else dumps(item) for item in loads(text) if item is not None]
        "".join(listed).encode()
    except (ValueError, RecursionError):
        return [text]
    return list(dict.fromkeys(listed))


def _translate(values: Mapping[str, str], raw: pa.Array) -> pa.Array:
    if not values:
        return raw
    texts = trimmed(as_text(raw))
    index = pc.index_in(texts, value_set=pa.array(list(values), pa.string()))
    return pc.coalesce(pa.array(list(values.values()), pa.string()).take(index), texts)


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
    texts = trimmed(as_text(raw))
    if form == "iso":
        return _times.parse_iso(texts)
    return _times.parse_pattern(texts, _times.compile_format(form))


def _kept(filters: tuple[RowFilter, ...], block: RawBlock) -> npt.NDArray[np.bool_] | None:
    if not filters:
        return None
    keep = np.ones(len(block.line), np.bool_)
    for item in filters:
        texts = pc.utf8_trim_whitespace(as_text(block.columns[item.column]).fill_null(""))
        found = pc.is_in(texts, value_set=pa.array(sorted(item.equals), pa.string()))
        found = mask_of(match_whole(texts, item.matches).is_valid() if item.matches else found)
        keep &= found if item.keep else ~found
    return keep
