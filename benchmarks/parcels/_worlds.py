"""Simulated couriers in ledgers, judged, with what was really there."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wayseal import ledger, store
from wayseal.ledger import IngestOptions, Snapshot, open_ledger
from wayseal.model.period import LAST, Period
from wayseal.model.progress import silent
from wayseal.model.times import DAY_US, clock_us
from wayseal.parcels._find import Judged, _places, judge_journeys
from wayseal.parcels._journeys import read_journeys
from wayseal_sim.parcels import live, write_life

Floats = NDArray[np.float64]
HONEST = "honest"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A judged courier.

    kind: of each parcel honest, a skill of ghosts, empty or borrowed; odd: what is odd of an honest one, else "".
    until: the same courier, judged after each day.
    """

    family: str
    made: Judged
    kind: NDArray[np.str_]
    odd: NDArray[np.str_]
    until: tuple[tuple[int, Judged, NDArray[np.str_]], ...]

    @property
    def honest(self) -> NDArray[np.bool_]:
        """Parcels that are what they seem."""
        honest: NDArray[np.bool_] = self.kind == HONEST
        return honest


def worlds(families: tuple[str, ...], seeds: range, parcels: int, coverage: float, daily: bool) -> Iterator[World]:
    """Make, ingest and judge couriers. coverage: 0 for that of the family; daily: each day's end is judged, too."""
    for family in families:
        for seed in seeds:
            changes = {"parcels": parcels} | ({"coverage": coverage} if coverage and family != "low-coverage" else {})
            life = live(family, seed=seed, **changes)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "ledger"
                dataset = write_life(Path(folder), life)
                ledger.ingest(store.open_source(dataset), path, options=IngestOptions())
                with open_ledger(path) as snapshot:
                    yield _judge(snapshot, family, life.parcels.to_pylist(), daily)


def _judge(snapshot: Snapshot, family: str, truth: list[dict[str, object]], daily: bool) -> World:
    keys = snapshot.keys([str(row["waybill"]) for row in truth])
    made = _run(snapshot, LAST)
    kind, odd = _named(made, keys, truth)
    until = []
    if daily:
        first = (made.journeys.parcels["first"] + clock_us()) // DAY_US
        for day in np.unique(first).tolist()[:-1]:
            then = _run(snapshot, (day + 1) * DAY_US - clock_us())
            until.append((day, then, _named(then, keys, truth)[0]))
        until.append((int(first.max()), made, kind))
    return World(family=family, made=made, kind=kind, odd=odd, until=tuple(until))


def _run(snapshot: Snapshot, until: int) -> Judged:
    journeys = read_journeys(snapshot, Period(until=until), silent)
    return judge_journeys(journeys, clock_us(), _places(snapshot, journeys.outlets))


def _named(
    made: Judged, keys: NDArray[np.uint64], truth: list[dict[str, object]]
) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    known = made.journeys.parcels["key"]
    kind, odd = np.full(len(known), HONEST, "U16"), np.full(len(known), "", "U16")
    for place, key, row in zip(np.searchsorted(known, keys).tolist(), keys.tolist(), truth, strict=True):
        if place < len(known) and known[place] == key:
            if row["kind"] == "odd":
                odd[place] = row["skill"]
            else:
                skill = f"{row['skill']}{'_machine' if row['insider_machine'] else ''}"
                kind[place] = skill if row["kind"] == "ghost" else row["kind"]
    return kind, odd
