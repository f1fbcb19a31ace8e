"""Logged questions as a shop asks them: origin by destination, route after route.

1. A question names routes where its filter names both an origin and a destination (city, region or outlet), each with
   one value or several; a question that can't be read, or names only one end, names none.
2. What is counted is how many different routes an account asked for on a local day.
"""

import itertools
import json
from collections.abc import Iterator

import pyarrow as pa

from wayseal.ledger import Snapshot

_ENDS = ("city", "region", "outlet")
_DAY = 86_400_000_000
_MOST = 10_000
"""Routes of one question that are told apart; more are as bad."""


def count_route_sweeps(snapshot: Snapshot, offset: int) -> list[tuple[str, int, int]]:
    """(account, µs of the first question of the day, different routes) by account and local day (rules 1 and 2)."""
    rows = snapshot.loose("queries").select(["actor", "at", "filter"])
    asked: dict[tuple[str, int], tuple[int, set[tuple[str, str]]]] = {}
    at = rows["at"].cast(pa.int64()).to_pylist()
    for actor, when, text in zip(rows["actor"].to_pylist(), at, rows["filter"].to_pylist(), strict=True):
        found = set(itertools.islice(routes(text), _MOST))
        if not found:
            continue
        key = (actor, (when + offset) // _DAY)
        first, all_ = asked.get(key, (when, set()))
        asked[key] = (min(first, when), all_ | found)
    return [(actor, first, len(all_)) for (actor, _), (first, all_) in sorted(asked.items())]


def routes(text: str) -> Iterator[tuple[str, str]]:
    """The routes that a filter names (rule 1)."""
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(asked, dict):
        return
    yield from itertools.product(_values(asked, "origin"), _values(asked, "destination"))


def _values(asked: dict[str, object], end: str) -> list[str]:
    out: list[str] = []
    for kind in _ENDS:
        value = asked.get(f"{end}_{kind}")
        values = value if isinstance(value, list) else [value]
        out += [f"{kind}:{v}" for v in values if isinstance(v, str)]
    return out
