"""What a statement's template asks for, by an allow-list (obligations 2 and 3).

Understood: one SELECT over mapped tables, its WHERE joined by AND, `=`, IN, ANY and ranges of the time of issue over
literals and bound values, joins of mapped tables on their waybill number and of outlets on their code, LIMIT. The same
inside COPY, PREPARE, DECLARE CURSOR, CREATE TABLE AS. What else stands there is named, and widens the filter.

FROM and JOIN: which tables stand there under which names, and how they hang together.

Tables of waybills must be joined on their waybill number, so that a condition on one of them bounds what is
shown of all. A table of outlets joined on its code gives its city and region to the end that it was joined on.

The conditions of a WHERE: those of the allow-list, and why the others were left out (obligation 2).
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import sqlglot
from sqlglot import exp

from wayseal.store.logs._query_shape import Condition, Operand, QueryShape, Tables, bare
from wayseal.store.logs._row_builder import DroppedCondition, Why
from wayseal.store.mapping import TableColumn, TableMap

_WRAPPED = re.compile(
    r"\s*(?:PREPARE\s+\S+?\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\s+AS\s"
    r"|DECLARE\s+\S+\s+(?:\w+\s+)*?CURSOR\s+(?:WITH(?:OUT)?\s+HOLD\s+)?FOR\s)",
    re.IGNORECASE,
)


# What the parser can't read it would print.
_QUIET = logging.getLogger("sqlglot")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


def parsed(template: str, dialect: str = "postgres") -> list[exp.Expr] | None:
    """The statements of a template, out of PREPARE and DECLARE; None where they can't be read."""
    found = _WRAPPED.match(template)
    try:
        roots = sqlglot.parse(template[found.end() :] if found else template, read=dialect)
    except Exception:  # whatever a foreign parser stumbles over, the log is read on
        return None
    return [r for r in roots if r is not None]


def conjuncts(where: exp.Expr | None) -> Iterator[exp.Expr]:
    """Yield what AND joins, without brackets."""
    stack = [where] if where is not None else []
    while stack:
        item = stack.pop()
        if isinstance(item, exp.Where | exp.Paren):
            stack.append(item.this)
        elif isinstance(item, exp.And):
            stack += [item.expression, item.this]
        elif item is not None:
            yield item


def set_parts(node: exp.Expr) -> list[str]:
    """The parts of a node that say something."""
    return [name for name, value in node.args.items() if value]


def columns_by_table(template: str, dialect: str) -> Iterator[tuple[str, str]]:
    """(table, column) of a statement, by the table's own name; a column without one belongs to each."""
    for root in parsed(template, dialect) or ():
        tables = {t.alias_or_name: f"{t.db}.{t.name}".lstrip(".") for t in root.find_all(exp.Table) if t.name}
        for column in root.find_all(exp.Column):
            if column.name and column.name != "*":
                wanted = [tables[column.table]] if column.table in tables else [] if column.table else tables.values()
                for table in wanted:
                    yield table.lower(), column.name.lower()


@dataclass(slots=True, kw_only=True)
class JoinedTables:
    """sources: alias → table, None where it isn't mapped. ends: alias of outlets → "origin" or "destination".

    on: conditions of inner joins, which select like those of WHERE.
    """

    sources: dict[str, TableMap | None]
    ends: dict[str, str] = field(default_factory=dict)
    on: list[exp.Expr] = field(default_factory=list)
    wider: list[DroppedCondition] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    def column(self, column: exp.Expr) -> tuple[str, TableColumn] | None:
        """The alias and meaning of a column; None if it has none."""
        alias, name = column.text("table").lower(), column.name.lower()
        aliases = [alias] if alias else list(self.sources)
        for one in aliases:
            table = self.sources.get(one)
            if table is not None and name in table.columns:
                return one, table.columns[name]
        return None

    def key(self, column: exp.Expr) -> TableColumn | None:
        """The condition that a column stands for; None if it stands for none."""
        found = self.column(column)
        if found is None:
            return None
        alias, meant = found
        table = self.sources[alias]
        if table is None or table.waybills:
            return meant
        end = self.ends.get(alias)
        return TableColumn(key=f"{end}_{meant.key}") if end else None


