"""A simulated courier of which a ledger has some days, and the days after as lines of a stream, made once."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.detect.watched import ROOMS, Watched, built, rows_of
from tests.once import made_once
from wayseal.detect import Options
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import ExplanationContext, build_context
from wayseal.detect.intraday import Intraday, prepare
from wayseal.ledger import ingest, open_ledger
from wayseal.live._fast_path import FastPath
from wayseal.live.types import Notice
from wayseal.store import open_source

OFFSET = 8 * 3_600_000_000
DAY = 86_400_000_000
TIMES = {"accesses": "at", "scans": "at", "tickets": "opened_at", "waybills": "issued_at"}
STATIC = ("actors", "outlets", "assignments")
KNOWN_DAYS = 11


def moments(rows: pa.Table, name: str) -> np.ndarray:
    """µs of rows of a table."""
    out: np.ndarray = rows[TIMES[name]].cast(pa.int64()).to_numpy()
    return out


@dataclass(frozen=True, slots=False, kw_only=True)
class Played:
    """ledger: of the first days; whole: of all days; day: local day since 1970 of the first line."""

    ledger: Path
    whole: Path
    day: int
    lines: Sequence[bytes]

    @property
    def options(self) -> Options:
        """How detection looks at it; nothing is kept."""
        return Options(offset=OFFSET)

    @cached_property
    def limits(self) -> Intraday:
        """What a batch run of the first days learnt, for the day after."""
        with open_ledger(self.ledger) as snapshot:
            made = prepare(snapshot, self.options, day=self.day)
        assert made is not None
        return made

    @cached_property
    def context(self) -> ExplanationContext:
        """The rules that explain reads."""
        with open_ledger(self.ledger) as snapshot:
            return build_context(snapshot, load_templates(None), OFFSET)

    def state(self, ledger: Path | None = None) -> FastPath:
        """A fast path behind a ledger."""
        made = FastPath(self.context, self.limits, None)
        with open_ledger(ledger or self.ledger) as snapshot:
            made.load(snapshot)
        return made


def take(fast: FastPath, lines: Sequence[bytes], cuts: Sequence[int] = (), first: int = 1) -> list[Notice]:
    """What is told of lines that come in pieces. cuts: places of lines, sorted."""
    out, begun = [], 0
    for cut in (*cuts, len(lines)):
        if cut > begun:
            out += fast.take(b"".join(lines[begun:cut]), first + begun)
            begun = cut
    return out


def _lines(world: Watched, day: int) -> Iterator[tuple[int, bytes]]:
    for name in TIMES:
        rows = rows_of(world, name)
        at = moments(rows, name)
        there = np.flatnonzero((at + OFFSET) // DAY >= day)
        for when, row in zip(at[there].tolist(), rows.take(pa.array(there)).to_pylist(), strict=True):
            plain = {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items() if v is not None}
            yield when, json.dumps({"table": name, **plain}).encode() + b"\n"


def _build(folder: Path, world: Watched) -> None:
    day = int((moments(rows_of(world, "accesses"), "accesses").min() + OFFSET) // DAY) + KNOWN_DAYS
    data = folder / "dataset"
    data.mkdir()
    (data / "dataset.json").write_text('{"wayseal": 1}')
    for name in STATIC:
        pq.write_table(rows_of(world, name), data / f"{name}.parquet")
    for name in TIMES:
        rows = rows_of(world, name)
        known = (moments(rows, name) + OFFSET) // DAY < day
        pq.write_table(rows.filter(pa.array(known)), data / f"{name}.parquet")
    ingest(open_source(data), folder / "ledger")
    in_order = sorted(_lines(world, day))
    (folder / "lines.jsonl").write_bytes(b"".join(line for _, line in in_order))
    (folder / "day").write_text(str(day))


@pytest.fixture(scope="session")
def played() -> Played:
    """Nine hundred accounts, eleven days in the ledger and three that come."""
    world = built("large", 60_000, 120, 3)
    folder = made_once("played", lambda into: _build(into, world), rooms=ROOMS, key=Path(__file__).read_text("utf-8"))
    lines = (folder / "lines.jsonl").read_bytes().splitlines(keepends=True)
    day = int((folder / "day").read_text())
    return Played(ledger=folder / "ledger", whole=world.ledger, day=day, lines=lines)
