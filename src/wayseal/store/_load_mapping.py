"""Reading a mapping file. Every error names the file, the line and the key; unknown keys are refused."""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wayseal.model.errors import disk_says
from wayseal.model.kinds import Action
from wayseal.model.messages import N_
from wayseal.model.predicate import CONDITIONS
from wayseal.model.schema import CLOSED, TomlText, needs, not_among, one_or_more, or_just, parsed_by
from wayseal.store._times import compile_format, parse_offset
from wayseal.store.errors import StoreError
from wayseal.store.logs import MYSQL_TIMES, REQUEST_FIELDS, REQUEST_TIMES, names_of_format
from wayseal.store.mapping import (
    EPOCHS,
    LOGS,
    MOST_LETTERS,
    FieldMap,
    Format,
    LogMapping,
    LogSettings,
    PathRule,
    RowFilter,
    TableColumn,
    TableMap,
    names_of,
    path_pattern,
    size_of,
)
from wayseal.store.tables import TABLES, VERSION, Column, ColumnType

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


_SAME = ("table", "format", "encoding", "delimiter", "header", "sheet", "offset", "clean", "unwrap")
"""Keys that a mapping has as they stand in its file."""
TABLE = (*CONDITIONS, "issued_at")
OUTLETS = ("outlet", "city", "region")
_ASKABLE = (*CONDITIONS, "issued_from", "issued_to", "limit")
_LOG_KEYS = ("tables", "paths", "statuses", "methods", "resources", "request")
_USES: Mapping[Format, frozenset[str]] = {
    Format.PGAUDIT: frozenset({"tables"}),
    Format.COMBINED: frozenset({"paths", "statuses", "methods"}),
    Format.OCSF: frozenset(_LOG_KEYS) - {"request"},
    Format.MYSQL: frozenset({"tables"}),
    Format.REQUESTS: frozenset(_LOG_KEYS) - {"resources"},
}
_UNUSED: Mapping[Format | None, tuple[str, ...]] = {
    Format.XLSX: ("encoding", "delimiter"),
    Format.DUMP: ("delimiter", "header"),
    **dict.fromkeys((Format.CSV, Format.JSONL, Format.PARQUET), ("sheet",)),
}
_MADE = {"waybill": "read.waybill", "filter": "read.filter", "rows": "read.rows"}
_DEFAULTS: Mapping[Format, Mapping[str, tuple[str, str | tuple[str, ...]]]] = {
    Format.PGAUDIT: {
        "at": ("log_time", "iso"), "actor": ("user_name", ""), "via": ("application_name", ""),
        "session": ("session_id", ""), "ip": ("client_ip", ""), "request": ("statement_id", ""),
        "access": ("statement_id", ""), "action": ("read.action", ""),
    },
    Format.COMBINED: {
        "at": ("time", "%d/%b/%Y:%H:%M:%S %z"), "actor": ("user", ""), "ip": ("client_ip", ""),
        "request": ("line_id", ""), "action": ("read.action", ""),
    },
    Format.OCSF: {
        "at": ("time", "epoch_ms"), "actor": ("actor.user.name", ""), "ip": ("src_endpoint.ip", ""),
        "session": ("actor.session.uid", ""), "request": ("line_id", ""), "action": ("read.action", ""),
    },
    Format.MYSQL: {
        "at": ("time", MYSQL_TIMES), "actor": ("user", ""), "ip": ("client_host", ""), "via": ("database", ""),
        "session": ("session_id", ""), "request": ("line_id", ""), "action": ("read.action", ""),
    },
    Format.REQUESTS: {
        "at": ("time_iso8601", "iso"), "actor": ("remote_user", ""), "ip": ("remote_addr", ""),
        "request": ("line_id", ""), "action": ("read.action", ""),
    },
}  # fmt: skip
_FREE: Mapping[Format, tuple[str, ...]] = {
    Format.PGAUDIT: ("comment.",),
    Format.MYSQL: ("comment.",),
    Format.COMBINED: ("query.",),
}
_MAPPABLE = tuple(dict.fromkeys(n for t in ("accesses", "queries") for n in TABLES[t].names if n not in _MADE))
"""Columns of the two tables that `[columns]` may give for a raw log; the adapter finds the others."""


