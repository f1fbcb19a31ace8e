"""Seven systems of couriers, as their departments hand them over, and a judge of what ingest makes of them.

    python -m benchmarks run foreign_systems --out /tmp/foreign --scale 1
    python -m benchmarks run foreign_systems --out /tmp/foreign --judge 01-core-pg=ledgers/a,04-counter=ledgers/d

Without `--judge` it writes `systems/NAME/…`, to be brought in by the documents alone, and `truth/NAME.json`, which
whoever brings them in doesn't see: rows by table and file, which of them are broken and how, which column is which,
zones, units, and what the records of logs are. The same seed and scale give the same bytes. Ledgers are compared with
the truth by what `wayseal show --format json` says and by their Parquet files; it ends with 1 where rows are lost in
silence.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.foreign import (
    _cloud,
    _counter,
    _gateway,
    _mysql,
    _oracle,
    _postgres,
    _saas,
)
from benchmarks.foreign._judge import HEADS, judged, lines_of
from benchmarks.foreign._world import Truth
from benchmarks.registry import Kept, Said, Table, UnsoundError, benchmark, option

SEED = 27
MAKERS: dict[str, Callable[[Path, float, int], Truth]] = {
    _postgres.NAME: _postgres.make,
    _mysql.NAME: _mysql.make,
    _gateway.NAME: _gateway.make,
    _counter.NAME: _counter.make,
    _cloud.NAME: _cloud.make,
    _oracle.NAME: _oracle.make,
    _saas.NAME: _saas.make,
}


def make(out: Path, scale: float, seed: int = SEED, only: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
    """Writes the systems and their truth; a system's folder must not be there yet."""
    made = {}
    (out / "truth").mkdir(parents=True, exist_ok=True)
    for place, (name, maker) in enumerate(MAKERS.items()):
        if only and name not in only:
            continue
        folder = out / "systems" / name
        folder.mkdir(parents=True)
        told = maker(folder, scale, seed * 100 + place).told() | {"seed": seed, "scale": scale}
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        told["sha256"] = {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
        told["bytes"] = sum(path.stat().st_size for path in files)
        (out / "truth" / f"{name}.json").write_text(
            json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        made[name] = told
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where the systems lie or shall lie, and the ledgers that are judged."""

    out: Path = option(text="folder of `systems` and `truth`; made unless ledgers are judged")
    judge: tuple[str, ...] = option((), "ledgers as NAME=FOLDER: compare them with the truth")
    minutes: tuple[str, ...] = option((), "NAME=N: how long bringing it in took")
    scale: float = option(1.0)
    seed: int = option(SEED)
    only: tuple[str, ...] = option((), f"of {', '.join(MAKERS)}")


@benchmark(
    minutes=2,
    kept=[
        Kept("rows of foreign systems that are true, by strangers' judgement", "all", HEADS["true"]),
        Kept("rows of foreign systems lost in silence", "all", HEADS["silent"], most=0),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Make the systems, or judge ledgers."""
    if not options.judge:
        yield from _made(options)
        return
    minutes = dict(one.split("=", 1) for one in options.minutes)
    found = [judged(_named(word), options.out / "truth") for word in options.judge]
    yield from lines_of(found, minutes)
    if any(row["silent"] for one in found for row in one["tables"].values()):
        raise UnsoundError("rows were lost in silence")


def _made(options: Options) -> Iterator[Said]:
    rows = []
    for name in options.only or tuple(MAKERS):
        start = time.monotonic()
        told = make(options.out, options.scale, options.seed, (name,))[name]
        of_tables = sum(table["rows"] for table in told["tables"].values())
        records = (n for log in told["logs"].values() for kind, n in log.items() if not kind.startswith("numbers"))
        files, size, spent = len(told["sha256"]), told["bytes"] / 1e6, time.monotonic() - start
        rows.append((name, f"{files}", f"{size:.0f}", f"{of_tables:,}", f"{sum(records):,}", f"{spent:.0f}"))
    yield Table(("system", "files", "MB", "rows of the tables", "records of the logs", "s"), rows)


def _named(word: str) -> tuple[str, Path]:
    name, mark, folder = word.partition("=")
    return (name, Path(folder)) if mark else (Path(word).name, Path(word))
