"""One column of a file into one column of the contract: its type, and which rows it spoils and why.

Most columns of strings hold nothing but visible ASCII. One look at the smallest and the largest byte says so, and then
neither trimming nor a search for control characters is needed.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.model.numbers import clean_waybill
from wayseal.store import _times
from wayseal.store.tables import EARLIEST, LATEST, Column, ColumnType
from wayseal.store.types import Reason

MOST_BYTES = 512
NOTHING = pa.array(["-", "--", "—", "——", "－", "\\N"])


def as_text(array: pa.Array) -> pa.Array:
    """The column as plain strings; ArrowInvalid or ArrowNotImplementedError where that can't be."""
    return array if array.type == pa.string() else pc.cast(array, pa.string())


def byte_range(texts: pa.Array) -> tuple[int, int]:
    """The smallest and the largest byte of a string column; (255, 0) when it holds none."""
    data = _bytes(texts)
    return (int(data.min()), int(data.max())) if data.size else (255, 0)


def _bytes(texts: pa.Array) -> npt.NDArray[np.uint8]:
    _, offsets, data = texts.buffers()
    if data is None or offsets is None or len(texts) == 0:
        return np.empty(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32, len(texts) + 1, texts.offset * 4)
    return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]


def trimmed(texts: pa.Array) -> pa.Array:
    """Without white space at either end; what is empty then is null."""
    low, high = byte_range(texts)
    if low <= 0x20 or high >= 0x7F:
        texts = pc.utf8_trim_whitespace(texts)
    return empty_to_null(texts)


def empty_to_null(texts: pa.Array) -> pa.Array:
    """An empty string is no value."""
    lengths = pc.binary_length(texts)
    if len(texts) == 0 or (pc.min(lengths).as_py() or 0) > 0:
        return texts
    return pc.if_else(pc.equal(lengths, 0), pa.scalar(None, pa.string()), texts)


def without_signs(texts: pa.Array) -> pa.Array:
    """Signs that say "nothing" are no value; words are left, since they could be somebody's."""
    found = pc.is_in(as_text(texts), value_set=NOTHING)
    return pc.if_else(found, pa.scalar(None, texts.type), texts) if pc.any(found).as_py() else texts


def mask_of(matches: pa.Array) -> npt.NDArray[np.bool_]:
    """A boolean column as a NumPy mask; null is False."""
    filled = matches.fill_null(False) if matches.null_count else matches
    out: npt.NDArray[np.bool_] = filled.to_numpy(zero_copy_only=False)
    return out


def control_mask(texts: pa.Array) -> npt.NDArray[np.bool_] | None:
    """Where a control character stands inside; None if nowhere."""
    low, high = byte_range(texts)
    if low >= 0x20 and high < 0x7F:
        return None
    found = mask_of(pc.match_substring_regex(texts, r"[\x00-\x1f\x7f\x{80}-\x{9f}]"))
    return found if found.any() else None


def nul_mask(texts: pa.Array) -> npt.NDArray[np.bool_] | None:
    """Where a NUL stands inside; None if nowhere."""
    if byte_range(texts)[0] > 0:
        return None
    found = mask_of(pc.match_substring(texts, "\x00"))
    return found if found.any() else None


def long_mask(texts: pa.Array) -> npt.NDArray[np.bool_] | None:
    """Where a value is longer than `MOST_BYTES` bytes; None if nowhere."""
    lengths = pc.binary_length(texts)
    if (pc.max(lengths).as_py() or 0) <= MOST_BYTES:
        return None
    return mask_of(pc.greater(lengths, MOST_BYTES))


def cleaned(texts: pa.Array) -> pa.Array:
    """Every number in its clean spelling (`clean_waybill`); null where nothing remains."""
    if byte_range(texts)[1] < 0x80:
        bare = pc.replace_substring_regex(pc.ascii_upper(texts), r"[ \-._\t\n\v\f\r\x1c-\x1f]+", "")
        return empty_to_null(bare)
    coded = texts.dictionary_encode()
    words = [None if w is None else clean_waybill(w) for w in coded.dictionary.to_pylist()]
    return empty_to_null(pa.array(words, pa.string()).take(coded.indices))


def is_clean(texts: pa.Array) -> bool:
    """True if every number is ASCII letters and digits in upper case already: then it need not be built anew."""
    low, high = byte_range(texts)
    if low < 0x30 or high > 0x5A:
        return low == 255
    data = _bytes(texts)
    return not bool(((data > 0x39) & (data < 0x41)).any())


