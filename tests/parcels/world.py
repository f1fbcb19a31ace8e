"""A small courier with trucks and machines, as rows: what is planted in it is said by each test."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tests.ledger.helpers import at, put, write
from wayseal.ledger import Snapshot, open_ledger
from wayseal.model.period import Period
from wayseal.model.progress import silent
from wayseal.parcels._find import Judged, judge_journeys
from wayseal.parcels._journeys import read_journeys
from wayseal.parcels.result import Code

Row = dict[str, Any]
DAY = 24 * 60
CHINA = 8 * 3_600_000_000
OUTLETS = [
    {"outlet": f"o-{k}", "kind": "outlet", "city": f"city-{k}", "region": "r", "latitude": 30.0 + k, "longitude": 110.0}
    for k in range(4)
] + [{"outlet": f"h-{k}", "kind": "hub", "city": f"city-{2 * k}", "region": "r"} for k in range(2)]


@dataclass(kw_only=True)
class World:
    """Rows of tables, and a generator of luck."""

    rng: np.random.Generator
    scans: list[Row] = field(default_factory=list)
    waybills: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    accesses: list[Row] = field(default_factory=list)

    def parcel(
        self, number: int, minute: float, sender: int, *, real: bool = True, operator: str = "", **waybill: Any
    ) -> str:
        """A parcel from o-0 or o-1 by both hubs to o-2 or o-3, by the trucks of its quarter; or scans without one.

        A ghost has usual times of its own, typed in, and no truck that anybody was in.
        """
        rng, name = self.rng, f"YT{9_000_000_000_000 + number}"
        start, end = f"o-{number % 2}", f"o-{2 + number // 2 % 2}"
        weight = int(rng.integers(300, 3000))
        self.waybills.append(
            {"waybill": name, "issued_at": at(minute - 60), "channel": "shop", "origin_outlet": start,
             "destination_outlet": end, "customer": f"c-{sender}", "order_ref": f"order-{number}",
             "weight_g": weight} | waybill
        )  # fmt: skip
        by = operator or f"courier-{start}"
        self.scan(name, minute, "pickup", start, operator=by, entered="handheld" if real else "typed")
        here, then = start, minute
        for stop in ("h-0", "h-1", end):
            truck = (int(then) // 120 + 1) * 120 + 30
            left = truck + rng.uniform(0, 4) if real else then + rng.uniform(20, 150)
            came = truck + 200 + rng.uniform(0, 8) if real else left + rng.uniform(120, 300)
            trip = f"{here}-{stop}-{truck}" if real else None
            how = "handheld" if real else "typed"
            self.scan(name, left, "depart", here, operator=f"sorter-{here}", entered=how, trip=trip)
            read = real and stop != end and rng.random() < 0.98
            more = {"entered": "machine", "operator": f"dws-{stop}", "weight_g": weight} if read else {"entered": how}
            self.scan(name, came, "arrive", stop, **({"operator": f"sorter-{stop}"} | more), trip=trip)
            here, then = stop, came
        self.scan(name, then + rng.uniform(60, 600), "delivered", end, operator=f"courier-{end}", entered="handheld")
        return name

    def scan(self, waybill: str, minute: float, kind: str, outlet: str, **more: Any) -> None:
        """A scan, to the second."""
        when: datetime = at(0) + timedelta(seconds=round(minute * 60))
        self.scans.append({"waybill": waybill, "at": when, "kind": kind, "outlet": outlet, **more})

    def mine(self, waybill: str, kind: str = "") -> Iterator[Row]:
        """Its scans, to be changed."""
        return (row for row in self.scans if row["waybill"] == waybill and kind in ("", row["kind"]))

    def tables(self) -> Mapping[str, Sequence[Row]]:
        """Those that have rows."""
        named = {"outlets": OUTLETS, "scans": self.scans, "waybills": self.waybills, "changes": self.changes,
                 "accesses": self.accesses}  # fmt: skip
        return {name: rows for name, rows in named.items() if rows}


def courier(parcels: int = 900, *, days: int = 3, seed: int = 5) -> World:
    """Honest parcels of thirty senders."""
    world = World(rng=np.random.default_rng(seed))
    for k in range(parcels):
        minute = float(world.rng.integers(0, days) * DAY + 60 * world.rng.integers(1, 10) + world.rng.uniform(0, 20))
        world.parcel(k, minute, int(world.rng.integers(30)))
    return world


def ledger_of(folder: Path, *steps: Mapping[str, Sequence[Row]]) -> Path:
    """A ledger of tables, brought in one after the other."""
    for k, tables in enumerate(steps):
        for name, rows in tables.items():
            write(folder / f"step-{k}", name, rows)
        put(folder / f"step-{k}", folder / "ledger")
    return folder / "ledger"


def judge(snapshot: Snapshot) -> Judged:
    """All parcels, judged, in China's days."""
    journeys = read_journeys(snapshot, Period(), silent)
    return judge_journeys(journeys, CHINA)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was judged of a ledger, by number."""

    made: Judged
    place: Mapping[str, int]

    def nats(self, waybill: str, code: Code) -> float:
        """What a fact says of a parcel."""
        return float(self.made.weighed.llr[self.place[waybill], self.made.weighed.facts.index(code)])

    def chance(self, waybill: str) -> float:
        """Its probability."""
        return float(self.made.groups.parcel[self.place[waybill]])


def see(path: Path) -> Seen:
    """Judge a ledger."""
    with open_ledger(path) as snapshot:
        made = judge(snapshot)
        names = snapshot.names("waybill", made.journeys.parcels["key"].astype(np.uint64))
    return Seen(made=made, place={name: place for place, name in enumerate(names)})
