"""What may stand in a mapping file, key by key. What hangs on several keys is for whoever loads it."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wayseal.model.kinds import Action
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, needs, one_or_more, or_just, parsed_by
from wayseal.store._times import compile_format, parse_offset
from wayseal.store.errors import StoreError
from wayseal.store.formats import Format
from wayseal.store.mapping import EPOCHS
from wayseal.store.tables import TABLES

_ENCODINGS = frozenset(
    {"ascii", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb2312", "gbk", "gb18030"}
    | {"big5", "big5hkscs", "iso8859-1", "cp1252", "shift_jis", "cp949"}
)
_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def _parse_table(name: str) -> str:
    if name not in TABLES:
        raise StoreError("no table of the contract; one of {known}", known=list(TABLES))
    return name


def _parse_encoding(name: str) -> str:
    try:
        plain = codecs.lookup(name).name
    except (LookupError, ValueError):
        plain = ""
    if plain not in _ENCODINGS:
        raise StoreError("not known here; one of {known}", known=sorted(_ENCODINGS))
    return plain.removesuffix("-sig")


def _parse_delimiter(name: str) -> str:
    mark = _DELIMITERS.get(name, name)
    if len(mark) != 1 or not mark.isascii() or mark in '"\r\n\0':
        raise StoreError("is one character: , ; | or tab")
    return mark


def _parse_header(value: Any) -> bool | int:
    if not isinstance(value, bool | int) or (value < 1 and value is not False):
        raise StoreError("needs true, false, or the number of the line on which the headings stand")
    return value if isinstance(value, bool) or value > 1 else True


def _parse_name(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise StoreError("needs the name of a column in the log")
    return str(value)


def _parse_format(text: str) -> str:
    if text != "iso" and text not in EPOCHS:
        compile_format(text)
    return text


def _parse_word(value: Any) -> str:
    if not isinstance(value, str | int):
        raise StoreError("needs a text or a list of texts")
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _parse_factor(value: Any) -> Decimal:
    number = Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else Decimal(0)
    if not (number.is_finite() and 0 < number < Decimal("1e12")):
        raise StoreError("needs a number above 0, such as 1000")
    return number


def _parse_status(text: str) -> str:
    if not re.fullmatch("[1-5](?:[0-9]{2}|xx)", text):
        raise StoreError('needs HTTP statuses, like "200" or "2xx"')
    return text


_Name = Annotated[str, parsed_by(_parse_name)]
_Names = Annotated[tuple[_Name, ...], Field(min_length=1), needs(N_("needs a list of column names"))]
_Format = Annotated[str, parsed_by(_parse_format, str)]
_Formats = Annotated[tuple[str, ...], one_or_more(tuple[_Format, ...], empty=N_("needs one format or a list of them"))]
_Words = Annotated[frozenset[str], one_or_more(frozenset[Annotated[str, parsed_by(_parse_word)]])]
_Status = Annotated[str, parsed_by(_parse_status, str)]
_Filled = Annotated[str, Field(min_length=1)]
_Texts = Annotated[tuple[str, ...], one_or_more(tuple[_Filled, ...], empty=None)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnKeys:
    """One column of the table."""

    __pydantic_config__: ClassVar = CLOSED
    column: _Name | None = None
    columns: _Names | None = None
    first_of: _Names | None = None
    constant: str | None = None
    format: _Formats | None = None
    formats: _Formats | None = None
    values: Annotated[Mapping[str, str], needs(N_("needs words of the log and what each is called"))] = field(
        default_factory=dict
    )
    factor: Annotated[Decimal | None, parsed_by(_parse_factor)] = None
    split: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterKeys:
    """Rows to leave out, or to keep."""

    __pydantic_config__: ClassVar = CLOSED
    column: _Name
    equals: _Words = frozenset()
    matches: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseColumnKeys:
    """A column of a logged database."""

    __pydantic_config__: ClassVar = CLOSED
    column: Annotated[str, Field(min_length=1), needs(N_("needs the name of a column in the database"))]
    unit: Literal["time", "day", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathKeys:
    """Requests of an interface."""

    __pydantic_config__: ClassVar = CLOSED
    path: _Filled | None = None
    regex: _Filled | None = None
    query: Annotated[Mapping[str, _Texts], needs(N_("needs conditions and the parameter of each"))] = field(
        default_factory=dict
    )
    ignore: _Texts = ()
    format: _Formats = ()
    action: Action | None = None


_Source = Annotated[ColumnKeys, or_just("column", ColumnKeys)]
_DatabaseColumn = Annotated[DatabaseColumnKeys, or_just("column", DatabaseColumnKeys)]
_Tables = Annotated[Mapping[str, Mapping[str, _DatabaseColumn]], needs(N_("is written as [tables.NAME]"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKeys:
    """Fields of JSON objects that hold a request or a statement; of several names the first that says something."""

    __pydantic_config__: ClassVar = CLOSED
    line: _Texts = ()
    target: _Texts = ()
    query: _Texts = ()
    method: _Texts = ()
    status: _Texts = ()
    statement: _Texts = ()
    dialect: Literal["postgres", "mysql"] = "postgres"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingKeys:
    """The keys of a file."""

    __pydantic_config__: ClassVar = CLOSED
    table: Annotated[str, parsed_by(_parse_table, str)] = "accesses"
    format: Format | None = None
    encoding: Annotated[str | None, parsed_by(_parse_encoding, str)] = None
    delimiter: Annotated[str | None, parsed_by(_parse_delimiter, str)] = None
    header: Annotated[bool | int, parsed_by(_parse_header)] = True
    sheet: _Texts = ()
    offset: Annotated[timedelta | None, parsed_by(parse_offset, str)] = None
    clean: bool = True
    unwrap: str = ""
    columns: Mapping[str, _Source] | None = None
    drop: tuple[FilterKeys, ...] = ()
    keep: tuple[FilterKeys, ...] = ()
    tables: _Tables = field(default_factory=dict)
    paths: tuple[PathKeys, ...] = ()
    statuses: Annotated[tuple[str, ...], one_or_more(tuple[_Status, ...], empty=None)] = ("2xx", "304")
    methods: _Texts = ("GET", "POST")
    resources: _Texts = ()
    request: RequestKeys = field(default_factory=RequestKeys)
