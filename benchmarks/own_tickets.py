"""Thieves who open tickets for what they pull: what detection says of the same world without and with their tickets.

    python -m benchmarks.own_tickets --work /tmp/wayseal-tickets [--accesses 2000000] [--seeds 11,12]

For each seed: the scenario `insiders` as it is, and once more with a ticket of the puller's own for every pull, opened
a minute before it. Named are pullers in a case worth acting on or one to watch; wrong are cases without a puller.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks._cases import table
from benchmarks._detect_world import Truth, prepare, truth_of
from wayseal.detect import DetectResult, Options, detect
from wayseal.ledger import ingest, open_ledger
from wayseal.store import open_source

_MINUTE = 60_000_000


def with_tickets(place: Path) -> Path:
    """The ledger of the same world with a ticket for each pull, made unless it is there."""
    ledger = place / "ticketed"
    if not (ledger / "manifest.json").exists():
        pulled = pq.read_table(place / "world/pulled.parquet")
        opened = pc.subtract(pulled["at"].cast(pa.int64()), _MINUTE).cast(pa.timestamp("us", tz="UTC"))
        numbers = pa.array([f"self-{n}" for n in range(len(pulled))])
        rows = {"ticket": numbers, "waybill": pulled["waybill"], "opened_at": opened, "actor": pulled["actor"]}
        file = place / "tickets.parquet"
        pq.write_table(pa.table(rows), file)
        ingest(open_source(place / "world/dataset"), ledger, progress=lambda *_: None)
        ingest(open_source(file, table="tickets"), ledger, progress=lambda *_: None)
    return ledger


def row(name: str, result: DetectResult, truth: Truth) -> list[str]:
    """What detection says: pullers named in cases worth acting on, and in any; cases without a puller among each."""
    worth = [case for case in result.cases if case.worth]
    named = [len({a for case in cases for a in case.actors} & set(truth.pullers)) for cases in (worth, result.cases)]
    wrong = [sum(not set(case.actors) & set(truth.pullers) for case in cases) for cases in (worth, result.cases)]
    return [name, *map(str, (len(truth.pullers), *named, *wrong))]


def main() -> None:
    """Runs what was asked and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--accesses", type=int, default=2_000_000)
    parser.add_argument("--seeds", default="11,12")
    given = parser.parse_args()
    rows = []
    for seed in map(int, given.seeds.split(",")):
        place = prepare(given.work, given.accesses, seed)
        truth = truth_of(place / "world")
        for name, ledger in (("as it is", place / "ledger"), ("own tickets", with_tickets(place))):
            with open_ledger(ledger) as snapshot:
                rows.append(row(f"{seed}, {name}", detect(snapshot, Options()), truth))
    heads = ["world", "pullers", "named to act on", "named at all", "wrong to act on", "wrong at all"]
    print("\n".join(table(heads, rows)))


if __name__ == "__main__":
    main()
