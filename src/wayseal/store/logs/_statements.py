"""Statements: parted, parsed once a template, and bound to their values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from wayseal.store.logs._bind_values import action_of, bind, plain_waybill
from wayseal.store.logs._literals import ParsedStatement, Parts, UnreadableError, words
from wayseal.store.logs._query_shape import QueryShape, Tables, bare
from wayseal.store.logs._row_builder import NoRead, Outcome, QueryMade, WaybillsRead, Why
from wayseal.store.mapping import TableMap

_TEMPLATES, _OUTCOMES = 4096, 1 << 16
_LONGEST_KEPT = 16 << 10
_COPY_QUERY = re.compile(r"\s*COPY\s*\(", re.IGNORECASE)


class Statements:
    """Reads statements on mapped tables; remembers the shapes of templates, within bounds."""

    def __init__(self, tables: tuple[TableMap, ...], offset: timedelta, dialect: str = "postgres") -> None:
        self.tables = Tables(tables)
        self._dialect = dialect
        self._offset = offset
        self._parts = Parts(dialect == "mysql")
        self._shapes: dict[str, _Known] = {}
        self._numbers: dict[QueryShape, int] = {}
        self._count = count()
        self._outcomes: dict[tuple[object, ...], Outcome] = {}

    def part(self, statement: str) -> ParsedStatement | None:
        """The statement parted; None if it isn't whole."""
        try:
            return self._parts.part(statement)
        except UnreadableError:
            return None

    def outcome(
        self, parted: ParsedStatement | None, bound: Sequence[str] | None, rows: int | None, *, told: bool = False
    ) -> Outcome:
        """Return the outcome of a statement. told: the log says beside it that it touched a mapped table."""
        if parted is None:
            return unknown(Why.UNREADABLE, rows)
        known = self._shape(parted)
        if known.numbers and rows != 0:
            asked = [plain_waybill(parted.literals[at]) for at in known.numbers]
            numbers = {number for number in asked if number}
            if None not in asked and (rows is None or rows >= len(numbers)):
                return WaybillsRead(waybills=tuple(sorted(numbers)), action=known.action)
        shape = known.shape
        if shape.nothing is Why.OTHER_TABLE and told:
            shape = bare(Why.FORM)
        if known.values is None:
            return bind(shape, parted.literals, bound, rows, self._offset)
        key = (known.number, told, rows, *(parted.literals[at] for at in known.values))
        made = self._outcomes.get(key)
        if made is None:
            made = bind(shape, parted.literals, bound, rows, self._offset)
            if len(self._outcomes) >= _OUTCOMES:
                self._outcomes.clear()
            self._outcomes[key] = made
        return made

    def wraps(self, parted: ParsedStatement | None) -> bool:
        """True if a COPY stands around a query, which pgaudit logs by itself."""
        return parted is not None and _COPY_QUERY.match(parted.template) is not None

    def _shape(self, parted: ParsedStatement) -> "_Known":
        key = parted.template
        made = self._shapes.get(key)
        if made is not None:
            return made
        from wayseal.store.logs._analyse_query import analyse  # noqa: PLC0415 (the parser takes its time)

        shape = analyse(key, words(key), self.tables, self._dialect)
        self._numbers = self._numbers if len(self._numbers) <= _TEMPLATES else {}
        number = self._numbers.setdefault(shape, next(self._count))
        made = _Known.of(shape, len(parted.literals), number)
        if len(key) <= _LONGEST_KEPT:
            if len(self._shapes) >= _TEMPLATES:
                self._shapes.clear()
            self._shapes[key] = made
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A shape, and what is quickly said of it.

    number: one for each shape. numbers: the literals that are waybill numbers, where the shape asks for these and
    nothing else. values: the literals that its outcome hangs on; None where bound values count too.
    """

    shape: QueryShape
    number: int
    action: str
    numbers: tuple[int, ...]
    values: tuple[int, ...] | None

    @classmethod
    def of(cls, shape: QueryShape, literals: int, number: int) -> "_Known":
        operands = [o for c in shape.conditions for o in c.operands] + ([shape.limit] if shape.limit else [])
        places = tuple(dict.fromkeys(o.index for o in operands))
        free = any(o.bound for o in operands) or any(at >= literals for at in places)
        alone = shape == QueryShape(conditions=shape.conditions[:1], export=shape.export)
        simple = alone and [(c.key, c.sign) for c in shape.conditions] == [("waybill", "in")]
        simple = simple and not any(o.array for o in operands)
        return cls(
            shape=shape,
            number=number,
            action=action_of(shape),
            numbers=places if simple and not free else (),
            values=None if free else places,
        )


def unknown(why: Why, rows: int | None) -> Outcome:
    """A statement of which nothing can be said but that it touched waybills."""
    if rows == 0:
        return NoRead(why=Why.NO_ROWS)
    made = bare(why)
    return QueryMade(filter={"unknown": True}, rows=rows, wider=made.wider)
