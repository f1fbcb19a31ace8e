"""The conditions of a WHERE: those of the allow-list, and why the others were left out (obligation 2)."""

from collections.abc import Iterator

from sqlglot import exp

from wayseal.store.logs._joins import JoinedTables
from wayseal.store.logs._outcomes import DroppedCondition, Why
from wayseal.store.logs._query_shape import Condition, Operand

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
    """What is left out with two equal columns; nothing where they tie mapped tables rather than select."""
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
    """Whether a type is one of these, without a length that would cut a value."""
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
