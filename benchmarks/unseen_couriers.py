"""Detection on couriers of other structure: who is found, which innocents are accused, and whether scores are honest.

    python -m benchmarks.unseen_couriers --work W --half work|held|later|last|plain
        [--families a,b] [--seeds 1,2,3,4] [--accounts 4000] [--days 14] [--without TABLE[,TABLE]|all-but-accesses]
        [--rivals] [--before SRC]

Makes each world of the half's families (`benchmarks.couriers`) and its ledger unless they lie in W, runs
detection at a budget of 20 cases a day, and prints tables by family: accounts found by group, innocents of cases with a
score of .5 or more (by trap and role), worlds without a leaker, precision, and how often scores are right. The half
`work` is what detection is made on; `held` is looked at once, when it is done. The half `later` was written after the
method had been judged on `held`, and `last` after it had been judged on `later`, each by somebody who did not know it;
so was `plain`, couriers as they are likely to be met.

`--without`: the ledger has everything but these tables. `--rivals`: volume, a query of DuckDB, ECOD and isolation
forest on the same facts (requirements/bench.txt; what isn't installed is left out, and said). `--before`: detection of
another checkout, given as its `src`. `--describe`: no detection, but what each courier is: accounts by role, tables,
reads, and where honest first reads lie. `--again`: tables of what stands in W/results.jsonl for what is asked.
A JSON line for each world and method is added to W/results.jsonl.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._cases import table
from benchmarks._unseen_judge import Row, judged, lines_of
from benchmarks._unseen_methods import methods
from benchmarks._unseen_sql import honest_first_reads
from benchmarks._unseen_world import make_world, prepare, told_of
from benchmarks.couriers import FAMILIES

_SHOWN = ("actors", "assignments", "outlets", "waybills", "scans", "tickets", "accesses")


def main() -> None:
    """Print the tables."""
    args = _parsed()
    families = args.families.split(",") if args.families else [f.name for f in FAMILIES.values() if f.half == args.half]
    seeds = [int(s) for s in args.seeds.split(",")]
    args.work.mkdir(parents=True, exist_ok=True)
    if args.describe:
        for family in families:
            for line in _described(args, family, seeds[0]):
                print(line, flush=True)
        return
    rows = _kept(args, families, seeds) if args.again else list(_judged(args, families, seeds))
    for line in lines_of(rows):
        print(line)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--half", choices=("work", "held", "later", "last", "plain"), default="work")
    parser.add_argument("--families", default="")
    parser.add_argument("--seeds", default="1,2,3,4")
    parser.add_argument("--accounts", type=int, default=4_000)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--without", default="")
    parser.add_argument("--rivals", action="store_true")
    parser.add_argument("--before", type=Path)
    parser.add_argument("--describe", action="store_true")
    parser.add_argument("--again", action="store_true")
    return parser.parse_args()


def _judged(args: argparse.Namespace, families: list[str], seeds: list[int]) -> Iterator[Row]:
    without = args.without.split(",") if args.without else []
    for family in families:
        for seed in seeds:
            where = prepare(args.work, family, seed, (args.accounts, args.days), without)
            told = told_of(where.world)
            for name, ask in methods(where, args.before, args.rivals):
                begun = time.perf_counter()
                try:
                    said = ask()
                except ModuleNotFoundError as error:
                    print(f"{name}: {error.name} is not installed (requirements/bench.txt)", file=sys.stderr)
                    continue
                except subprocess.CalledProcessError as error:
                    print(f"{family} {seed} {name}: ended with {error.returncode}, not judged", file=sys.stderr)
                    continue
                seconds = round(time.perf_counter() - begun, 1)
                print(f"{family} {seed} {name}: {len(said.cases)} cases, {seconds} s", file=sys.stderr, flush=True)
                size = {"accounts": args.accounts, "days": args.days, "without": args.without, "seconds": seconds}
                row = {"method": name, **size, **judged(told, said)}
                with (args.work / "results.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                yield row


def _kept(args: argparse.Namespace, families: list[str], seeds: list[int]) -> list[Row]:
    """The newest rows of what is asked."""
    kept: dict[tuple[str, str, int], Row] = {}
    for line in (args.work / "results.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        same = (row["accounts"], row["days"], row["without"]) == (args.accounts, args.days, args.without)
        if same and row["family"] in families and row["seed"] in seeds:
            kept[row["method"], row["family"], row["seed"]] = row
    return list(kept.values())


def _described(args: argparse.Namespace, family: str, seed: int) -> Iterator[str]:
    world = make_world(args.work, family, seed, args.accounts, args.days)
    told = told_of(world)
    tables, accounts = told.rest["tables"], told.rest["accounts"]
    yield f"\n### {family} ({told.half}), seed {seed}: {FAMILIES[family].about}\n"
    yield ", ".join(f"{name} {tables[name]['rows']:,}" if name in tables else f"no {name}" for name in _SHOWN)
    yield "mechanisms: " + ", ".join(told.rest["mechanisms"])
    leaks = [f"{k.kind}{f' ({k.link})' if k.link else ''} {len(k.accounts)} × {k.meant:,}" for k in told.insiders]
    yield f"leaks: {', '.join(leaks) or 'none'}; innocents out of the ordinary: {len(told.innocents):,}\n"
    rows = honest_first_reads(world / "dataset", [(a, *row) for a, row in accounts.items()], world / "pulled.parquet")
    head = (
        "role",
        "accounts",
        "of",
        "honest first reads",
        "an account and day",
        "in custody",
        "ticket",
        "own channel",
        "own region",
    )
    of = told.rest["roles"]
    yield from table(
        head,
        [
            (str(r), f"{a}", str(of[r]), f"{n:,}", f"{n / a / args.days:,.0f}", *(f"{x:.2f}" for x in shares))
            for r, a, n, *shares in rows
        ],
    )


if __name__ == "__main__":
    main()
