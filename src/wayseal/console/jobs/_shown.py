"""What may be seen of a log before it is in the ledger: times, waybills, words of the contract; of all else its shape.

1. Accounts, sessions and devices stand under the casebook's pseudonyms, as everywhere; without a casebook, as shapes.
2. A mapping may be wrong, and a column of names stand where numbers should: a value is shown only if it is what its
   column says, and no phone or identity number.
3. A shape tells letters, digits and Chinese characters by one of each, and shows nothing else of a value.
"""

import re
import unicodedata
from collections.abc import Callable

from wayseal.store.logs import looks_personal, waybill_of
from wayseal.store.tables import Column, ColumnType

Alias = Callable[[str, str], str]
"""The pseudonym of an id of a kind (rule 1)."""
PERSONAL = {"actor": "actor", "operator": "actor", "session": "session", "device": "device"}
"""Columns of ids of people → the kind of pseudonym."""
_CODES = frozenset(
    ["outlet", "origin_outlet", "destination_outlet", "channel", "via", "role", "partner", "operation", "fields"]
)
_CODE = re.compile(r"(?!.*[0-9]{6})[A-Za-z0-9][\w.,:/ -]{0,39}", re.ASCII)
_TIME = re.compile(r"[0-9A-Za-z:/.,+ 年月日时分秒-]{4,40}")
_NAME = re.compile(r"(?!.*[0-9]{4})[^\W\d][\w .:/()（）-]{0,39}")
_MOST, _WORD = 40, 20


def shape_of(text: str) -> str:
    """A value's shape (rule 3)."""
    return "".join(map(_mark, text[:_MOST])) + ("…" if len(text) > _MOST else "")


def column_name(name: str, place: int) -> str:
    """A column as it is called in a log; what doesn't look like a name, by its place from 1."""
    return name if _NAME.fullmatch(name) and not looks_personal(name) else f"#{place}"


def shown_value(column: Column, value: object, alias: Alias | None) -> str:
    """A value as it will lie in the ledger; times are told by whoever asks."""
    if value is None:
        return ""
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    if column.name in PERSONAL:
        return shape_of(text) if alias is None else alias(text, PERSONAL[column.name])
    return text if _is_plain(column, text) else shape_of(text)


def shown_original(column: Column, text: str, became: object) -> str:
    """What a value was in the log."""
    plain = text.strip()
    if column.type is ColumnType.TIME:
        return plain if _TIME.fullmatch(plain) and not looks_personal(plain) else shape_of(text)
    if column.type is ColumnType.ENUM:
        word = became is not None and len(plain) <= _WORD and not looks_personal(plain)
        return plain if word else shape_of(text)
    return plain if _is_plain(column, plain) else shape_of(text)


def _is_plain(column: Column, text: str) -> bool:
    """Rule 2."""
    if column.type is ColumnType.WAYBILL:
        return waybill_of(text) is not None
    if column.type in (ColumnType.ENUM, ColumnType.INT, ColumnType.FLOAT):
        return len(text) <= _WORD and not looks_personal(text)
    return column.name in _CODES and bool(_CODE.fullmatch(text)) and not looks_personal(text)


def _mark(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Lo":
        return "字" if "\u3400" <= char <= "\u9fff" else "x"
    if kind[0] == "L":
        return "X" if kind == "Lu" else "x"
    if kind[0] == "N":
        return "0"
    return char if char.isascii() and char.isprintable() else "·"
