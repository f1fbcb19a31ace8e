"""Rows of the data contract as JSON Lines, a column at a time: a million and more a second."""

import json
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.store.tables import Column, ColumnType, Table
from wayseal_sim.text import fixed_width
from wayseal_sim.types import DAY, Ints

_TEXTS = frozenset({ColumnType.ID, ColumnType.WAYBILL, ColumnType.TEXT, ColumnType.ENUM})
_BARE = frozenset({ColumnType.INT, ColumnType.FLOAT})
_PAIRS = np.array([list(f"{k:02}".encode()) for k in range(100)], np.uint8)
Piece: TypeAlias = Any
"""A text that each line has, or an array of one for each."""


def lines_of(table: Table, rows: pa.Table, ahead: list[Piece]) -> pa.Array:
    """Rows as lines, each with its newline, as bytes.

    ahead: what each line begins with, up to and without a comma. Null and missing columns are left out.
    """
    pieces = list(ahead)
    for name in rows.column_names:
        if rows[name].null_count < len(rows):
            pieces += _pieces(table.column(name), _whole(rows[name]))
    pieces.append("}\n")
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    made = pc.binary_join_element_wise(*joined, "", null_handling="replace", null_replacement="")
    return made.cast(pa.large_binary())


def iso_times(at: Ints) -> pa.Array:
    """Times (microseconds, UTC) as 2026-03-05T01:02:03.000004Z."""
    day, rest = np.divmod(at, DAY)
    days, which = np.unique(day, return_inverse=True)
    out = np.empty((len(at), 27), np.uint8)
    dates = days.astype("datetime64[D]").astype("S10").view(np.uint8).reshape(-1, 10)
    out[:, :10] = dates[which]
    out[:, [10, 13, 16, 19, 26]] = np.frombuffer(b"T::.Z", np.uint8)
    second, part = np.divmod(rest, 1_000_000)
    for place, pair in (
        (11, second // 3600), (14, second // 60 % 60), (17, second % 60),
        (20, part // 10_000), (22, part // 100 % 100), (24, part % 100),
    ):  # fmt: skip
        out[:, place : place + 2] = _PAIRS[pair]
    return fixed_width(out)


def _pieces(column: Column, values: pa.Array) -> list[Piece]:
    """A column as pieces of lines; where some are null, the name stands in the values' own piece."""
    name = f',"{column.name}":'
    if column.type is ColumnType.TIME:
        at = values.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
        texts = iso_times(at.fill_null(0).to_numpy(zero_copy_only=False))
        values = pc.if_else(values.is_valid(), texts, None) if values.null_count else texts
    elif column.type is ColumnType.LIST:
        values = _lists(values)
    elif column.type in _BARE:
        values = values.cast(pa.string())
    mark = '"' if column.type in _TEXTS or column.type is ColumnType.TIME else ""
    if pa.types.is_dictionary(values.type):
        words = _escaped(values.dictionary) if column.type in _TEXTS else values.dictionary
        return [pc.binary_join_element_wise(name + mark, words, mark, "").take(values.indices)]
    if column.type in _TEXTS:
        values = _escaped(values)
    if values.null_count:
        return [pc.binary_join_element_wise(name + mark, values, mark, "")]
    return [name + mark, values, mark]


def _lists(values: pa.Array) -> pa.Array:
    """Lists of texts as JSON; few are empty, hold a null or a text that isn't written as it stands."""
    flat = values.flatten()
    lengths = pc.list_value_length(values)
    if flat.null_count or pc.min(lengths).as_py() == 0 or _is_special(_bytes(flat)).any():
        return pa.array([None if v is None else _dumped(v) for v in values.to_pylist()], pa.string())
    return pc.binary_join_element_wise('["', pc.binary_join(values, '","'), '"]', "")


def _escaped(texts: pa.Array) -> pa.Array:
    """Texts as they stand between quotes in JSON; hardly any differ."""
    if not _is_special(_bytes(texts)).any():
        return texts
    return pa.array([None if text is None else _dumped(text)[1:-1] for text in texts.to_pylist()], pa.string())


def _bytes(texts: pa.Array) -> npt.NDArray[np.uint8]:
    """What lies in the memory of texts, and maybe of others around them."""
    data = texts.buffers()[2]
    return np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


def _is_special(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    special: npt.NDArray[np.bool_] = (raw < 32) | (raw == ord('"')) | (raw == ord("\\"))
    return special


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    made = column.unify_dictionaries().combine_chunks()
    return pa.concat_arrays(made.chunks) if isinstance(made, pa.ChunkedArray) else made
