"""What the benchmarks of detection share: a simulated courier with insiders, its ledger, and who pulled what, when."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from wayseal.ledger import ingest
from wayseal.store import open_source
from wayseal_sim import preset, simulate

Longs = NDArray[np.int64]
DAY_US = 86_400_000_000
OFFSET = 8 * 3_600_000_000
_NOISE = ("misdialled", "helping", "tests", "curious")


@dataclass(frozen=True, slots=True, kw_only=True)
class Puller:
    """One account that pulls.

    kind; place of its insider in the truth; waybills a day; µs of its beginning and of its pulls, sorted.
    """

    account: str
    kind: str
    insider: int
    a_day: int
    since: int
    pulls: Longs

    def lost(self, at: int) -> int:
        """Waybills pulled up to a time, µs."""
        return int(np.searchsorted(self.pulls, at, side="right"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Who pulls, by account; pulls of all, and first reads without work as the simulator counted them."""

    pullers: Mapping[str, Puller]
    pulls: int
    noise: int


def prepare(work: Path, accesses: int, seed: int, missing_scans: float | None = None) -> Path:
    """The folder of a world, made unless it is there: `world` and `ledger`."""
    name = f"{accesses}-{seed}" + ("" if missing_scans is None else f"-{missing_scans}")
    place = work / name
    changes: dict[str, object] = {} if missing_scans is None else {"missing_scans": missing_scans}
    if not (place / "ledger/manifest.json").exists():
        print(f"making {name}", file=sys.stderr)
        simulate(place / "world", preset("insiders", accesses=accesses, **changes), seed=seed, overwrite=True)
        ingest(open_source(place / "world/dataset"), place / "ledger", progress=lambda *_: None)
    return place


def truth_of(world: Path) -> Truth:
    """What truth.json and pulled.parquet say."""
    told = json.loads((world / "truth.json").read_text("utf-8"))
    pulled = pq.read_table(world / "pulled.parquet")
    actor, insider = np.array(pulled["actor"].to_pylist(), object), pulled["insider"].to_numpy()
    at = pulled["at"].cast("int64").to_numpy()
    pullers = {}
    for nth, row in enumerate(told["insiders"]):
        for account in row["accounts"]:
            pullers[account] = Puller(
                account=account,
                kind=row["kind"],
                insider=nth,
                a_day=row["meant_a_day"],
                since=int(datetime.fromisoformat(row["since"]).timestamp()) * 1_000_000,
                pulls=np.sort(at[(insider == nth) & (actor == account)]),
            )
    return Truth(pullers=pullers, pulls=len(pulled), noise=sum(told["noise"].get(k, 0) for k in _NOISE))
