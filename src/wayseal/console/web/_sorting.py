"""By what a table is sorted, as its address says it: `sort=reads`, and `sort=-reads` for the other way round.

A sort that there isn't is refused: what is listed in another order than was asked for misleads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wayseal.console.errors import AccessError

_DOWN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """By which column, and whether the other way round. by: "" for the order in which rows come."""

    by: str = ""
    down: bool = False

    @property
    def text(self) -> str:
        """As an address says it."""
        return (_DOWN if self.down else "") + self.by

    def turned(self, column: str, *, down_first: bool = False) -> str:
        """What the address says once a column's head was pressed. down_first: high ones are what is looked for."""
        first, second = (_DOWN + column, column) if down_first else (column, _DOWN + column)
        return second if self.text == first else first


def sort_of(query: Mapping[str, str], columns: Sequence[str], usual: str = "") -> Sort:
    """By what an address wants a table sorted.

    Args:
        query: What the address says.
        columns: By what it can be.
        usual: Where the address says nothing.

    Returns:
        It.

    Raises:
        AccessError: By something else; names the field and what there is.
    """
    given = query.get("sort", "") or usual
    by = given.removeprefix(_DOWN)
    if given and by not in columns:
        raise AccessError(
            "sort: this table can't be sorted by that; give one of {columns}, with - before it for the other way round",
            key="sort",
            columns=", ".join(columns),
        )
    return Sort(by=by, down=given.startswith(_DOWN))
