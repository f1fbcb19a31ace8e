"""Seven systems of couriers, as their departments hand them over, and a judge of what ingest makes of them.

    python -m benchmarks.foreign_systems make /tmp/foreign --scale 1
    python -m benchmarks.foreign_systems judge 01-core-pg=ledgers/a 04-counter=ledgers/d --truth /tmp/foreign/truth

`make` writes `systems/NAME/…`, to be brought in by the documents alone, and `truth/NAME.json`, which whoever brings
them in doesn't see: rows by table and file, which of them are broken and how, which column is which, zones, units, and
what the records of logs are. The same seed and scale give the same bytes. `judge` compares ledgers with the truth by
what `wayseal show --format json` says and by the ledger's Parquet files; it ends with 1 where rows are lost in silence.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import (
    _foreign_cloud,
    _foreign_counter,
    _foreign_gateway,
    _foreign_mysql,
    _foreign_oracle,
    _foreign_postgres,
    _foreign_saas,
)
from benchmarks._foreign_judge import judged, lines_of
from benchmarks._foreign_world import Truth

SEED = 27
MAKERS: dict[str, Callable[[Path, float, int], Truth]] = {
    _foreign_postgres.NAME: _foreign_postgres.make,
    _foreign_mysql.NAME: _foreign_mysql.make,
    _foreign_gateway.NAME: _foreign_gateway.make,
    _foreign_counter.NAME: _foreign_counter.make,
    _foreign_cloud.NAME: _foreign_cloud.make,
    _foreign_oracle.NAME: _foreign_oracle.make,
    _foreign_saas.NAME: _foreign_saas.make,
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


def _make(out: Path, scale: float, seed: int, only: tuple[str, ...]) -> None:
    print(
        "| system | files | MB | rows of the tables | records of the logs | s |\n|---|--:|--:|--:|--:|--:|", flush=True
    )
    for name in only or tuple(MAKERS):
        start = time.monotonic()
        told = make(out, scale, seed, (name,))[name]
        rows = sum(table["rows"] for table in told["tables"].values())
        records = sum(
            many for log in told["logs"].values() for kind, many in log.items() if not kind.startswith("numbers")
        )
        spent = time.monotonic() - start
        print(
            f"| {name} | {len(told['sha256'])} | {told['bytes'] / 1e6:.0f} | {rows:,} | {records:,} | {spent:.0f} |",
            flush=True,
        )


def main() -> None:
    """Makes the systems, or judges ledgers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make", help="write the systems and their truth")
    making.add_argument("out", type=Path)
    making.add_argument("--scale", type=float, default=1.0)
    making.add_argument("--seed", type=int, default=SEED)
    making.add_argument("--only", action="append", choices=list(MAKERS), default=[])
    judging = commands.add_parser("judge", help="compare ledgers with the truth")
    judging.add_argument(
        "ledgers",
        nargs="+",
        metavar="[NAME=]LEDGER",
        help="a ledger's folder; NAME where it isn't called as its system",
    )
    judging.add_argument("--truth", type=Path, required=True)
    judging.add_argument(
        "--minutes", action="append", default=[], metavar="NAME=N", help="how long bringing it in took"
    )
    judging.add_argument("--json", type=Path, help="write all of it here too")
    chosen = parser.parse_args()
    if chosen.command == "make":
        _make(chosen.out, chosen.scale, chosen.seed, tuple(chosen.only))
        return
    minutes = dict(one.split("=", 1) for one in chosen.minutes)
    found = [judged(_named(word), chosen.truth) for word in chosen.ledgers]
    print("\n".join(lines_of(found, minutes)))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sys.exit(any(row["silent"] for one in found for row in one["tables"].values()))


def _named(word: str) -> tuple[str, Path]:
    name, mark, folder = word.partition("=")
    return (name, Path(folder)) if mark else (Path(word).name, Path(word))


if __name__ == "__main__":
    main()
