"""What may be seen of a log before it is in the ledger: times, waybills, words of the contract; of all else its shape.

1. Accounts, sessions, devices and partners are shapes: whoever sends a log has chosen them, and would learn from a
   pseudonym whose it is.
2. A mapping may be wrong, and a column of names stand where numbers should: a value is shown only if it is what its
   column says, and no phone or identity number. An outlet, a channel, a role is one if the ledger knows it.
3. Of what is made of several columns nobody can say which part became what: in the log it was a shape.
4. No column of a log is both somebody's and something that is shown: its values would stand in clear in the ledger.
5. A shape tells letters, digits and Chinese characters by one of each, and shows nothing else of a value.
"""

import re
import unicodedata
from collections.abc import Callable

from wayseal.store.errors import StoreError
from wayseal.store.logs import looks_personal, waybill_of
from wayseal.store.mapping import LogMapping
from wayseal.store.tables import TABLES, Column, ColumnType

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
_MOST, _WORD = 40, 20
_SEEN = frozenset([ColumnType.TIME, ColumnType.ENUM, ColumnType.INT, ColumnType.FLOAT, ColumnType.WAYBILL])


def shape_of(text: str) -> str:
    """A value's shape (rule 3)."""
    return "".join(map(_mark, text[:_MOST])) + ("…" if len(text) > _MOST else "")


def column_name(name: str, place: int) -> str:
    """A column as it is called in a log; what doesn't look like a name, by its place from 1."""
    return name if _NAME.fullmatch(name) and not looks_personal(name) else f"#{place}"


def refuse_both(mapping: LogMapping) -> None:
    """Rule 4. StoreError: a column is both."""
    own = {one for field in mapping.fields if field.name in PERSONAL for one in field.columns}
    columns = {column.name: column for table in TABLES.values() for column in table.columns}
    for field in mapping.fields:
        shown = field.name in _KEPT_APART or columns[field.name].type in _SEEN
        if shown and field.name not in PERSONAL and not own.isdisjoint(field.columns):
            raise StoreError(
                "the column that this is made of is somebody's id already: one column can't be both", key=field.name
            )


def shown_value(column: Column, value: object, known: Known) -> str:
    """A value as it will lie in the ledger; times are told by whoever asks."""
    if value is None:
        return ""
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if _is_plain(column, text, known) else shape_of(text)


def shown_original(column: Column, text: str, became: object, known: Known) -> str:
    """What a value was in the log; became: what it is now, None where it can't be that."""
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