def load_mapping(path: Path, content: str | bytes | None = None, *, most_letters: int = MOST_LETTERS) -> LogMapping:
    """Reads a mapping file.

    Args:
        path: The file (TOML), which errors name.
        content: What stands in it, where it isn't to be read.
        most_letters: Of its patterns together, each as often as it is repeated.

    Returns:
        The mapping.

    Raises:
        StoreError: Names file, line and key of the first mistake.
    """
    path = Path(path)
    try:
        content = path.read_bytes() if content is None else content
    except OSError as error:
        raise StoreError("can't be read ({reason})", file=path, reason=disk_says(error)) from error
    toml = TomlText(content, StoreError, file=path, example='actor = "user"')
    said = toml.read(MappingKeys, version=VERSION)
    _check_patterns(toml, said, most_letters)
    drop, keep = (
        [RowFilter(column=rule.column, equals=rule.equals, matches=rule.matches, keep=kept) for rule in rules]
        for rules, kept in ((said.drop, False), (said.keep, True))
    )
    same = {name: getattr(said, name) for name in _SAME}
    made = LogMapping(path=path, fields=(), filters=(*drop, *keep), **same)
    if said.format in LOGS:
        return _LogLoader(toml, said, said.format).load(made)
    for key in _LOG_KEYS:
        if toml.says(key):
            raise toml.error("only for the formats {formats}", key, formats=sorted(LOGS))
    for key in _UNUSED.get(said.format, ()):
        if toml.says(key):
            raise toml.error("the format {format} has no use for it", key, format=said.format)
    return replace(made, fields=tuple(_load_fields(toml, said)))