_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
# 1.00 comes from a column that is measured in parts; 1.0 is what a column of whole numbers with gaps becomes.
_SPLIT = r"^[+-]?[0-9]*\.[0-9]{2,}$"
_MEASURE = re.compile(r"([+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18}))\s*(\D{0,8})")
_EXACT = Context(prec=99)
# 7.71234E+13: what a spreadsheet makes of a long number; 7.71234E13, what Java does.
_ROUNDED = r"^\s*[0-9](?:[.,][0-9]+[eE]\+?|[eE]\+)[0-9]+\s*$"
# Without a digit, in another script, or with signs of lists and pairs (TEL=139…), it is a word, a name or many things.
_WAYBILL = r"^[0-9A-Za-z#./:_+ -]*[0-9][0-9A-Za-z#./:_+ -]*$"
_SEPARATOR = re.compile(r"[;|,；，、]")
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A column in its contract type; `bad` masks rows with the reason; `naive` tells of times without an offset.

    day: masks times of which only the day was written.
    """

    array: pa.Array
    bad: list[tuple[_Mask, Reason]] = field(default_factory=list)
    naive: bool = False
    day: _Mask | None = None

    def emptied(self) -> "Converted":
        """The same with null for what is bad, as in an optional column."""
        bad = np.logical_or.reduce([mask for mask, _ in self.bad])
        array = pc.if_else(pa.array(bad), pa.scalar(None, self.array.type), self.array)
        return replace(self, array=array, day=None if self.day is None else self.day & ~bad)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOptions:
    """The offset of naive times, whether waybill numbers are cleaned; factor: by which a column's numbers are taken."""

    offset: timedelta
    clean: bool = True
    factor: Decimal | None = None


def convert(
    column: Column,
    raw: pa.Array,
    options: ConvertOptions,
    times: "_times.Times | None" = None,
    wrong: _Mask | None = None,
) -> Converted:
    """The column converted and checked; ArrowInvalid or ArrowNotImplementedError if its type can't be read at all.

    What is bad in an optional column is null. wrong: cells that the reader could make nothing of.
    """
    if not column.required and column.type is not ColumnType.TEXT and _is_text(raw.type):
        raw = without_signs(raw)
    if column.type is ColumnType.TIME:
        done = _time(raw, options.offset, times)
    else:
        done = _CONVERTERS[column.type](column, raw, options)
    _note(done.bad, wrong, Reason.WRONG_TYPE)
    if done.bad and not column.required:
        done = done.emptied()
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
    texts = trimmed(_whole_numbers(raw))
    done = Converted(array=texts)
    _note(done.bad, control_mask(texts), Reason.CONTROL_CHARACTER)
    _note(done.bad, long_mask(texts), Reason.TOO_LONG)
    return done


def _waybill(column: Column, raw: pa.Array, options: ConvertOptions) -> Converted:
    texts = _whole_numbers(raw)
    if is_clean(texts):
        done = _id(column, texts, options)
        _note(done.bad, mask_of(pc.ascii_is_alpha(texts)), Reason.NOT_A_WAYBILL)
        return done
    rounded = mask_of(pc.match_substring_regex(texts, _ROUNDED))
    done = _id(column, cleaned(texts) if options.clean else texts, options)
    _note(done.bad, rounded, Reason.ROUNDED_NUMBER)
    shaped = pc.or_kleene(pc.match_substring_regex(done.array, _WAYBILL), pc.is_null(done.array))
    _note(done.bad, ~mask_of(shaped), Reason.NOT_A_WAYBILL)
    return done


def _text(column: Column, raw: pa.Array, options: ConvertOptions) -> Converted:
    texts = empty_to_null(as_text(raw))
    done = Converted(array=texts)
    _note(done.bad, nul_mask(texts), Reason.NUL_BYTE)
    return done


def _enum(column: Column, raw: pa.Array, options: ConvertOptions) -> Converted:
    texts = trimmed(as_text(raw))
    known = pa.array(column.values, pa.string())
    strange = _strange(texts, known)
    if strange is None:
        return Converted(array=texts)
    texts = pc.utf8_lower(texts)
    strange = _strange(texts, known)
    if strange is None:
        return Converted(array=texts)
    return Converted(array=texts, bad=[(strange, Reason.UNKNOWN_VALUE)])


def _strange(texts: pa.Array, known: pa.Array) -> _Mask | None:
    found = pc.or_kleene(pc.is_in(texts, value_set=known), pc.is_null(texts))
    return None if pc.all(found).as_py() in {True, None} else ~mask_of(found)


def _whole_numbers(raw: pa.Array) -> pa.Array:
    """Ids that came as numbers. A column with gaps came as floats: whole ones lose their ".0", NaN is a gap."""
    if pa.types.is_floating(raw.type):
        raw = _gaps(raw)
        exact = pc.and_(pc.equal(pc.floor(raw), raw), pc.less(pc.abs(raw), 2.0**53))
        if pc.all(exact).as_py() in {True, None}:
            raw = pc.cast(raw, pa.int64())
    if not (_is_text(raw.type) or pa.types.is_integer(raw.type) or pa.types.is_null(raw.type)):
        raise pa.ArrowInvalid("not text and not whole numbers")
    return as_text(raw)


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
    elif _is_text(raw.type):
        null = ~_times.valid_mask(empty_to_null(trimmed(as_text(raw))))
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
    texts = trimmed(as_text(raw))
    return _times.parse_plain(texts), ~_times.valid_mask(texts)


