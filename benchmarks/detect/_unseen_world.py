"""Couriers of other structure, their ledgers, and who pulled what: what the benchmark of unseen couriers stands on."""

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.couriers import simulate_courier
from wayseal.ledger import ingest
from wayseal.store import open_source

Longs = NDArray[np.int64]
ALL_BUT_ACCESSES = "all-but-accesses"
_OTHERS = ("actors", "assignments", "outlets", "scans", "tickets", "waybills")


@dataclass(frozen=True, slots=True, kw_only=True)
class Insider:
    """A leak: its scheme, accounts, waybills a day as meant, and µs of each account's pulls, sorted."""

    kind: str
    accounts: tuple[str, ...]
    meant: int
    once: bool
    link: str
    pulls: Mapping[str, Longs]

    def lost(self, account: str, at: int) -> int:
        """Waybills that an account pulled up to a time."""
        return int(np.searchsorted(self.pulls[account], at, side="right"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a world's truth says: insiders; trap of each honest account that is odd; role of each account."""

    family: str
    half: str
    seed: int
    insiders: tuple[Insider, ...]
    innocents: Mapping[str, str]
    role: Mapping[str, str]
    rest: Mapping[str, Any]

    @property
    def pullers(self) -> frozenset[str]:
        """All accounts that pull."""
        return frozenset(account for insider in self.insiders for account in insider.accounts)


def told_of(world: Path) -> Told:
    """What truth.json and pulled.parquet of a world say."""
    truth = json.loads((world / "truth.json").read_text("utf-8"))
    pulled = pq.read_table(world / "pulled.parquet")
    actor, nth = np.array(pulled["actor"].to_pylist(), object), pulled["insider"].to_numpy()
    at = pulled["at"].cast("int64").to_numpy()
    insiders = tuple(
        Insider(
            kind=row["kind"],
            accounts=tuple(row["accounts"]),
            meant=row["meant_a_day"],
            once=row["once"],
            link=row["link"],
            pulls={a: np.sort(at[(nth == k) & (actor == a)]) for a in row["accounts"]},
        )
        for k, row in enumerate(truth["insiders"])
    )
    return Told(
        family=truth["family"],
        half=truth["half"],
        seed=truth["seed"],
        insiders=insiders,
        innocents=truth["innocents"],
        role={account: row[0] for account, row in truth["accounts"].items()},
        rest=truth,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Folders of a world: the world itself, the ledger (of all tables, or without some), and that for facts."""

    world: Path
    dataset: Path
    ledger: Path
    facts: Path


def make_world(work: Path, family: str, seed: int, accounts: int, days: int) -> Path:
    """The folder of a world, made unless it lies there."""
    world = work / f"{family}-{seed}-{accounts}-{days}" / "world"
    if not (world / "truth.json").exists():
        print(f"making {family} {seed}", file=sys.stderr, flush=True)
        simulate_courier(world, family, seed, accounts=accounts, days=days, overwrite=True)
    return world


def prepare(work: Path, family: str, seed: int, size: tuple[int, int], without: Sequence[str] = ()) -> Where:
    """A world and its ledger, made unless they lie there. size: accounts and days; without: tables that it lacks."""
    world = make_world(work, family, seed, *size)
    gone = sorted(_OTHERS if list(without) == [ALL_BUT_ACCESSES] else set(without))
    name = ALL_BUT_ACCESSES if len(gone) == len(_OTHERS) else "+".join(gone)
    place = world.parent / (f"without-{name}" if gone else "whole")
    dataset = place / "dataset" if gone else world / "dataset"
    if not (place / "ledger/manifest.json").exists():
        print(f"ledger of {family} {seed} {name}", file=sys.stderr, flush=True)
        if gone:
            _copy_but(world / "dataset", dataset, gone)
        shutil.rmtree(place / "ledger", ignore_errors=True)
        ingest(open_source(dataset), place / "ledger", progress=lambda *_: None)
    return Where(world=world, dataset=dataset, ledger=place / "ledger", facts=place / "facts")


def _copy_but(whole: Path, part: Path, gone: Sequence[str]) -> None:
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for file in whole.iterdir():
        if file.stem not in gone:
            (part / file.name).hardlink_to(file)


def day_of_log(told: Told) -> int:
    """µs of the log's first local midnight."""
    return int(datetime.fromisoformat(told.rest["begins"]).timestamp()) * 1_000_000
