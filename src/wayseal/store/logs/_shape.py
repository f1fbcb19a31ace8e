"""What a statement's template asks for, by an allow-list (obligations 2 and 3).

Understood: one SELECT over mapped tables, its WHERE joined by AND, `=`, IN, ANY and ranges of the time of issue over
literals and bound values, joins of mapped tables on their waybill number and of outlets on their code, LIMIT. The same
inside COPY, PREPARE, DECLARE CURSOR, CREATE TABLE AS. What else stands there is named, and widens the filter.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from wayseal.store.logs._outcome import Why, Wider
from wayseal.store.mapping import TableMap

if TYPE_CHECKING:
    from sqlglot import exp

_WRAPPED = re.compile(
    r"\s*(?:PREPARE\s+\S+?\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\s+AS\s"
    r"|DECLARE\s+\S+\s+(?:\w+\s+)*?CURSOR\s+(?:WITH(?:OUT)?\s+HOLD\s+)?FOR\s)",
    re.IGNORECASE,
)
_EXPLAIN = re.compile(r"\s*EXPLAIN\b", re.IGNORECASE)
_PARTS = frozenset(
    {"expressions", "from_", "from", "joins", "where", "limit", "offset", "order", "group", "having", "distinct"}
    | {"locks", "into", "hint", "windows", "kind"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """A literal by its number, or a bound value by its own ($1 is 1). array: `{a,b}`; date: cast to a date."""

    at: int
    bound: bool = False
    array: bool = False
    date: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """sign "in": the key is one of the operands; "=", ">=", ">", "<", "<=": the time of issue; "same": two literals.

    day: the column holds dates.
    """

    key: str
    sign: str
    operands: tuple[Operand, ...]
    day: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """nothing: no read, and why. bare: no condition of it may be used. wider: what was left out.

    grouped: rows of the answer are not waybills. counts: the answer holds numbers of rows and nothing else.
    """

    nothing: Why | None = None
    bare: bool = False
    conditions: tuple[Condition, ...] = ()
    wider: tuple[Wider, ...] = ()
    limit: Operand | None = None
    one: bool = False
    grouped: bool = False
    counts: bool = False
    export: bool = False


class Tables:
    """Mapped tables by the names that statements use."""

    def __init__(self, tables: tuple[TableMap, ...]) -> None:
        self._all = tables

    def find(self, name: str, schema: str = "") -> TableMap | None:
        """The table of that name; a schema on one side alone doesn't matter."""
        for table in self._all:
            of, _, own = table.name.rpartition(".")
            if own == name.lower() and (not of or not schema or of == schema.lower()):
                return table
        return None

    def named(self, full: str) -> TableMap | None:
        """The table of a name that may carry a schema."""
        schema, _, name = full.rpartition(".")
        return self.find(name.strip('"'), schema.strip('"'))

    @property
    def words(self) -> frozenset[str]:
        """Names of tables that hold waybills, without schemas."""
        return frozenset(t.name.rpartition(".")[2] for t in self._all if t.waybills)


def bare(why: Why) -> Shape:
    """A statement that touches waybills, of which no condition can be used."""
    return Shape(bare=True, wider=(Wider(why=why),))


@cache
def _sqlglot() -> Any:
    """The parser, loaded when the first statement is read; what it can't read it would print."""
    import sqlglot  # noqa: PLC0415 (start-up of the command line)

    quiet = logging.getLogger("sqlglot")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    return sqlglot


def analyse(template: str, words: frozenset[str], tables: Tables) -> Shape:
    """The shape of a template; `words` are the names that stand in it."""
    mentioned = bool(words & tables.words)
    if not mentioned:
        return Shape(nothing=Why.OTHER_TABLE)
    if _EXPLAIN.match(template):
        return Shape(nothing=Why.NOT_A_READ)
    roots = _parsed(template)
    if roots is None:
        return bare(Why.UNREADABLE)
    if len(roots) != 1:
        return bare(Why.FORM)
    try:
        return _of_root(roots[0], tables)
    except RecursionError:
        return bare(Why.UNREADABLE)


def _parsed(template: str) -> "list[exp.Expr] | None":
    """The statements of a template, out of PREPARE and DECLARE; None where they can't be read."""
    found = _WRAPPED.match(template)
    try:
        roots = _sqlglot().parse(template[found.end() :] if found else template, read="postgres")
    except Exception:  # whatever a foreign parser stumbles over, the log is read on
        return None
    return [r for r in roots if r is not None]


