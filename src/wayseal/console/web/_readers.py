"""Who read a waybill, as a table: which reads, in which order, a page at a time. Pure.

Reads of which the order says nothing stay by time; a page begins behind the read that its address names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from wayseal.console.reading import ODD
from wayseal.console.web._reads_view import place_of
from wayseal.console.web._sorting import Sort, sort_of
from wayseal.detect.reasons import ListedRead

SORTS = ("at", "account", "verdict", "way")
MANY = 100
_ONLY = ("all", "unexplained", "early")
_VERDICTS = ("mandate", "strong", "weak", *ODD)
_KEYS: Mapping[str, Callable[[ListedRead], Any]] = {
    "at": lambda read: read.at,
    "account": lambda read: read.actor,
    "verdict": lambda read: _VERDICTS.index(read.verdict),
    "way": lambda read: (read.action, read.via, read.purpose),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """The reads that an address asks for.

    Attributes:
        number: Of the waybill.
        only: All, those that no work explains, or those before it was on sale.
        choices: What `only` may be.
        sort: By what.
        reads: All that are wanted, in their order.
        page: Those of this page.
        onward: The address of the next one; None: there is none.
        first: Whether this is the first.
    """

    number: str
    only: str
    choices: tuple[str, ...]
    sort: Sort
    reads: tuple[ListedRead, ...]
    page: tuple[ListedRead, ...]
    onward: str | None
    first: bool

    def link(self, **changed: str | None) -> str:
        """The address of the same with something changed."""
        return _address("/waybills", self.number, self.only, self.sort, changed)

    def file(self) -> str:
        """The address of the chosen reads as a file."""
        return _address("/waybills.csv", self.number, self.only, self.sort, {})

    def sorted_by(self, column: str) -> str:
        """The address of the same by a column; a second time, the other way round."""
        return self.link(sort=self.sort.turned(column))


def choose_readers(query: Mapping[str, str], number: str, reads: Sequence[ListedRead], sold_at: int | None) -> Readers:
    """The reads that an address asks for. sold_at: when the number was on sale for sure. AccessError: a bad sort."""
    sort = sort_of(query, SORTS, SORTS[0])
    choices = _ONLY if sold_at is not None else _ONLY[:2]
    only = query.get("only", "")
    only = only if only in choices else choices[0]
    kept = [
        read
        for read in reads
        if only == "all"
        or (only == "unexplained" and read.verdict in ODD)
        or (only == "early" and sold_at is not None and read.at < sold_at)
    ]
    ordered = tuple(sorted(kept, key=_KEYS[sort.by], reverse=sort.down))
    after = place_of(query.get("after", ""))
    start = next((place for place, read in enumerate(ordered, 1) if (read.source, read.row) == after), 0)
    page = ordered[start : start + MANY]
    last = f"{page[-1].source}-{page[-1].row}" if len(ordered) > start + MANY else None
    return Readers(
        number=number,
        only=only,
        choices=choices,
        sort=sort,
        reads=ordered,
        page=page,
        onward=None if last is None else _address("/waybills", number, only, sort, {"after": last}),
        first=not start,
    )


def _address(path: str, number: str, only: str, sort: Sort, changed: Mapping[str, str | None]) -> str:
    now: dict[str, str | None] = {"number": number, "only": only, "sort": sort.text, **changed}
    usual = {"only": _ONLY[0], "sort": SORTS[0]}
    return f"{path}?{urlencode({key: value for key, value in now.items() if value and value != usual.get(key)})}"
