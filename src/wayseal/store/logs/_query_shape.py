"""What a statement comes to before its values are known: conditions, limits, and what widens them."""

from dataclasses import dataclass

from wayseal.store.logs._row_builder import DroppedCondition, Why
from wayseal.store.mapping import TableMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """A literal by its number, or a bound value by its own ($1 is 1). array: `{a,b}`; date: cast to a date."""

    index: int
    bound: bool = False
    array: bool = False
    date: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """sign "in": the key is one of the operands; "=", ">=", ">", "<", "<=": the time of issue; "same": two literals.

    unit: what the column holds whole numbers of (`TableColumn`).
    """

    key: str
    sign: str
    operands: tuple[Operand, ...]
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryShape:
    """nothing: no read, and why. bare: no condition of it may be used. wider: what was left out.

    grouped: rows of the answer are not waybills. counts: the answer holds numbers of rows and nothing else.
    """

    nothing: Why | None = None
    bare: bool = False
    conditions: tuple[Condition, ...] = ()
    wider: tuple[DroppedCondition, ...] = ()
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


def bare(why: Why) -> QueryShape:
    """A statement that touches waybills, of which no condition can be used."""
    return QueryShape(bare=True, wider=(DroppedCondition(why=why),))