def join_up(root: exp.Expr, tables: Tables) -> JoinedTables | Why:
    """The sources of a SELECT; why no condition of it may be used, if so."""
    start = root.args.get("from_") or root.args.get("from")
    joins = root.args.get("joins") or []
    if start is None:
        return Why.SUBQUERY
    made = JoinedTables(sources={})
    links: list[tuple[exp.Expr, exp.Expr]] = []
    for item in (start, *joins):
        table = item.this
        if not isinstance(table, exp.Table) or not table.alias_or_name or set(set_parts(table)) - _PLAIN:
            return Why.JOIN
        if table.alias_column_names:
            return Why.JOIN
        alias = table.alias_or_name.lower()
        made.sources[alias] = tables.find(table.name, table.db)
        if item is not start:
            if item.side in {"RIGHT", "FULL"} or item.args.get("method"):
                return Why.JOIN
            on = list(conjuncts(item.args.get("on")))
            found = list(_links(on, made))
            # An outer join's condition ties nothing but the table that it adds.
            links += found if item.side != "LEFT" else [link for link in found if _names(link, alias, made)]
            if item.side != "LEFT":
                made.on += on
    using = [j for j in joins if j.args.get("using")]
    if using and not all(j.args.get("using") or j.args.get("on") for j in joins):
        return Why.JOIN
    links += _links(list(conjuncts(root.args.get("where"))), made)
    return _tied(made, links, [_using(j, made) for j in using])


def _names(link: tuple[exp.Expr, exp.Expr], alias: str, made: JoinedTables) -> bool:
    return any(found is not None and found[0] == alias for found in map(made.column, link))


def _using(join: exp.Expr, made: JoinedTables) -> set[str]:
    """The table that USING adds and the first one before it with that waybill number."""
    added = join.this.alias_or_name.lower()
    names = {n.name.lower() for n in join.args["using"]}
    for alias, table in made.sources.items():
        if alias == added:
            break
        mine = made.sources[added]
        for name in names:
            if table is not None and mine is not None and _is_number(table, name) and _is_number(mine, name):
                return {alias, added}
    return set()


def _is_number(table: TableMap, name: str) -> bool:
    return name in table.columns and table.columns[name].key == "waybill"


_PLAIN = frozenset({"this", "alias", "db", "catalog", "only"})


def _links(found: list[exp.Expr], made: JoinedTables) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    for item in found:
        if isinstance(item, exp.EQ) and isinstance(item.this, exp.Column) and isinstance(item.expression, exp.Column):
            made.used.add(id(item))
            yield item.this, item.expression


def _tied(made: JoinedTables, links: list[tuple[exp.Expr, exp.Expr]], pairs: list[set[str]]) -> JoinedTables | Why:
    held = {a for a, t in made.sources.items() if t is not None and t.waybills}
    if not held:
        return Why.SUBQUERY
    tied = {next(a for a in made.sources if a in held)}
    seen: dict[str, set[str]] = {}
    for left, right in links:
        one, other = made.column(left), made.column(right)
        if one is None or other is None:
            continue
        if one[1].key == other[1].key == "waybill":
            pairs.append({one[0], other[0]})
        for (a, meant), (b, there) in ((one, other), (other, one)):
            outlets = made.sources[b]
            if a in held and outlets is not None and not outlets.waybills and there.key == "outlet":
                end = meant.key.removesuffix("_outlet")
                seen.setdefault(b, set()).add(end if end != meant.key else "?")
    for _ in pairs:
        for pair in pairs:
            if pair & tied:
                tied |= pair
    if held - tied:
        return Why.JOIN
    made.ends = {alias: next(iter(ends)) for alias, ends in seen.items() if len(ends) == 1 and "?" not in ends}
    loose = [a for a in made.sources if a not in held and a not in made.ends]
    if loose:
        made.wider.append(DroppedCondition(why=Why.JOIN))
    return made