def _check_patterns(toml: TomlText, said: MappingKeys, most: int) -> None:
    """Refuses what is no pattern, and patterns that are too long together."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    for kind, rules in (("drop", said.drop), ("keep", said.keep)):
        for number, rule in enumerate(rules):
            if bool(rule.equals) == bool(rule.matches):
                raise toml.error("needs one of equals and matches", kind, number)
            found.append(((kind, number, "matches"), rule.matches))
    found += [(("paths", number, "regex"), path.regex or "") for number, path in enumerate(said.paths)]
    room = most
    for where, pattern in found:
        room -= size_of(pattern)
        if room < 0:
            raise toml.error(
                "all patterns of a mapping have {most:,} letters at most, each as often as it is repeated",
                *where,
                most=most,
            )
        _names_in(toml, pattern, *where)


def _names_in(toml: TomlText, pattern: str, *where: str | int) -> tuple[str, ...]:
    try:
        return names_of(pattern)
    except ValueError:
        raise toml.error(
            "can't be read as a pattern; a name stands in it once, and nothing in it looks ahead, behind or back",
            *where,
        ) from None


def _load_fields(toml: TomlText, said: MappingKeys) -> Iterator[FieldMap]:
    table = TABLES[said.table]
    if said.columns is None:
        raise toml.error("a mapping needs the section [columns]", "columns")
    for name, source in said.columns.items():
        if name not in table.names:
            raise toml.error(not_among(name, table.names), "columns", name)
        found = _load_field(toml, table.column(name), source)
        if not said.header and not all(c.isdecimal() and c.isascii() and int(c) > 0 for c in found.columns):
            raise toml.error("without a header a column is its number, from 1", "columns", name)
        yield found
    for name in table.required:
        if name not in said.columns:
            raise toml.error("the table {table} needs this column", "columns", name, table=said.table)


def _load_field(toml: TomlText, column: Column, source: ColumnKeys) -> FieldMap:
    where = ("columns", column.name)
    columns = (source.column,) if source.column else source.columns or source.first_of or ()
    if sum(one is not None for one in (source.column, source.columns, source.first_of, source.constant)) != 1:
        raise toml.error("needs one of column, columns, first_of and constant", *where)
    if source.constant is not None and column.type in {ColumnType.TIME, ColumnType.WAYBILL}:
        raise toml.error("can't be the same for all rows", *where)
    formats = source.formats or source.format
    if formats and (column.type is not ColumnType.TIME or (source.format and source.formats)):
        key = "formats" if source.formats else "format"
        raise toml.error("only a time has a format, and one of format and formats", *where, key)
    if source.factor is not None and column.type not in {ColumnType.INT, ColumnType.FLOAT}:
        raise toml.error("only a number has a factor", *where, "factor")
    if source.split and column.type is not ColumnType.WAYBILL:
        raise toml.error("only cells of waybill numbers are split", *where, "split")
    return FieldMap(
        name=column.name,
        columns=columns,
        first=source.first_of is not None,
        constant=source.constant,
        formats=formats or ("iso",),
        values=source.values,
        factor=source.factor,
        split=source.split,
        line=toml.line(*where),
    )


class _LogLoader:
    """Makes the mapping of a raw log, which fills two tables."""

    def __init__(self, toml: TomlText, said: MappingKeys, form: Format) -> None:
        self._toml, self._said, self._form = toml, said, form
        self._names = names_of_format(form)

    def load(self, made: LogMapping) -> LogMapping:
        """The whole of it. made: as for any other log."""
        toml, said = self._toml, self._said
        for key in ("table", "delimiter", "header", "sheet"):
            if toml.says(key):
                raise toml.error(
                    "the format {format} has no use for it (it fills accesses and queries)", key, format=self._form
                )
        for key in _LOG_KEYS:
            if toml.says(key) and key not in _USES[self._form]:
                raise toml.error("the format {format} has no use for it", key, format=self._form)
        fields = tuple(self._field(name, source) for name, source in (said.columns or {}).items())
        for kind, rules in (("drop", said.drop), ("keep", said.keep)):
            for number, rule in enumerate(rules):
                self._check_column(rule.column, kind, number, "column")
        return replace(made, fields=self._with_defaults(fields), logs=self._settings())

    def _field(self, name: str, source: ColumnKeys) -> FieldMap:
        if name not in _MAPPABLE:
            raise self._toml.error(not_among(name, _MAPPABLE), "columns", name)
        table = "accesses" if name in TABLES["accesses"].names else "queries"
        made = _load_field(self._toml, TABLES[table].column(name), source)
        for column in made.columns:
            self._check_column(column, "columns", name)
        own, how = _DEFAULTS[self._form]["at"]
        if name != "at" or made.formats != ("iso",) or not made.columns:
            return made
        if made.columns[0] != own:
            how = (
                REQUEST_TIMES.get(made.columns[0].rpartition(".")[2], "iso") if self._form is Format.REQUESTS else "iso"
            )
        return replace(made, formats=_formats(how))

    def _with_defaults(self, fields: tuple[FieldMap, ...]) -> tuple[FieldMap, ...]:
        """The columns: those given, and where none is, what the format has for it."""
        given = {f.name for f in fields}
        own = (
            FieldMap(name=name, columns=(column,), formats=_formats(how))
            for name, (column, how) in _DEFAULTS[self._form].items()
            if name not in given
        )
        return (*fields, *own, *(FieldMap(name=name, columns=(column,)) for name, column in _MADE.items()))

    def _check_column(self, name: str, *path: str | int) -> None:
        """Refuses a column that logs of this format don't have."""
        if self._names and name not in self._names and not name.startswith(_FREE.get(self._form, ("\0",))):
            raise self._toml.error(
                "the format {format} has no such column; it has {columns}",
                *path,
                format=self._form,
                columns=list(self._names),
            )

    def _settings(self) -> LogSettings:
        toml, said = self._toml, self._said
        if not (said.tables or said.paths or said.resources):
            paths = self._form in {Format.COMBINED, Format.REQUESTS}
            wanted, spelled = ("paths", "[[paths]]") if paths else ("tables", "[tables.NAME]")
            raise toml.error(
                "the format {format} needs {table}: where the waybills are", wanted, format=self._form, table=spelled
            )
        return LogSettings(
            tables=tuple(self._table(name, table) for name, table in said.tables.items()),
            paths=tuple(self._path(number, rule) for number, rule in enumerate(said.paths)),
            statuses=said.statuses,
            methods=frozenset(m.upper() for m in said.methods),
            resources=frozenset(said.resources),
            request={k: v for k in REQUEST_FIELDS if (v := getattr(said.request, k))},
            dialect=said.request.dialect,
        )

    def _table(self, name: str, table: Mapping[str, DatabaseColumnKeys]) -> TableMap:
        waybills, columns = "outlet" not in table, dict[str, TableColumn]()
        known = TABLE if waybills else OUTLETS
        for key, source in table.items():
            where, column = ("tables", name, key), source.column.lower()
            if key not in known:
                raise self._toml.error(not_among(key, known), *where)
            if source.unit and key != "issued_at":
                raise self._toml.error(not_among("unit", ("column",)), *where, "unit")
            if column in columns:
                raise self._toml.error("this column stands for another condition already", *where)
            unit = source.unit or ""
            columns[column] = TableColumn(key=key, day=unit == "day", epoch=unit if unit in EPOCHS else "")
        if waybills and "waybill" not in table:
            raise self._toml.error(
                "a table needs its column `waybill`, or `outlet` for a table of outlets", "tables", name
            )
        return TableMap(name=name.lower(), columns=columns, waybills=waybills)

    def _path(self, number: int, rule: PathKeys) -> PathRule:
        where, key = ("paths", number), "regex" if rule.path is None else "path"
        text = path_pattern(rule.path) if rule.path else rule.regex
        if text is None or (rule.path and rule.regex):
            raise self._toml.error("needs one of path and regex", *where, "path")
        for name in _names_in(self._toml, text, *where, key):
            if name not in _ASKABLE:
                raise self._toml.error(
                    "{name} is no condition; one of {known}", *where, key, name=name, known=list(_ASKABLE)
                )
        for name in rule.query:
            if name not in _ASKABLE:
                raise self._toml.error(not_among(name, _ASKABLE), *where, "query", name)
        query = {parameter: name for name, parameters in rule.query.items() for parameter in parameters}
        ignore, times = frozenset(rule.ignore), () if rule.format == ("iso",) else rule.format
        return PathRule(pattern=text, query=query, ignore=ignore, action=rule.action, times=times)


def _formats(how: str | tuple[str, ...]) -> tuple[str, ...]:
    return how if isinstance(how, tuple) else (how or "iso",)
