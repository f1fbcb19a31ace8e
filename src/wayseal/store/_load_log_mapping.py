"""The sections of a mapping file that adapters need: tables of a database, paths of an interface, and defaults."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from wayseal.model.kinds import Action
from wayseal.model.predicate import CONDITIONS
from wayseal.store.errors import StoreError
from wayseal.store.formats import Format
from wayseal.store.mapping import FieldMap, LogSettings, PathRule, TableColumn, TableMap
from wayseal.store.tables import TABLES

LOG_KEYS = ("tables", "paths", "statuses", "methods", "resources")
TABLE = (*CONDITIONS, "issued_at")
OUTLETS = ("outlet", "city", "region")
COLUMN = ("column", "unit")
PATH = ("path", "regex", "query", "ignore", "action")
ASKABLE = (*CONDITIONS, "issued_from", "issued_to", "limit")
_USES: Mapping[Format, frozenset[str]] = {
    Format.PGAUDIT: frozenset({"tables"}),
    Format.COMBINED: frozenset({"paths", "statuses", "methods"}),
    Format.OCSF: frozenset(LOG_KEYS),
}
_MADE = {"waybill": "read.waybill", "filter": "read.filter", "rows": "read.rows"}
_DEFAULTS: Mapping[Format, Mapping[str, tuple[str, str]]] = {
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
}  # fmt: skip
_FREE: Mapping[Format, tuple[str, ...]] = {Format.PGAUDIT: ("comment.",), Format.COMBINED: ("query.",)}
MAPPABLE = tuple(dict.fromkeys(n for t in ("accesses", "queries") for n in TABLES[t].names if n not in _MADE))
"""Columns of the two tables that `[columns]` may give for a raw log; the adapter finds the others."""
_Doc = Mapping[str, Any]
_Raise = Callable[..., StoreError]


def with_defaults(form: Format, fields: tuple[FieldMap, ...]) -> tuple[FieldMap, ...]:
    """The columns of a raw log: those given, and where none is, what its format has for it."""
    given = {f.name for f in fields}
    out = list(fields)
    for name, (column, how) in _DEFAULTS[form].items():
        if name not in given:
            out.append(FieldMap(name=name, columns=(column,), formats=(how or "iso",)))
    out += [FieldMap(name=n, columns=(c,)) for n, c in _MADE.items()]
    return tuple(out)


def form_of_time(form: Format, column: str) -> str | None:
    """How the format writes the time in its own column of it."""
    named, how = _DEFAULTS[form]["at"]
    return how if column == named else None


def columns_of(form: Format, known: tuple[str, ...], name: str) -> bool:
    """Whether a raw log of this format has such a column."""
    return not known or name in known or name.startswith(_FREE.get(form, ("\0",)))


class LogLoader:
    """Checks the sections of one mapping file; `error` makes an error from message, section and key."""

    def __init__(self, error: _Raise) -> None:
        self._error = error

    def load(self, doc: _Doc, form: Format) -> LogSettings:
        """The settings; StoreError names the first mistake."""
        for key in LOG_KEYS:
            if key in doc and key not in _USES[form]:
                raise self._error("the format {format} has no use for it", "", key, format=form)
        tables, paths = self._tables(doc), self._paths(doc)
        resources = frozenset(self._texts(doc, "resources", ()))
        if not tables and not paths and not resources:
            wanted = {Format.PGAUDIT: "tables", Format.COMBINED: "paths"}.get(form, "tables")
            spelt = "[tables.NAME]" if wanted == "tables" else "[[paths]]"
            raise self._error(
                "the format {format} needs {table}: where the waybills are", "", wanted, format=form, table=spelt
            )
        statuses = self._texts(doc, "statuses", ("2xx",))
        for status in statuses:
            if not re.fullmatch("[1-5](?:[0-9]{2}|xx)", status):
                raise self._error('needs HTTP statuses, like "200" or "2xx"', "", "statuses")
        return LogSettings(
            tables=tables,
            paths=paths,
            statuses=statuses,
            methods=frozenset(m.upper() for m in self._texts(doc, "methods", ("GET", "POST"))),
            resources=resources,
        )

    def _texts(self, doc: _Doc, key: str, default: tuple[str, ...], where: str = "") -> tuple[str, ...]:
        value = doc.get(key, list(default))
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(i, str) and i for i in items):
            raise self._error("needs a text or a list of texts", where, key)
        return tuple(items)

    def _tables(self, doc: _Doc) -> tuple[TableMap, ...]:
        tables = doc.get("tables", {})
        if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
            raise self._error("is written as [tables.NAME]", "", "tables")
        return tuple(self._table(name, table) for name, table in tables.items())

    def _table(self, name: str, table: _Doc) -> TableMap:
        where = f"tables.{name}"
        waybills = "outlet" not in table
        known = TABLE if waybills else OUTLETS
        for key in table:
            if key not in known:
                raise self._error("not known here; one of {known}", where, key, known=list(known))
        if waybills and "waybill" not in table:
            raise self._error("a table needs its column `waybill`, or `outlet` for a table of outlets", where, "")
        columns: dict[str, TableColumn] = {}
        for key, value in table.items():
            column, day = self._column(key, value, where)
            if column in columns:
                raise self._error("this column stands for another condition already", where, key)
            columns[column] = TableColumn(key=key, day=day)
        return TableMap(name=name.lower(), columns=columns, waybills=waybills)

    def _column(self, key: str, value: object, where: str) -> tuple[str, bool]:
        """The database's column in lower case, and whether it holds dates."""
        day = False
        if isinstance(value, dict) and key == "issued_at":
            inner = f"{where}.{key}"
            for name in value:
                if name not in COLUMN:
                    raise self._error("not known here; one of {known}", inner, name, known=list(COLUMN))
            if value.get("unit", "time") not in {"time", "day"}:
                raise self._error('is "time" or "day"', inner, "unit")
            day, value = value.get("unit") == "day", value.get("column")
        if not isinstance(value, str) or not value:
            raise self._error("needs the name of a column in the database", where, key)
        return value.lower(), day

    def _paths(self, doc: _Doc) -> tuple[PathRule, ...]:
        rules = doc.get("paths", [])
        if not isinstance(rules, list) or not all(isinstance(r, dict) for r in rules):
            raise self._error("is written as [[paths]]", "", "paths")
        return tuple(self._path(rule, f"paths[{n}]") for n, rule in enumerate(rules))

    def _path(self, rule: _Doc, where: str) -> PathRule:
        for key in rule:
            if key not in PATH:
                raise self._error("not known here; one of {known}", where, key, known=list(PATH))
        pattern = self._pattern(rule, where)
        query = rule.get("query", {})
        if not isinstance(query, dict):
            raise self._error("needs conditions and the parameter of each", where, "query")
        meant: dict[str, str] = {}
        for key in (*pattern.groupindex, *query):
            if key not in ASKABLE:
                raise self._error(
                    "{name} is no condition; one of {known}", where, "query", name=key, known=list(ASKABLE)
                )
        for key in query:
            for name in self._texts(query, key, (), f"{where}.query"):
                meant[name] = key
        action = rule.get("action")
        if action is not None and action not in set(Action):
            raise self._error("one of {known}", where, "action", known=list(Action))
        ignore = frozenset(self._texts(rule, "ignore", (), where))
        return PathRule(pattern=pattern, query=meant, ignore=ignore, action=action)

    def _pattern(self, rule: _Doc, where: str) -> re.Pattern[str]:
        if len(rule.keys() & {"path", "regex"}) != 1:
            raise self._error("needs one of path and regex", where, "path")
        key = "path" if "path" in rule else "regex"
        text = rule[key]
        if not isinstance(text, str) or not text:
            raise self._error("needs a text in quotes", where, key)
        try:
            return re.compile(template(text) if key == "path" else text)
        except (re.error, RecursionError, OverflowError) as error:
            raise self._error("can't be read as a pattern; a name stands in it once", where, key) from error


def template(text: str) -> str:
    """The regular expression of a path with names in braces; each stands for one piece between slashes."""
    parts = re.split(r"\{([a-z_]+)\}", text)
    return "".join(f"(?P<{p}>[^/]+)" if at % 2 else re.escape(p) for at, p in enumerate(parts))