_TEXT = frozenset({"TEXT", "VARCHAR", "BPCHAR", "NAME"})
_AS_IT_IS = _TEXT | {"INT", "BIGINT", "SMALLINT", "DECIMAL", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMPNTZ", "UNKNOWN"}
_SIGNS = {"EQ": "=", "GTE": ">=", "LTE": "<=", "GT": ">", "LT": "<"}
_TURNED = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}


def read_conditions(items: list[exp.Expr], joined: JoinedTables) -> tuple[list[Condition], list[DroppedCondition]]:
    """The conditions that can be expressed, and what was left out."""
    conditions: list[Condition] = []
    wider: list[DroppedCondition] = []
    for item in items:
        if id(item) in joined.used:
            wider += _tie(item, joined)
            continue
        if isinstance(item, exp.Boolean) and item.this is True:
            continue
        read = _condition(item, joined)
        if isinstance(read, DroppedCondition):
            wider.append(read)
        else:
            conditions += read
    return conditions, wider


def _tie(item: exp.Expr, joined: JoinedTables) -> Iterator[DroppedCondition]:
    """Name what is left out with two equal columns; nothing where they tie mapped tables rather than select."""
    sides = [(side, joined.column(side)) for side in (item.this, item.expression)]
    strange = [side.name for side, found in sides if found is None]
    if strange:
        yield DroppedCondition(why=Why.COLUMN, name=strange[0])
    elif len({found[0] for _, found in sides if found}) < 2:
        yield DroppedCondition(why=Why.COMPARISON)


def _condition(item: exp.Expr, joined: JoinedTables) -> list[Condition] | DroppedCondition:
    if (sign := _SIGNS.get(type(item).__name__)) is not None:
        return _compared(item, sign, joined)
    if isinstance(item, exp.In):
        return _listed(item, joined)
    if isinstance(item, exp.Between):
        low, high = operand(item.args.get("low")), operand(item.args.get("high"))
        if low is None or high is None or item.args.get("symmetric"):
            return _blame(item)
        found = _key(item.this, joined)
        if isinstance(found, DroppedCondition):
            return found
        key, unit = found
        if key != "issued_at":
            return DroppedCondition(why=Why.COMPARISON)
        return [Condition(key=key, sign=sign, operands=(end,), unit=unit) for sign, end in ((">=", low), ("<=", high))]
    return _blame(item)


def _compared(item: exp.Expr, sign: str, joined: JoinedTables) -> list[Condition] | DroppedCondition:
    left, right = item.this, item.expression
    first, second = operand(left), operand(right)
    if first is not None and second is not None:
        same = sign == "=" and not first.bound and not second.bound
        return (
            [Condition(key="", sign="same", operands=(first, second))] if same else DroppedCondition(why=Why.COMPARISON)
        )
    if first is not None:
        left, right, sign, second = right, left, _TURNED.get(sign, sign), first
    if isinstance(right, exp.Any) and sign == "=":
        return _any(left, right, joined)
    if second is None:
        return _blame(item)
    found = _key(left, joined)
    if isinstance(found, DroppedCondition):
        return found
    key, unit = found
    if key == "issued_at":
        return [Condition(key=key, sign=sign, operands=(second,), unit=unit)]
    return [Condition(key=key, sign="in", operands=(second,))] if sign == "=" else DroppedCondition(why=Why.COMPARISON)


def _listed(item: exp.Expr, joined: JoinedTables) -> list[Condition] | DroppedCondition:
    if any(v for k, v in item.args.items() if k not in {"this", "expressions"}):
        return DroppedCondition(why=Why.SUBQUERY)
    return _one_of(item, item.this, item.expressions, joined)


