"""Reading a mapping file. Every error names the file, the line and the key; unknown keys are refused."""

import codecs
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wayseal.model.errors import disk_says
from wayseal.store._load_log_mapping import LOG_KEYS, MAPPABLE, LogLoader, columns_of, form_of_time, with_defaults
from wayseal.store._times import compile_format, parse_offset
from wayseal.store.errors import StoreError
from wayseal.store.formats import LOGS, Format
from wayseal.store.logs import names_of_format
from wayseal.store.mapping import EPOCHS, FieldMap, LogMapping, RowFilter
from wayseal.store.tables import TABLES, VERSION, Column, ColumnType

_TOP = (
    *("wayseal", "table", "format", "encoding", "delimiter", "header", "offset", "clean", "columns", "drop", "keep"),
    *LOG_KEYS,
)
_FIELD = ("column", "columns", "first_of", "constant", "format", "formats", "values")
_ONE_OF = {"column", "columns", "first_of", "constant"}
_FILTER = ("column", "equals")
_ENCODINGS = frozenset(
    {"ascii", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb2312", "gbk", "gb18030"}
    | {"big5", "big5hkscs", "iso8859-1", "cp1252", "shift_jis", "cp949"}
)
_Doc = Mapping[str, Any]


def load_mapping(path: Path) -> LogMapping:
    """Reads a mapping file.

    Args:
        path: The file (TOML).

    Returns:
        The mapping.

    Raises:
        StoreError: Names file, line and key of the first mistake.
    """
    path = Path(path)
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise StoreError("can't be read ({reason})", file=path, reason=disk_says(error)) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise StoreError("a mapping file is text in UTF-8", file=path, line=line) from error
    return parse_mapping(text, path)


def parse_mapping(text: str, path: Path) -> LogMapping:
    """The mapping that this text describes; `path` is for errors."""
    try:
        doc = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise StoreError('not TOML here; text stands in quotes, as in actor = "user"', file=path, line=line) from error
    return _Loader(text, path).load(doc)


class _Loader:
    """Checks a parsed document key by key; knows where in the text each key stands."""

    def __init__(self, text: str, path: Path) -> None:
        self._places = find_places(text)
        self._path = path

    def load(self, doc: _Doc) -> LogMapping:
        """The whole document."""
        self._known(doc, _TOP, "")
        if doc.get("wayseal", VERSION) != VERSION:
            raise self._error("this version of Wayseal reads mapping version {version}", "", "wayseal", version=VERSION)
        if self._format(doc) in LOGS:
            return self._load_log(doc, Format(doc["format"]))
        for key in LOG_KEYS:
            if key in doc:
                raise self._error("only for the formats {formats}", "", key, formats=sorted(LOGS))
        table = self._text(doc, "table", "", default="accesses")
        if table not in TABLES:
            raise self._error("no table of the contract; one of {known}", "", "table", known=list(TABLES))
        header = self._flag(doc, "header", True)
        fields = self._fields(doc, table, header)
        return LogMapping(
            path=self._path,
            table=table,
            fields=fields,
            filters=(*self._filters(doc, "drop"), *self._filters(doc, "keep")),
            format=self._format(doc),
            encoding=self._encoding(doc),
            delimiter=self._delimiter(doc),
            header=header,
            offset=self._offset(doc),
            clean=self._flag(doc, "clean", True),
        )

    def _load_log(self, doc: _Doc, form: Format) -> LogMapping:
        """The mapping of a raw log, which fills two tables."""
        for key in ("table", "delimiter", "header"):
            if key in doc:
                raise self._error(
                    "the format {format} has no use for it (it fills accesses and queries)", "", key, format=form
                )
        fields = tuple(self._log_field(form, name, value) for name, value in self._log_columns(doc).items())
        filters = (*self._filters(doc, "drop"), *self._filters(doc, "keep"))
        for number, rule in enumerate(filters):
            if not columns_of(form, names_of_format(form), rule.column):
                kind = "keep" if rule.keep else "drop"
                at = number - sum(f.keep != rule.keep for f in filters[:number])
                raise self._no_column(form, f"{kind}[{at}]", "column")
        return LogMapping(
            path=self._path,
            table="accesses",
            fields=with_defaults(form, fields),
            filters=filters,
            format=form,
            encoding=self._encoding(doc),
            offset=self._offset(doc),
            clean=self._flag(doc, "clean", True),
            logs=LogLoader(self._error).load(doc, form),
        )

    def _log_columns(self, doc: _Doc) -> _Doc:
        columns = doc.get("columns", {})
        if not isinstance(columns, dict):
            raise self._error("is written as [columns]", "", "columns")
        self._known(columns, MAPPABLE, "columns")
        return columns

    def _log_field(self, form: Format, name: str, value: Any) -> FieldMap:
        table = "accesses" if name in TABLES["accesses"].names else "queries"
        item = self._field(TABLES[table].column(name), value)
        for column in item.columns:
            if not columns_of(form, names_of_format(form), column):
                raise self._no_column(form, "columns", name)
        how = form_of_time(form, item.columns[0]) if name == "at" and item.columns else None
        return replace(item, formats=(how,)) if how and item.formats == ("iso",) else item

    def _fields(self, doc: _Doc, table: str, header: bool) -> tuple[FieldMap, ...]:
        columns = doc.get("columns")
        if not isinstance(columns, dict):
            raise self._error("a mapping needs the section [columns]", "", "columns")
        self._known(columns, TABLES[table].names, "columns")
        missing = [n for n in TABLES[table].required if n not in columns]
        if missing:
            raise self._error("the table {table} needs this column", "columns", missing[0], table=table)
        fields = tuple(self._field(TABLES[table].column(n), v) for n, v in columns.items())
        if not header:
            for item in fields:
                if not all(c.isdecimal() and c.isascii() and int(c) > 0 for c in item.columns):
                    raise self._error("without a header a column is its number, from 1", "columns", item.name)
        return fields

    def _field(self, column: Column, value: Any) -> FieldMap:
        name, line = column.name, self._line("columns", column.name)
        if not isinstance(value, dict):
            return FieldMap(name=name, columns=(self._name(value, "columns", name),), line=line)
        where = f"columns.{name}"
        self._known(value, _FIELD, where)
        if len(value.keys() & _ONE_OF) != 1:
            raise self._error("needs one of column, columns, first_of and constant", "columns", name)
        constant = self._text(value, "constant", where) if "constant" in value else None
        if constant is not None and column.type in {ColumnType.TIME, ColumnType.WAYBILL}:
            raise self._error("can't be the same for all rows", "columns", name)
        return FieldMap(
            name=name,
            columns=self._columns(value, where),
            first="first_of" in value,
            constant=constant,
            formats=self._formats(column, value, where),
            values=self._values(value, where),
            line=line,
        )

    def _columns(self, value: _Doc, where: str) -> tuple[str, ...]:
        if "column" in value:
            return (self._name(value["column"], where, "column"),)
        key = "first_of" if "first_of" in value else "columns"
        names = value.get(key, [])
        if not isinstance(names, list) or (key in value and not names):
            raise self._error("needs a list of column names", where, key)
        return tuple(self._name(n, where, key) for n in names)

    def _name(self, value: Any, where: str, key: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str) or not value:
            raise self._error("needs the name of a column in the log", where, key)
        return value

    def _formats(self, column: Column, value: _Doc, where: str) -> tuple[str, ...]:
        key = "formats" if "formats" in value else "format"
        if key not in value:
            return ("iso",)
        forms = value[key] if isinstance(value[key], list) else [value[key]]
        if column.type is not ColumnType.TIME or len(value.keys() & {"format", "formats"}) != 1:
            raise self._error("only a time has a format, and one of format and formats", where, key)
        if not forms or not all(isinstance(f, str) for f in forms):
            raise self._error("needs one format or a list of them", where, key)
        for form in forms:
            if form != "iso" and form not in EPOCHS:
                try:
                    compile_format(form)
                except StoreError as error:
                    raise error.at(file=self._path, line=self._line(where, key), key=key) from None
        return tuple(forms)

    def _values(self, value: _Doc, where: str) -> Mapping[str, str]:
        words = value.get("values", {})
        if not isinstance(words, dict) or not all(isinstance(w, str) for w in words.values()):
            raise self._error("needs words of the log and what each is called", where, "values")
        return dict(words)

    def _filters(self, doc: _Doc, key: str) -> list[RowFilter]:
        rules = doc.get(key, [])
        if not isinstance(rules, list) or not all(isinstance(r, dict) for r in rules):
            raise self._error("is written as [[{table}]]", "", key, table=key)
        made = []
        for number, rule in enumerate(rules):
            where = f"{key}[{number}]"
            self._known(rule, _FILTER, where)
            equals = rule.get("equals")
            words = equals if isinstance(equals, list) else [equals]
            if not words or not all(isinstance(w, str | int) for w in words):
                raise self._error("needs a text or a list of texts", where, "equals")
            column = self._name(rule.get("column"), where, "column")
            plain = frozenset(str(w).lower() if isinstance(w, bool) else str(w).strip() for w in words)
            made.append(RowFilter(column=column, equals=plain, keep=key == "keep"))
        return made

    def _format(self, doc: _Doc) -> Format | None:
        form = self._text(doc, "format", "", default="")
        if form and form not in set(Format):
            raise self._error("no format; one of {known}", "", "format", known=list(Format))
        return Format(form) if form else None

    def _encoding(self, doc: _Doc) -> str | None:
        name = self._text(doc, "encoding", "", default="")
        if not name:
            return None
        try:
            plain = codecs.lookup(name).name
        except LookupError:
            plain = ""
        if plain not in _ENCODINGS:
            raise self._error("not known here; one of {known}", "", "encoding", known=sorted(_ENCODINGS))
        return plain.removesuffix("-sig")

    def _delimiter(self, doc: _Doc) -> str | None:
        mark = self._text(doc, "delimiter", "", default="")
        mark = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}.get(mark, mark)
        if mark and (len(mark) != 1 or not mark.isascii() or mark in '"\r\n\0'):
            raise self._error("is one character: , ; | or tab", "", "delimiter")
        return mark or None

    def _offset(self, doc: _Doc) -> Any:
        text = self._text(doc, "offset", "", default="")
        try:
            return parse_offset(text) if text else None
        except StoreError as error:
            raise error.at(file=self._path, line=self._line("", "offset"), key="offset") from None

    def _text(self, doc: _Doc, key: str, where: str, default: str | None = None) -> str:
        value = doc.get(key, default)
        if not isinstance(value, str):
            raise self._error("needs a text in quotes", where, key)
        return value

    def _flag(self, doc: _Doc, key: str, default: bool) -> bool:
        value = doc.get(key, default)
        if not isinstance(value, bool):
            raise self._error("is true or false", "", key)
        return value

    def _known(self, doc: _Doc, keys: tuple[str, ...], where: str) -> None:
        for key in doc:
            if key not in keys:
                raise self._error("not known here; one of {known}", where, key, known=list(keys))

    def _no_column(self, form: Format, where: str, key: str) -> StoreError:
        has = list(names_of_format(form))
        return self._error(
            "the format {format} has no such column; it has {columns}", where, key, format=form, columns=has
        )

    def _error(self, text: str, where: str, key: str, **values: object) -> StoreError:
        return StoreError(text, file=self._path, line=self._line(where, key), key=key, **values)

    def _line(self, where: str, key: str) -> int:
        """Where a key stands; where its table does, if the key itself can't be found; else the first line."""
        table, _, inner = where.rpartition(".")
        places = ((where, key), (table, inner), (where, ""))
        inside = (
            line for (name, _), line in self._places.items() if not where and name.startswith((f"{key}[", f"{key}."))
        )
        return next((self._places[p] for p in places if p in self._places), next(inside, 1))


def find_places(text: str) -> dict[tuple[str, str], int]:
    """The line of every key of a TOML text, by (table, key); of a table itself by (table, "").

    Tables of an array are numbered: "drop[0]". Keys inside an inline table are not told apart.
    """
    places: dict[tuple[str, str], int] = {}
    table = ""
    counts: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if head := re.match(r"\s*\[(\[?)\s*([^\]]+?)\s*\]", line):
            table = head[2].replace(" ", "").replace('"', "")
            if head[1]:
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}[{counts[table]}]"
            places.setdefault((table, ""), number)
        elif found := re.match(r"""\s*["']?([^"'=\[\]{}#.]+?)["']?\s*[=.]""", line):
            places.setdefault((table, found[1]), number)
    return places
