"""One column of a file into one column of the contract: its type, and which rows it spoils and why."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.store import _strings, _times
from wayseal.store.tables import EARLIEST, LATEST, Column, ColumnType
from wayseal.store.types import Reason

# 7.71234E+13: what a spreadsheet makes of a long number.
_ROUNDED = r"^\s*[0-9](?:\.[0-9]+)?[eE]\+[0-9]+\s*$"
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A column in its contract type; `bad` masks rows with the reason; `naive` tells of times without an offset.

    day: masks times of which only the day was written.
    unknown: values of an optional enum that the contract doesn't know, and texts of an optional predicate (`asked`)
    that are no object; they are emptied and counted.
    """

    array: pa.Array
    bad: list[tuple[_Mask, Reason]] = field(default_factory=list)
    naive: bool = False
    day: _Mask | None = None
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOptions:
    """Column-independent settings: the offset of naive times, whether waybill numbers are cleaned."""

    offset: timedelta
    clean: bool = True


def convert(column: Column, raw: pa.Array, options: ConvertOptions, times: "_times.Times | None" = None) -> Converted:
    """The column converted and checked; ArrowInvalid or ArrowNotImplementedError if its type can't be read at all."""
    if column.type is ColumnType.TIME:
        done = _time(raw, options.offset, times)
    else:
        done = _CONVERTERS[column.type](column, raw, options)
    if column.required and done.array.null_count:
        empty = ~_times.valid_mask(done.array)
        for mask, _ in done.bad:
            empty &= ~mask
        if empty.any():
            done.bad.append((empty, Reason.EMPTY))
    return done


def _note(bad: list[tuple[_Mask, Reason]], mask: _Mask | None, reason: Reason) -> None:
    if mask is not None and mask.any():
        bad.append((mask, reason))


def _id(column: Column, raw: pa.Array, options: ConvertOptions) -> Converted:
    texts = _strings.trimmed(_whole_numbers(raw))
    done = Converted(array=texts)
    _note(done.bad, _strings.control_mask(texts), Reason.CONTROL_CHARACTER)
    _note(done.bad, _strings.long_mask(texts), Reason.TOO_LONG)
    return done


def _waybill(column: Column, raw: pa.Array, options: ConvertOptions) -> Converted:
    texts = _whole_numbers(raw)
    if not options.clean:
        return _id(column, texts, options)
    if _strings.is_clean(texts):
        return _id(column, texts, options)
    rounded = _strings.mask_of(pc.match_substring_regex(texts, _ROUNDED))
    done = _id(column, _strings.cleaned(texts), options)
    _note(done.bad, rounded, Reason.ROUNDED_NUMBER)
    return done


def _text(column: Column, raw: pa.Array, options: ConvertOptions) -> Converted:
    texts = _strings.empty_to_null(_strings.as_text(raw))
    done = Converted(array=texts)
    _note(done.bad, _strings.nul_mask(texts), Reason.NUL_BYTE)
    return done


def _enum(column: Column, raw: pa.Array, options: ConvertOptions) -> Converted:
    texts = _strings.trimmed(_strings.as_text(raw))
    known = pa.array(column.values, pa.string())
    strange = _strange(texts, known)
    if strange is None:
        return Converted(array=texts)
    texts = pc.utf8_lower(texts)
    strange = _strange(texts, known)
    if strange is None:
        return Converted(array=texts)
    if column.required:
        return Converted(array=texts, bad=[(strange, Reason.UNKNOWN_VALUE)])
    kept = pc.if_else(pa.array(strange), pa.scalar(None, pa.string()), texts)
    return Converted(array=kept, unknown=int(strange.sum()))


def _strange(texts: pa.Array, known: pa.Array) -> _Mask | None:
    found = pc.or_kleene(pc.is_in(texts, value_set=known), pc.is_null(texts))
    return None if pc.all(found).as_py() in {True, None} else ~_strings.mask_of(found)


def _whole_numbers(raw: pa.Array) -> pa.Array:
    """Ids that came as numbers. A column with gaps came as floats: whole ones lose their ".0", NaN is a gap."""
    if pa.types.is_floating(raw.type):
        raw = _gaps(raw)
        exact = pc.and_(pc.equal(pc.floor(raw), raw), pc.less(pc.abs(raw), 2.0**53))
        if pc.all(exact).as_py() in {True, None}:
            raw = pc.cast(raw, pa.int64())
    if not (_is_text(raw.type) or pa.types.is_integer(raw.type) or pa.types.is_null(raw.type)):
        raise pa.ArrowInvalid("not text and not whole numbers")
    return _strings.as_text(raw)


def _gaps(floats: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_nan(floats), pa.scalar(None, floats.type), floats)


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _time(raw: pa.Array, offset: timedelta, times: "_times.Times | None") -> Converted:
    null = ~_times.valid_mask(raw)
    if times is None:
        times, null = _parse_time(raw)
    shift = round(offset.total_seconds() * 1_000_000)
    us = np.where(times.naive, times.us - shift, times.us) if shift else times.us
    ranged = (us >= EARLIEST) & (us < LATEST)
    absent = null | ~times.ok | ~ranged
    done = Converted(
        array=pa.array(us, pa.int64(), mask=absent if absent.any() else None).cast(_times.type_utc),
        naive=bool((times.naive & times.ok).any()),
        day=times.day if times.day.any() else None,
    )
    _note(done.bad, ~times.ok & ~null, Reason.NOT_A_TIME)
    _note(done.bad, times.ok & ~ranged & ~null, Reason.TIME_OUT_OF_RANGE)
    return done


