"""What a statement's template asks for, by an allow-list (obligations 2 and 3).

Understood: one SELECT over mapped tables, its WHERE joined by AND, `=`, IN, ANY and ranges of the time of issue over
literals and bound values, joins of mapped tables on their waybill number and of outlets on their code, LIMIT. The same
inside COPY, PREPARE, DECLARE CURSOR, CREATE TABLE AS. What else stands there is named, and widens the filter.
"""

import re
from dataclasses import replace

from sqlglot import exp

from wayseal.store.logs._conditions import operand, read_conditions
from wayseal.store.logs._joins import join_up
from wayseal.store.logs._outcomes import DroppedCondition, Why
from wayseal.store.logs._query_shape import Operand, QueryShape, Tables, bare
from wayseal.store.logs._syntax import conjuncts, parsed, set_parts

_EXPLAIN = re.compile(r"\s*EXPLAIN\b", re.IGNORECASE)
_PARTS = frozenset(
    {"expressions", "from_", "from", "joins", "where", "limit", "offset", "order", "group", "having", "distinct"}
    | {"locks", "into", "hint", "windows", "kind"}
)


def analyse(template: str, words: frozenset[str], tables: Tables, dialect: str) -> QueryShape:
    """The shape of a template; `words` are the names that stand in it."""
    mentioned = bool(words & tables.words)
    if not mentioned:
        return QueryShape(nothing=Why.OTHER_TABLE)
    if _EXPLAIN.match(template):
        return QueryShape(nothing=Why.NOT_A_READ)
    roots = parsed(template, dialect)
    if roots is None:
        return bare(Why.UNREADABLE)
    if len(roots) != 1:
        return bare(Why.FORM)
    try:
        return _of_root(roots[0], tables)
    except RecursionError:
        return bare(Why.UNREADABLE)


def _of_root(root: exp.Expr, tables: Tables) -> QueryShape:
    if not _touched(root, tables) and not isinstance(root, exp.Command):
        return QueryShape(nothing=Why.OTHER_TABLE)
    if isinstance(root, exp.Copy):
        return _of_copy(root, tables)
    if isinstance(root, exp.Create) and isinstance(root.expression, exp.Query):
        return _of_query(root.expression, tables)
    if isinstance(root, exp.Insert | exp.Update | exp.Delete | exp.Merge | exp.Create | exp.Drop | exp.Alter):
        return QueryShape(nothing=Why.NOT_A_READ) if root.args.get("returning") is None else bare(Why.FORM)
    return _of_query(root, tables)


def _touched(root: exp.Expr, tables: Tables) -> bool:
    found = (tables.find(t.name, t.db) for t in root.find_all(exp.Table))
    return any(t is not None and t.waybills for t in found)


def _of_copy(root: exp.Expr, tables: Tables) -> QueryShape:
    if root.args.get("kind"):
        return QueryShape(nothing=Why.NOT_A_READ)
    inner = root.this
    if isinstance(inner, exp.Subquery):
        inner = inner.this
    if isinstance(inner, exp.Table | exp.Schema):
        return QueryShape(export=True)
    return replace(_of_query(inner, tables), export=True)


def _of_query(root: exp.Expr, tables: Tables) -> QueryShape:
    while isinstance(root, exp.Subquery) and set(set_parts(root)) <= {"this"}:
        root = root.this
    if not isinstance(root, exp.Select) or not set(set_parts(root)) <= _PARTS:
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
        wider = [*wider, DroppedCondition(why=Why.FORM)]
    shown = [e.unalias() for e in root.expressions]
    limit, one = _limit(root)
    return QueryShape(
        conditions=tuple(conditions),
        wider=(*joined.wider, *wider),
        limit=limit,
        one=one,
        grouped=any(root.args.get(k) for k in ("group", "distinct", "having")),
        counts=bool(shown) and not root.args.get("group") and all(isinstance(e, exp.Count) for e in shown),
    )


def _limit(root: exp.Expr) -> tuple[Operand | None, bool]:
    """The row limit's operand, or that it is one."""
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
