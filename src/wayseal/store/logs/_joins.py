"""FROM and JOIN: which tables stand there under which names, and how they hang together.

Tables of waybills must be joined on their waybill number, so that a condition on one of them bounds what is shown of all.
A table of outlets joined on its code gives its city and region to the end of the way that it was joined on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wayseal.store.logs._outcome import Why, Wider
from wayseal.store.mapping import TableColumn, TableMap

if TYPE_CHECKING:
    from sqlglot import exp

    from wayseal.store.logs._shape import Tables


@dataclass(slots=True, kw_only=True)
class Joined:
    """sources: alias → table, None where it isn't mapped. ends: alias of outlets → "origin" or "destination".

    on: conditions of inner joins, which select like those of WHERE.
    """

    sources: dict[str, TableMap | None]
    ends: dict[str, str] = field(default_factory=dict)
    on: list["exp.Expression"] = field(default_factory=list)
    wider: list[Wider] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    def column(self, column: "exp.Expression") -> tuple[str, TableColumn] | None:
        """The alias and meaning of a column; None if it has none."""
        alias, name = column.text("table").lower(), column.name.lower()
        aliases = [alias] if alias else list(self.sources)
        for one in aliases:
            table = self.sources.get(one)
            if table is not None and name in table.columns:
                return one, table.columns[name]
        return None

    def key(self, column: "exp.Expression") -> TableColumn | None:
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


def join_up(root: "exp.Expression", tables: "Tables") -> Joined | Why:
    """The sources of a SELECT; why no condition of it may be used, if so."""
    from sqlglot import exp  # noqa: PLC0415

    from wayseal.store.logs._conditions import conjuncts  # noqa: PLC0415

    start = root.args.get("from_") or root.args.get("from")
    joins = root.args.get("joins") or []
    if start is None:
        return Why.SUBQUERY
    made = Joined(sources={})
    links: list[tuple[exp.Expression, exp.Expression]] = []
    for item in (start, *joins):
        table = item.this
        if not isinstance(table, exp.Table) or not table.alias_or_name or set(_parts(table)) - _PLAIN:
            return Why.JOIN
        if table.alias_column_names:
            return Why.JOIN
        if item is not start and (item.side in {"RIGHT", "FULL"} or item.args.get("method")):
            return Why.JOIN
        made.sources[table.alias_or_name.lower()] = tables.find(table.name, table.db)
        if item is not start:
            on = list(conjuncts(item.args.get("on")))
            links += _links(on, made)
            if item.side != "LEFT":
                made.on += on
            if item.args.get("using") and not _using(item.args["using"], made):
                return Why.JOIN
    links += _links(list(conjuncts(root.args.get("where"))), made)
    return _tied(made, links, joins)


_PLAIN = frozenset({"this", "alias", "db", "catalog", "only"})


def _parts(table: "exp.Expression") -> list[str]:
    return [k for k, v in table.args.items() if v and k != "joins"]


def _links(
    found: list["exp.Expression"], made: Joined
) -> Iterator[tuple["exp.Expression", "exp.Expression"]]:
    from sqlglot import exp  # noqa: PLC0415

    for item in found:
        if isinstance(item, exp.EQ) and isinstance(item.this, exp.Column) and isinstance(item.expression, exp.Column):
            made.used.add(id(item))
            yield item.this, item.expression


def _using(names: list["exp.Expression"], made: Joined) -> bool:
    """Whether all tables so far that hold waybills are tied by USING (their waybill number)."""
    wanted = {n.name.lower() for n in names}
    held = [t for t in made.sources.values() if t is not None and t.waybills]
    tied = all(any(n in t.columns and t.columns[n].key == "waybill" for n in wanted) for t in held)
    if tied:
        made.ends.update({a: "" for a, t in made.sources.items() if t is not None and t.waybills})
    return tied or len(held) < 2


def _tied(made: Joined, links: list[tuple["exp.Expression", "exp.Expression"]], joins: list[object]) -> Joined | Why:
    held = {a for a, t in made.sources.items() if t is not None and t.waybills}
    if not held:
        return Why.SUBQUERY
    tied = {a for a in made.ends if a in held} or {next(a for a in made.sources if a in held)}
    made.ends = {}
    seen: dict[str, set[str]] = {}
    pairs: list[set[str]] = []
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
        made.wider.append(Wider(why=Why.JOIN))
    return made
