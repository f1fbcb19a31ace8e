"""Detection on couriers of other structure: who is found, which innocents are accused, and whether scores are honest.

    python -m benchmarks run unseen_couriers --work W --half work|held|later|last|plain
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

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.couriers import FAMILIES
from benchmarks.detect._unseen_judge import FAST, LIKELY, MOST_LOST, SLOW, Row, judged, lines_of
from benchmarks.detect._unseen_methods import methods
from benchmarks.detect._unseen_sql import honest_first_reads
from benchmarks.detect._unseen_world import make_world, prepare, told_of
from benchmarks.registry import Kept, Said, Table, benchmark, option

_SHOWN = ("actors", "assignments", "outlets", "waybills", "scans", "tickets", "accesses")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which couriers, and which methods judge them."""

    work: Path = option(text="folder for couriers, ledgers and results, unless they lie there")
    half: Literal["work", "held", "later", "last", "plain"] = option("work")
    families: tuple[str, ...] = option((), "instead of a half")
    seeds: tuple[int, ...] = option((1, 2, 3, 4))
    accounts: int = option(4_000)
    days: int = option(14)
    without: str = option("", "tables that the ledger doesn't have, or all-but-accesses")
    rivals: bool = option(False, "also volume, a query of DuckDB, ECOD, isolation forest (requirements/bench.txt)")
    before: Path | None = option(None, "the `src` of another checkout whose detection is measured, too")
    describe: bool = option(False, "no detection, but what each courier is")
    again: bool = option(False, "tables of what stands in results.jsonl")


@benchmark(
    minutes=240,
    kept=[
        Kept("unseen couriers: pulled 200 a day and more, found", "all", f"≥ {FAST} a day", least=0.95),
        Kept("unseen couriers: found within 300 lost", "all", f"within {MOST_LOST} lost"),
        Kept("unseen couriers: pulled up to 50 a day, found", "all", f"≤ {SLOW} a day"),
        Kept("unseen couriers: between, found", "all", "between"),
        Kept("unseen couriers: rings found", "all", "rings"),
        Kept(
            "unseen couriers: innocents of cases at .5 or more, a courier",
            "all",
            f"innocents ≥ {LIKELY} a world",
            most=1,
        ),
        Kept("unseen couriers: couriers without a leaker that stay clean", "all", "quiet worlds clean", least=0.9),
        Kept("unseen couriers: cases at .5 or more that are right", "all", f"right at ≥ {LIKELY}"),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Judge the families."""
    families = options.families or tuple(f.name for f in FAMILIES.values() if f.half == options.half)
    options.work.mkdir(parents=True, exist_ok=True)
    if options.describe:
        for family in families:
            yield from _described(options, family, options.seeds[0])
        return
    yield from lines_of(_kept(options, families) if options.again else list(_judged(options, families)))


def _judged(args: "Options", families: Sequence[str]) -> Iterator[Row]:
    without = args.without.split(",") if args.without else []
    for family in families:
        for seed in args.seeds:
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


def _kept(args: "Options", families: Sequence[str]) -> list[Row]:
    """The newest rows of what is asked."""
    kept: dict[tuple[str, str, int], Row] = {}
    for line in (args.work / "results.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        same = (row["accounts"], row["days"], row["without"]) == (args.accounts, args.days, args.without)
        if same and row["family"] in families and row["seed"] in args.seeds:
            kept[row["method"], row["family"], row["seed"]] = row
    return list(kept.values())


def _described(args: "Options", family: str, seed: int) -> Iterator[Said]:
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
    yield Table(
        head,
        [
            (str(r), f"{a}", str(of[r]), f"{n:,}", f"{n / a / args.days:,.0f}", *(f"{x:.2f}" for x in shares))
            for r, a, n, *shares in rows
        ],
    )
