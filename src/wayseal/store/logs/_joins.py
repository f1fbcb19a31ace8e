"""FROM and JOIN: which tables stand there under which names, and how they hang together.

Tables of waybills must be joined on their waybill number, so that a condition on one of them bounds what is
shown of all. A table of outlets joined on its code gives its city and region to the end that it was joined on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from wayseal.store.logs._outcomes import DroppedCondition, Why
from wayseal.store.logs._query_shape import Tables
from wayseal.store.logs._syntax import conjuncts, set_parts
from wayseal.store.mapping import TableColumn, TableMap


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