def _number(column: Column, raw: pa.Array, options: ConvertOptions) -> Converted:
    whole = column.type is ColumnType.INT
    split = np.zeros(len(raw), np.bool_)
    if options.factor is not None or _is_text(raw.type) or pa.types.is_null(raw.type):
        texts = trimmed(as_text(raw))
        shape = pc.match_substring_regex(texts, _NUMBER)
        if options.factor is not None or (column.units and not pc.all(shape).as_py()):
            texts = _scaled(texts, column, options.factor)
            shape = pc.match_substring_regex(texts, _NUMBER)
        if whole and options.factor is None:
            split = mask_of(pc.match_substring_regex(texts, _SPLIT))
        wrong = ~mask_of(shape) & _times.valid_mask(texts)
        plain = pc.if_else(shape, pc.replace_substring_regex(texts, r"^\+", ""), pa.scalar(None, pa.string()))
        values = pc.cast(plain, pa.float64())
    else:
        values = _gaps(pc.cast(raw, pa.float64(), safe=False))
        wrong = np.zeros(len(raw), np.bool_)
    floats = values.fill_null(0.0).to_numpy(zero_copy_only=False)
    wrong = wrong | ~np.isfinite(floats)
    split = ~wrong & (split | (np.floor(floats) != floats)) if whole else split
    low = -(2.0**53) if column.low is None else column.low
    high = 2.0**53 if column.high is None else column.high
    outside = ~wrong & ~split & ((floats < low) | (floats > high))
    absent = wrong | split | outside | ~_times.valid_mask(values)
    safe = np.where(absent, 0.0, floats)
    kept = safe.astype(np.int64) if whole else safe
    done = Converted(array=pa.array(kept, column.arrow, mask=absent))
    _note(done.bad, wrong, Reason.NOT_A_NUMBER)
    _note(done.bad, split, Reason.NOT_WHOLE)
    _note(done.bad, outside, Reason.NUMBER_OUT_OF_RANGE)
    return done


def _scaled(texts: pa.Array, column: Column, factor: Decimal | None) -> pa.Array:
    """Numbers in the column's unit: in their own unit where they name one, else times the factor; exact, then rounded.

    Text that is no number stays.
    """

    def scaled(word: str) -> str:
        found = _MEASURE.fullmatch(unicodedata.normalize("NFKC", word).casefold())
        by = None if found is None else column.units.get(found[2]) if found[2] else factor
        if found is None or by is None:
            return word
        value = _EXACT.multiply(Decimal(found[1]), by)
        return str(value.to_integral_value(ROUND_HALF_UP) if column.type is ColumnType.INT else value)

    coded = texts.dictionary_encode()
    return pa.array([scaled(word) for word in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


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
    return _by_word(raw, column, _read_object, Reason.NOT_AN_OBJECT)


def _by_word(raw: pa.Array, column: Column, read: Callable[[str], object], reason: Reason) -> Converted:
    """Reads each distinct text once: lists and predicates repeat."""
    coded = trimmed(as_text(raw)).dictionary_encode()
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
        mask = mask_of(pa.array(wrong, pa.bool_()).take(index))
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
    return [p for part in _SEPARATOR.split(text) if (p := part.strip())]


def texts_of(raw: pa.Array) -> pa.Array:
    """A column as texts, what is nested in it as JSON."""
    if pa.types.is_nested(raw.type):
        raw = pa.array([None if each is None else dumps(each) for each in raw.to_pylist()], pa.string())
    return as_text(raw)


def translate_lists(raw: pa.Array, values: Mapping[str, str]) -> pa.Array:
    """Cells that hold lists, item by item, as JSON arrays; what can't be read as a list stays as it is.

    Where no other separator stands in a cell, slashes and spaces separate; a cell or item that `values` names stays
    whole.
    """

    def translated(word: str | None) -> str | None:
        if word is None or word in values:
            return values.get(word or "", word)
        try:
            items = _read_list(word)
        except (ValueError, RecursionError):
            return word
        if not word.startswith("[") and items == [word]:
            items = re.split(r"[/\s]+", word)
        return dumps([part for item in items if item for part in _read_list(values.get(item, item))])

    coded = trimmed(texts_of(raw)).dictionary_encode()
    return pa.array(map(translated, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)


def _read_object(text: str) -> str:
    value = loads(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return dumps(value)


def loads(text: str) -> Any:
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
