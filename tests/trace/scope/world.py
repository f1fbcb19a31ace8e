"""A small world whose scope can be counted by hand or by a few plain lines."""

import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.trace.rim import World, number, opened, quiet
from wayseal.ledger import Snapshot
from wayseal.model.kinds import SourceKind
from wayseal.trace.scope import Listing, Period, ScopeResult, scope

CITIES = {"o-a": ("杭州", "浙江"), "o-b": ("上海", "上海"), "o-c": ("宁波", "浙江")}
PARCELS = 60


def world(*, tables: frozenset[str] = frozenset({"waybills", "outlets", "scans", "actors"}), seed: int = 3) -> World:
    """Clerk u-a at o-a reads some parcels, every third twice; parcels go from outlet n to n + 1, scanned at both."""
    made, chance, outlets = World(), random.Random(seed), list(CITIES)
    for place in range(PARCELS):
        start, end = outlets[place % 3], outlets[(place + 1) % 3]
        if "waybills" in tables:
            made.issue(place, number(place), start, end, channel=f"c-{place % 2}")
        if "scans" in tables:
            made.scan(place + 1, number(place), "pickup", start)
            made.scan(place + 2, number(place), "depart", start)
            made.scan(place + 10, number(place), "arrive", end)
            made.scan(place + 20, number(place), "delivered", end)
        more: dict[str, Any] = {"action": "view", "via": "web", "session": "s-1", "device": "d-1"}
        if place % 2:
            more["fields"] = ["name", "phone"] if place % 4 == 1 else ["address"]
        if chance.random() < 0.7:
            for turn in range(2 if place % 3 == 0 else 1):
                made.read(place + 3 + turn, "u-a", number(place), **more)
        made.read(place + 4, "u-b", number(place))
    if "outlets" in tables:
        for name, (city, region) in CITIES.items():
            made.outlet(name, city, region)
    if "actors" in tables:
        made.actor("u-a", "o-a")
    return made


@contextmanager
def snapshot_of(made: World, folder: Path) -> Iterator[Snapshot]:
    with opened(made, folder) as snapshot:
        yield snapshot


def scoped(
    snapshot: Snapshot, source: str, kind: SourceKind | None = None, period: Period | None = None
) -> tuple[ScopeResult, list[list[str]]]:
    """The scope, and the rows of the list, the head first."""
    out = io.BytesIO()
    result = scope(snapshot, source, kind=kind, period=period, listing=Listing(out), progress=quiet)
    text = out.getvalue().decode()
    return result, [[cell.strip('"') for cell in line.split(",")] for line in text.splitlines()]
