"""Small evidence, and worlds made by hand at the rim: say only what matters, the rest is plain."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from wayseal import trace
from wayseal.ledger import Snapshot, ingest, open_ledger
from wayseal.model.kinds import SourceKind
from wayseal.store import arrow_schema, open_source, read_leaks, write_table
from wayseal.store.mapping import Format
from wayseal.store.types import Leaks
from wayseal.trace import TraceResult
from wayseal.trace._evidence import ACTOR, Events, Evidence
from wayseal.trace._posterior import infer
from wayseal.trace._sampler import Effort

QUICK = Effort(chains=2, steps=3000, rounds=2, every=10)
"""Enough for clear cases, and bearable without the compiler."""

Triples = Sequence[tuple[int, int, float]]


def events(triples: Triples, weight: Sequence[float] | None = None) -> Events:
    """Events by (source, leak, hours); weight: their probabilities, where they are not sure."""
    rows = list(triples)
    if not rows:
        return Events.none()
    return Events(
        source=np.array([row[0] for row in rows], np.int32),
        leak=np.array([row[1] for row in rows], np.int32),
        at=np.array([row[2] for row in rows], np.float64),
        weight=None if weight is None else np.array(weight, np.float64),
    )


def make(
    sold_at: Sequence[float],
    *,
    reads: Triples = (),
    touches: Triples = (),
    kind: Sequence[int] | None = None,
    volume: Sequence[float] | None = None,
    touch_volume: Sequence[float] | None = None,
    size: float = 1000.0,
    universe: Mapping[SourceKind, int] | None = None,
    **rest: Any,
) -> Evidence:
    """Evidence with one stratum; candidates are numbered by the events, accounts unless `kind` says otherwise."""
    n = len(sold_at)
    c = len(kind) if kind is not None else 1 + max((row[0] for row in [*reads, *touches]), default=-1)
    volumes = np.full(c, 10.0) if volume is None else np.array(volume, np.float64)
    touched = np.zeros(c) if touch_volume is None else np.array(touch_volume, np.float64)
    given: dict[str, Any] = {
        "sold_at": np.array(sold_at, np.float64),
        "absent_at": np.full(n, np.nan),
        "asked_at": np.full(n, np.nan),
        "born": np.zeros(n),
        "life_h": 48.0,
        "stratum": np.zeros(n, np.int32),
        "kind": np.full(c, ACTOR, np.uint8) if kind is None else np.array(kind, np.uint8),
        "group": np.full(c, -1, np.int32),
        "parent": np.full(c, -1, np.int32),
        "size": np.array([size]),
        "volume": volumes[:, None],
        "touch_volume": touched[:, None],
        "overall": volumes,
        "overall_size": size,
        "reads": events(reads),
        "touches": events(touches),
        "universe": universe or {SourceKind.ACTOR: 100},
    }
    return Evidence(**(given | rest))


START = datetime(2026, 3, 2, tzinfo=UTC)
"""Midnight of the first day; hours count from here."""

Rows = list[dict[str, Any]]


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def number(place: int) -> str:
    """The waybill of that place."""
    return f"YT{2_000_000 + place}"


@dataclass(slots=True, kw_only=True)
class World:
    """Rows by table, to be filled and made a ledger of."""

    tables: dict[str, Rows] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        self.tables.setdefault(table, []).append(row)

    def read(self, hours: float, actor: str, waybill: str, **more: Any) -> None:
        self.add("accesses", at=at(hours), actor=actor, waybill=waybill, **more)

    def issue(self, hours: float, waybill: str, origin: str, destination: str, channel: str = "app") -> None:
        self.add(
            "waybills",
            waybill=waybill,
            issued_at=at(hours),
            channel=channel,
            origin_outlet=origin,
            destination_outlet=destination,
        )

    def scan(self, hours: float, waybill: str, kind: str, outlet: str) -> None:
        self.add("scans", waybill=waybill, at=at(hours), kind=kind, outlet=outlet)

    def outlet(self, name: str, city: str, region: str) -> None:
        self.add("outlets", outlet=name, kind="outlet", city=city, region=region)

    def actor(self, name: str, outlet: str | None, role: str = "clerk") -> None:
        self.add("actors", actor=name, kind="person", role=role, outlet=outlet)

    def ledger(self, folder: Path) -> Path:
        """The world as a ledger in a folder."""
        for table, rows in self.tables.items():
            write(folder / "dataset", table, rows)
        ingest(open_source(folder / "dataset"), folder / "ledger")
        return folder / "ledger"


def write(folder: Path, table: str, rows: Sequence[Mapping[str, Any]], form: Format = Format.PARQUET) -> Path:
    made = pa.Table.from_pylist([dict(row) for row in rows], schema=arrow_schema(table))
    return write_table(folder, table, [made], form=form)


def sale(waybill: str, hours: float, **more: Any) -> dict[str, Any]:
    """A row of the leaks file."""
    return {"waybill": waybill, "seen_at": at(hours), **more}


def leaks(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Leaks:
    return read_leaks(write(folder / "bought", "leaks", rows, Format.JSONL))


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Nobody looks."""


def traced(ledger: Path, bought: Leaks, seed: int = 7) -> TraceResult:
    with open_ledger(ledger) as snapshot:
        return trace.trace(snapshot, bought, seed=seed, progress=quiet)


@contextmanager
def opened(world: World, folder: Path) -> Iterator[Snapshot]:
    with open_ledger(world.ledger(folder)) as snapshot:
        yield snapshot


def short_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains that are short enough to run without the compiler; the cases here are clear."""
    monkeypatch.setattr("wayseal.trace.infer", partial(infer, effort=QUICK))


def office(*, waybills: int = 240, clerks: int = 40, each: int = 18, seed: int = 5) -> World:
    """A plain log: clerks c-0 … read `each` of the waybills, anywhere in three days; nothing else is known."""
    world, chance = World(), random.Random(seed)
    for clerk in range(clerks):
        for place in chance.sample(range(waybills), each):
            world.read(chance.uniform(6, 70), f"c-{clerk}", number(place))
    return world
