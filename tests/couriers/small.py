"""Small couriers of families, as tests read them."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.couriers import plan_of, simulate_courier

ACCOUNTS, DAYS, SEED = 200, 7, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """A small courier: its folder, truth, pulls."""

    folder: Path
    truth: dict[str, Any]
    pulled: pa.Table

    def table(self, name: str) -> pa.Table:
        """A table of the dataset."""
        return pq.read_table(self.folder / "dataset" / f"{name}.parquet")


def read(folder: Path) -> Small:
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    return Small(folder=folder, truth=truth, pulled=pq.read_table(folder / "pulled.parquet"))


def with_leak(family: str, folder: Path, kind: str, link: str = "") -> tuple[Small, int]:
    """A small courier of the first seed that draws such a leak, and which of its leaks this is."""
    seed = next(s for s in range(1, 200) if any((k.kind, k.link) == (kind, link) for k in plan_of(family, s).leaks))
    simulate_courier(folder, family, seed, accounts=ACCOUNTS, days=DAYS)
    made = read(folder)
    return made, next(k for k, row in enumerate(made.truth["insiders"]) if (row["kind"], row["link"]) == (kind, link))


def days_of(made: Small, table: pa.Table) -> list[int]:
    """The day of the log of each row."""
    begins = datetime.fromisoformat(made.truth["begins"])
    return [(at - begins).days for at in table["at"].to_pylist()]
