"""From the leaks file to lists of numbers: who was caught by which.

Obligations (code and tests cite the numbers):
1. The order of rows means nothing. A row that stands twice with all its columns counts once.
2. A list either caught a number or not, however often.
3. Numbers that the ledger doesn't know are counted and left out: they may be another courier's.
4. Lists are ways of finding (`found_by`), sellers, or days of purchase. Left to choose, it is the first of these of
   which there are two; a row that doesn't say takes no part.
5. At most `MOST` lists: the smaller sellers become one list, days become spells of days.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from wayseal.ledger import Snapshot
from wayseal.model.kinds import FoundBy
from wayseal.model.times import clock_us, day_name
from wayseal.store.tables import microseconds
from wayseal.store.types import Leaks
from wayseal.trace.extent._estimate import Floats

MOST = 5
OTHERS = "…"
"""Name of the list that stands for smaller ones."""
_DAY_US = 86_400_000_000
_COLUMNS = ("waybill", "seen_at", "asked_at", "absent_at", "found_by", "seller", "asked")


class ListBasis(StrEnum):
    """The kind of thing that counts as a list."""

    FOUND_BY = "found_by"
    SELLER = "seller"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Captures:
    """The catches.

    by: what the lists are. names[k], sizes[k]: of the lists, by name. count[2^k − 1]: numbers by history, row h − 1 has
    the bits of h. rows, numbers: rows that count and the different numbers in them. repeated: rows that stood twice.
    foreign: numbers that the ledger doesn't know. unlisted: rows that no list takes. days: China's days since 1970 from
    the first sighting to the last. purchases, bought: rows that are purchases, and the different numbers in them.
    """

    by: ListBasis
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    count: Floats
    rows: int
    numbers: int
    repeated: int
    foreign: int
    unlisted: int
    days: tuple[int, int] | None
    purchases: int
    bought: int


Row = Mapping[str, Any]


def read_captures(snapshot: Snapshot, leaks: Leaks, by: ListBasis | None) -> Captures:
    """The lists of a leaks file (obligations 1 to 5)."""
    table = leaks.rows
    day = (microseconds(table["seen_at"]) + clock_us()) // _DAY_US
    rows = [{**row, "day": d} for row, d in zip(table.select(list(_COLUMNS)).to_pylist(), day.tolist(), strict=True)]
    once = list({tuple(row.values()): row for row in rows}.values())
    keys = snapshot.keys([row["waybill"] for row in once])
    known = set(snapshot.find(np.unique(keys))["waybill"].to_pylist())
    ours = [row for row, key in zip(once, keys.tolist(), strict=True) if key in known]
    foreign = {row["waybill"] for row, key in zip(once, keys.tolist(), strict=True) if key not in known}
    silent = not any(row["found_by"] for row in ours)
    bought = [row for row in ours if row["found_by"] == FoundBy.PURCHASE or silent]
    chosen, lists = _lists(ours, bought, by)
    names = sorted(lists)
    caught: dict[str, int] = {}
    for bit, name in enumerate(names):
        for number in lists[name]:
            caught[number] = caught.get(number, 0) | 1 << bit
    history = np.bincount(list(caught.values()), minlength=1 << len(names))[1:]
    days = [row["day"] for row in ours]
    taking = bought if chosen is ListBasis.DAY else ours
    return Captures(
        by=chosen,
        names=tuple(names),
        sizes=tuple(len(lists[name]) for name in names),
        count=history.astype(np.float64),
        rows=len(ours),
        numbers=len({row["waybill"] for row in ours}),
        repeated=len(rows) - len(once),
        foreign=len(foreign),
        unlisted=len(ours) - sum(row[chosen.value] is not None for row in taking),
        days=(min(days), max(days)) if days else None,
        purchases=len(bought),
        bought=len({row["waybill"] for row in bought}),
    )


def _lists(rows: Sequence[Row], bought: Sequence[Row], by: ListBasis | None) -> tuple[ListBasis, dict[str, set[str]]]:
    """Obligations 4 and 5."""
    for kind in ListBasis if by is None else [by]:
        made = _days(bought) if kind is ListBasis.DAY else _named(rows, kind.value)
        if by is not None or len(made) > 1:
            return kind, made
    return ListBasis.FOUND_BY, _named(rows, ListBasis.FOUND_BY.value)


def _named(rows: Iterable[Row], column: str) -> dict[str, set[str]]:
    lists: dict[str, set[str]] = {}
    for row in rows:
        if row[column] is not None:
            lists.setdefault(row[column], set()).add(row["waybill"])
    by_size = sorted(lists, key=lambda name: (-len(lists[name]), name))
    if len(by_size) <= MOST:
        return lists
    kept = {name: lists[name] for name in by_size[: MOST - 1]}
    return {**kept, OTHERS: set().union(*(lists[name] for name in by_size[MOST - 1 :]))}


def _days(rows: Sequence[Row]) -> dict[str, set[str]]:
    """Days of purchase, put together to `MOST` spells with about as many rows each."""
    per_day = Counter(row["day"] for row in rows)
    days = sorted(per_day)
    if len(days) <= MOST:
        spell = {day: n for n, day in enumerate(days)}
    else:
        middle = np.cumsum([per_day[d] for d in days]) - np.array([per_day[d] for d in days]) / 2
        group = np.minimum((middle * MOST / len(rows)).astype(int), MOST - 1)
        spell = dict(zip(days, group.tolist(), strict=True))
    members: dict[int, list[int]] = {}
    for day in days:
        members.setdefault(spell[day], []).append(day)
    name = {n: _spell(inside) for n, inside in members.items()}
    lists: dict[str, set[str]] = {}
    for row in rows:
        lists.setdefault(name[spell[row["day"]]], set()).add(row["waybill"])
    return lists


def _spell(days: Sequence[int]) -> str:
    first, last = (day_name(day) for day in (days[0], days[-1]))
    return first if first == last else f"{first}/{last}"
