"""Small couriers whose rights and reads can be counted by hand."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.trace.rim import World, at, number, opened, quiet
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.rights import RightMap, RightsResult, load_map, rights

OFFSET = 8 * 3_600_000_000
OWN, FOREIGN = range(100), range(100, 200)
"""Parcels that pass o-a, and parcels that pass o-z alone."""
DAY = 24.0


def us(hours: float) -> int:
    """The time of `at` in µs."""
    moment: datetime = at(hours)
    return round(moment.timestamp() * 1_000_000)


def courier() -> World:
    """Two outlets whose parcels were scanned there, for reads of the two weeks around."""
    world = World()
    for name in ("o-a", "o-z"):
        world.outlet(name, f"city {name}", f"region {name}")
    for place in (*OWN, *FOREIGN):
        for day in range(0, 28, 7):
            world.scan(day * DAY, number(place), "arrive", "o-a" if place in OWN else "o-z")
    return world


def staff(
    world: World, name: str, held: Sequence[str] | None = ("waybill.view",), role: str = "clerk", **more: Any
) -> None:
    row = {"actor": name, "kind": "person", "role": role, "outlet": "o-a", "rights": held} | more
    world.add("actors", **row)


def reads(world: World, name: str, place: int, hours: float = 1, action: str | None = "view", **more: Any) -> None:
    world.read(hours, name, number(place), action=action, **more)


def result_of(
    world: World, folder: Path, days: int = 90, templates: Path | None = None, map_: RightMap | None = None
) -> RightsResult:
    """What is said of a world."""
    work = load_templates(templates)
    with opened(world, folder) as snapshot:
        facts = update_facts(snapshot, None, work, OFFSET, quiet)
        return rights(snapshot, facts, work, load_map(None) if map_ is None else map_, days, quiet)