def _parse_time(raw: pa.Array) -> "tuple[_times.Times, _Mask]":
    if pa.types.is_timestamp(raw.type) or pa.types.is_date(raw.type):
        naive = getattr(raw.type, "tz", None) is None
        moment = pc.cast(raw, pa.timestamp("us"), safe=False)
        ok = _times.valid_mask(raw)
        day = np.full(len(ok), pa.types.is_date(raw.type))
        return _times.Times(us=_times.as_us(moment), ok=ok, naive=np.full(len(ok), naive), day=day & ok), ~ok
    if not (_is_text(raw.type) or pa.types.is_null(raw.type)):
        raise pa.ArrowInvalid("not a time; a mapping file can give the unit of a number")
    texts = _strings.trimmed(_strings.as_text(raw))
    return _times.parse_plain(texts), ~_times.valid_mask(texts)


def _number(column: Column, raw: pa.Array, options: ConvertOptions) -> Converted:
    if _is_text(raw.type) or pa.types.is_null(raw.type):
        texts = _strings.trimmed(_strings.as_text(raw))
        shape = pc.match_substring_regex(texts, r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$")
        wrong = ~_strings.mask_of(shape) & _times.valid_mask(texts)
        plain = pc.if_else(shape, pc.replace_substring_regex(texts, r"^\+", ""), pa.scalar(None, pa.string()))
        values = pc.cast(plain, pa.float64())
    else:
        values = _gaps(pc.cast(raw, pa.float64(), safe=False))
        wrong = np.zeros(len(raw), np.bool_)
    floats = values.fill_null(0.0).to_numpy(zero_copy_only=False)
    wrong = wrong | ~np.isfinite(floats)
    whole = column.type is ColumnType.INT
    if whole:
        wrong = wrong | (np.isfinite(floats) & (np.floor(floats) != floats))
    low = -(2.0**53) if column.low is None else column.low
    high = 2.0**53 if column.high is None else column.high
    outside = ~wrong & ((floats < low) | (floats > high))
    absent = wrong | outside | ~_times.valid_mask(values)
    safe = np.where(absent, 0.0, floats)
    kept = safe.astype(np.int64) if whole else safe
    done = Converted(array=pa.array(kept, column.arrow, mask=absent))
    _note(done.bad, wrong, Reason.NOT_A_NUMBER)
    _note(done.bad, outside, Reason.NUMBER_OUT_OF_RANGE)
    return done


def _list(column: Column, raw: pa.Array, options: ConvertOptions) -> Converted:
    kind = raw.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        array = pc.cast(raw, column.arrow)
        array.validate(full=True)
        done = Converted(array=array)
        if pc.list_flatten(array).null_count:
            holes = pc.list_parent_indices(array).filter(pc.is_null(pc.list_flatten(array)))
            mask = np.zeros(len(array), np.bool_)
            mask[holes.to_numpy(zero_copy_only=False)] = True
            done.bad.append((mask, Reason.NOT_A_LIST))
        return done
    return _by_word(raw, column, _read_list, Reason.NOT_A_LIST)


def _json(column: Column, raw: pa.Array, options: ConvertOptions) -> Converted:
    done = _by_word(raw, column, _read_object, Reason.NOT_AN_OBJECT)
    if column.required:
        return done
    return Converted(array=done.array, unknown=sum(int(mask.sum()) for mask, _ in done.bad))


def _by_word(raw: pa.Array, column: Column, read: Callable[[str], object], reason: Reason) -> Converted:
    """Reads each distinct text once: lists and predicates repeat."""
    coded = _strings.trimmed(_strings.as_text(raw)).dictionary_encode()
    read_words: list[object] = []
    wrong = []
    for word in coded.dictionary.to_pylist():
        try:
            read_words.append(None if word is None else read(word))
            wrong.append(False)
        except (ValueError, RecursionError):
            read_words.append(None)
            wrong.append(True)
    index = coded.indices
    mask = np.zeros(len(raw), np.bool_)
    if any(wrong):
        mask = _strings.mask_of(pa.array(wrong, pa.bool_()).take(index))
    done = Converted(array=pa.array(read_words, column.arrow).take(index))
    _note(done.bad, mask, reason)
    return done


def _read_list(text: str) -> list[str]:
    if text.startswith("["):
        items = loads(text)
        if not isinstance(items, list) or not all(isinstance(i, str) for i in items):
            raise ValueError("not a list of strings")
        for item in items:
            item.encode()
        return items
    return [p for part in re.split(r"[;|,；，、]", text) if (p := part.strip())]


def _read_object(text: str) -> str:
    value = loads(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return dumps(value)


def loads(text: str) -> object:
    """JSON without what the standard doesn't know (NaN) and without repeated keys; ValueError or RecursionError."""
    return json.loads(text, object_pairs_hook=unique, parse_constant=refuse_constant)


def dumps(value: object) -> str:
    """The canonical spelling: keys sorted, no spaces; ValueError if it isn't Unicode text."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    text.encode()
    return text


class DuplicateKeyError(ValueError):
    """An object names one key twice."""


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object's pairs as a dict; DuplicateKeyError if a key stands there twice."""
    out = dict(pairs)
    if len(out) != len(pairs):
        raise DuplicateKeyError("a key stands there twice")
    return out


def refuse_constant(word: str) -> object:
    """For NaN and Infinity, which JSON doesn't know: always a ValueError."""
    raise ValueError("NaN and Infinity are not JSON")


_CONVERTERS: Mapping[ColumnType, Callable[[Column, pa.Array, ConvertOptions], Converted]] = {
    ColumnType.ID: _id,
    ColumnType.WAYBILL: _waybill,
    ColumnType.TEXT: _text,
    ColumnType.ENUM: _enum,
    ColumnType.INT: _number,
    ColumnType.FLOAT: _number,
    ColumnType.LIST: _list,
    ColumnType.JSON: _json,
}