def columns_by_table(template: str) -> Iterator[tuple[str, str]]:
    """(table, column) of a statement, by the table's own name; a column without one belongs to each."""
    from sqlglot import exp  # noqa: PLC0415

    for root in _parsed(template) or ():
        tables = {t.alias_or_name: f"{t.db}.{t.name}".lstrip(".") for t in root.find_all(exp.Table) if t.name}
        for column in root.find_all(exp.Column):
            if column.name and column.name != "*":
                wanted = [tables[column.table]] if column.table in tables else [] if column.table else tables.values()
                for table in wanted:
                    yield table.lower(), column.name.lower()


def _of_root(root: "exp.Expr", tables: Tables) -> Shape:
    from sqlglot import exp  # noqa: PLC0415

    if not _touched(root, tables) and not isinstance(root, exp.Command):
        return Shape(nothing=Why.OTHER_TABLE)
    if isinstance(root, exp.Copy):
        return _of_copy(root, tables)
    if isinstance(root, exp.Create) and isinstance(root.expression, exp.Query):
        return _of_query(root.expression, tables)
    if isinstance(root, exp.Insert | exp.Update | exp.Delete | exp.Merge | exp.Create | exp.Drop | exp.Alter):
        return Shape(nothing=Why.NOT_A_READ) if root.args.get("returning") is None else bare(Why.FORM)
    return _of_query(root, tables)


def _touched(root: "exp.Expr", tables: Tables) -> bool:
    from sqlglot import exp  # noqa: PLC0415

    found = (tables.find(t.name, t.db) for t in root.find_all(exp.Table))
    return any(t is not None and t.waybills for t in found)


def _of_copy(root: "exp.Expr", tables: Tables) -> Shape:
    from sqlglot import exp  # noqa: PLC0415

    if root.args.get("kind"):
        return Shape(nothing=Why.NOT_A_READ)
    inner = root.this
    if isinstance(inner, exp.Subquery):
        inner = inner.this
    if isinstance(inner, exp.Table | exp.Schema):
        return Shape(export=True)
    made = _of_query(inner, tables)
    return Shape(
        nothing=made.nothing, bare=made.bare, conditions=made.conditions, wider=made.wider, limit=made.limit,
        one=made.one, grouped=made.grouped, counts=made.counts, export=True,
    )  # fmt: skip


def _of_query(root: "exp.Expr", tables: Tables) -> Shape:
    from sqlglot import exp  # noqa: PLC0415

    from wayseal.store.logs._conditions import conjuncts, read_conditions  # noqa: PLC0415
    from wayseal.store.logs._joins import join_up  # noqa: PLC0415

    while isinstance(root, exp.Subquery) and set(_set_parts(root)) <= {"this"}:
        root = root.this
    if not isinstance(root, exp.Select) or not set(_set_parts(root)) <= _PARTS:
        return bare(Why.FORM)
    where = root.args.get("where")
    inside = {id(n) for n in where.walk()} if where else set()
    if any(n is not root and id(n) not in inside for n in root.find_all(exp.Query)):
        return bare(Why.SUBQUERY)
    joined = join_up(root, tables)
    if isinstance(joined, Why):
        return bare(joined)
    conditions, wider = read_conditions([*conjuncts(where), *joined.on], joined)
    if root.args.get("having"):
        wider = [*wider, Wider(why=Why.FORM)]
    shown = [e.unalias() for e in root.expressions]
    limit, one = _limit(root)
    return Shape(
        conditions=tuple(conditions),
        wider=(*joined.wider, *wider),
        limit=limit,
        one=one,
        grouped=any(root.args.get(k) for k in ("group", "distinct", "having")),
        counts=bool(shown) and not root.args.get("group") and all(isinstance(e, exp.Count) for e in shown),
    )


def _set_parts(root: "exp.Expr") -> list[str]:
    return [k for k, v in root.args.items() if v]


def _limit(root: "exp.Expr") -> tuple[Operand | None, bool]:
    """The row limit's operand, or that it is one."""
    from sqlglot import exp  # noqa: PLC0415

    from wayseal.store.logs._conditions import operand  # noqa: PLC0415

    limit = root.args.get("limit")
    if isinstance(limit, exp.Limit):
        return operand(limit.expression), False
    if isinstance(limit, exp.Fetch):
        options = limit.args.get("limit_options")
        if options is not None and (options.args.get("percent") or options.args.get("with_ties")):
            return None, False
        count = limit.args.get("count")
        return (operand(count), False) if count is not None else (None, True)
    return None, False