def _any(column: exp.Expr, wanted: exp.Expr, joined: JoinedTables) -> list[Condition] | DroppedCondition:
    inner = wanted.this
    while isinstance(inner, exp.Paren | exp.Cast):
        if isinstance(inner, exp.Cast) and not _is_list(inner.to):
            return _blame(wanted)
        inner = inner.this
    if isinstance(inner, exp.Array):
        return _one_of(wanted, column, inner.expressions, joined)
    value = operand(inner)
    found = _key(column, joined)
    if isinstance(found, DroppedCondition):
        return found
    if value is None or found[0] == "issued_at":
        return _blame(wanted)
    many = Operand(index=value.index, bound=value.bound, array=True)
    return [Condition(key=found[0], sign="in", operands=(many,))]


def _one_of(
    item: exp.Expr, column: exp.Expr, values: list[exp.Expr], joined: JoinedTables
) -> list[Condition] | DroppedCondition:
    found = _key(column, joined)
    if isinstance(found, DroppedCondition):
        return found
    operands = [operand(v) for v in values]
    known = tuple(o for o in operands if o is not None)
    if len(known) != len(operands) or not known:
        return _blame(item)
    if found[0] == "issued_at":
        return DroppedCondition(why=Why.COMPARISON)
    return [Condition(key=found[0], sign="in", operands=known)]


def _key(column: exp.Expr, joined: JoinedTables) -> tuple[str, str] | DroppedCondition:
    """The condition that a column stands for, and its unit."""
    cast = False
    while isinstance(column, exp.Paren | exp.Cast):
        if isinstance(column, exp.Cast):
            if not _is_plain(column.to, _TEXT):
                return DroppedCondition(why=Why.FUNCTION)
            cast = True
        column = column.this
    if not isinstance(column, exp.Column):
        return _blame(column)
    meant = joined.key(column)
    if meant is None:
        return DroppedCondition(why=Why.COLUMN, name=column.name)
    if cast and meant.key == "issued_at":
        return DroppedCondition(why=Why.FUNCTION)
    return meant.key, meant.unit


def operand(value: exp.Expr | None) -> Operand | None:
    """A literal or a bound value, through casts that leave it as it is; None for anything else."""
    date = False
    while isinstance(value, exp.Paren | exp.Cast):
        if isinstance(value, exp.Cast):
            date = date or value.to.this.name == "DATE"
            if not _is_plain(value.to, _AS_IT_IS | {"DATE"}):
                return None
        value = value.this
    if isinstance(value, exp.Literal) and value.this.isdecimal():
        return Operand(index=int(value.this), date=date)
    if isinstance(value, exp.Parameter) and value.name.isdecimal() and len(value.name) < 9:
        return Operand(index=int(value.name), bound=True, date=date)
    return None


def _is_plain(kind: exp.Expr, names: frozenset[str]) -> bool:
    """True if a type is one of these, without a length that would cut a value."""
    name = getattr(kind.this, "name", "")
    return name in names and not kind.expressions


def _is_list(kind: exp.Expr) -> bool:
    return getattr(kind.this, "name", "") in {"ARRAY", "LIST"}


def _blame(item: exp.Expr) -> DroppedCondition:
    """Why a condition is not on the allow-list."""
    if isinstance(item, exp.Or):
        return DroppedCondition(why=Why.OR)
    if item.find(exp.Query, exp.Exists):
        return DroppedCondition(why=Why.SUBQUERY)
    if isinstance(item, exp.Like | exp.ILike | exp.SimilarTo | exp.RegexpLike | exp.RegexpILike):
        return DroppedCondition(why=Why.LIKE)
    if any(not isinstance(f, exp.Cast | exp.And | exp.Or) for f in item.find_all(exp.Func)):
        return DroppedCondition(why=Why.FUNCTION)
    return DroppedCondition(why=Why.COMPARISON)


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
