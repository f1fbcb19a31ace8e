"""Statements: parted, parsed once a template, and bound to their values."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta

from wayseal.store.logs._analyse_query import analyse
from wayseal.store.logs._bind_values import bind
from wayseal.store.logs._literals import ParsedStatement, UnreadableError, part, words
from wayseal.store.logs._outcomes import NoRead, Outcome, QueryMade, Why
from wayseal.store.logs._query_shape import QueryShape, Tables, bare
from wayseal.store.mapping import TableMap

_TEMPLATES = 4096
_LONGEST_KEPT = 16 << 10
_COPY_QUERY = re.compile(r"\s*COPY\s*\(", re.IGNORECASE)


class Statements:
    """Reads statements on mapped tables; remembers the shapes of templates, within bounds."""

    def __init__(self, tables: tuple[TableMap, ...], offset: timedelta) -> None:
        self.tables = Tables(tables)
        self._offset = offset
        self._shapes: OrderedDict[str, QueryShape] = OrderedDict()

    def part(self, statement: str) -> ParsedStatement | None:
        """The statement parted; None if it isn't whole."""
        try:
            return part(statement)
        except UnreadableError:
            return None

    def outcome(
        self, parted: ParsedStatement | None, bound: Sequence[str] | None, rows: int | None, *, told: bool = False
    ) -> Outcome:
        """What a statement comes to. told: the log says beside it that it touched a mapped table."""
        if parted is None:
            return unknown(Why.UNREADABLE, rows)
        shape = self._shape(parted)
        if shape.nothing is Why.OTHER_TABLE and told:
            shape = bare(Why.FORM)
        return bind(shape, parted.literals, bound, rows, self._offset)

    def wraps(self, parted: ParsedStatement | None) -> bool:
        """Whether a COPY stands around a query, which pgaudit logs by itself."""
        return parted is not None and _COPY_QUERY.match(parted.template) is not None

    def _shape(self, parted: ParsedStatement) -> QueryShape:
        key = parted.template
        made = self._shapes.get(key)
        if made is not None:
            self._shapes.move_to_end(key)
            return made
        made = analyse(key, words(key), self.tables)
        if len(key) <= _LONGEST_KEPT:
            self._shapes[key] = made
            if len(self._shapes) > _TEMPLATES:
                self._shapes.popitem(last=False)
        return made


def unknown(why: Why, rows: int | None) -> Outcome:
    """A statement of which nothing can be said but that it touched waybills."""
    if rows == 0:
        return NoRead(why=Why.NO_ROWS)
    made = bare(why)
    return QueryMade(filter={"unknown": True}, rows=rows, wider=made.wider)
