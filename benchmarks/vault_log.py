"""What the disclosure log costs: appending beside a bare commit, verifying, proving.

    python benchmarks/vault_log.py [--postgresql URL]

On SQLite in a scratch folder, and with `--postgresql` on an empty database too (its tables are dropped afterwards).
Medians; "CPU" is this process's alone, without the database server's.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._cases import table
from wayseal.database import Connection, Database, open_database
from wayseal.merkle import SigningKey
from wayseal.model.fields import Field, Form
from wayseal.proofs.entries import verify_entry
from wayseal.vault import tables as t
from wayseal.vault.keyring import Keyring
from wayseal.vault.log import Appended, Entry, EntryKind, append, make_checkpoint
from wayseal.vault.log.integrity import verify
from wayseal.vault.log.proofs import prove
from wayseal.vault.row_macs import RowMacs

GROUPS = (1, 8, 32, 128, 1024)
TIMES = 40
KEY = SigningKey(name="bench", seed=bytes(32))
MARKS = RowMacs(Keyring.new(0), "bench")


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--postgresql")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        urls = [f"sqlite:///{folder}/log.db", *([given.postgresql] if given.postgresql else [])]
        for url in urls:
            database = open_database(url)
            try:
                database.write(t.main.create_all)
                print("\n".join(table(HEAD, rows(database))))
                print(f"\n{after(database)}\n")
            finally:
                database.write(t.main.drop_all)
                database.close()


HEAD = ("database", "entries", "bare commit, µs", "append, µs", "CPU an entry, µs", "entries/s")


def rows(database: Database) -> Iterator[tuple[str, ...]]:
    """One line a size of group."""
    for count in GROUPS:
        entries = [shown(n) for n in range(count)]
        last: list[Appended] = [database.write(append, MARKS, entries)]

        def grow(some: list[Entry] = entries, last: list[Appended] = last) -> None:
            last[0] = database.write(append, MARKS, some, tail=last[0].tail)

        bare, bare_cpu = medians(lambda: database.write(touch))
        whole, cpu = medians(grow)
        yield (
            database.dialect, f"{count:,}", f"{bare:.0f}", f"{whole:.0f}", f"{max(cpu - bare_cpu, 0) / count:.1f}",
            f"{count / whole * 1e6:,.0f}",
        )  # fmt: skip


def touch(connection: Connection) -> None:
    """The least that a transaction can make durable."""
    connection.execute(t.facts.delete().where(t.facts.c.name == "bench"))
    connection.execute(t.facts.insert().values(name="bench", value="x"))


def shown(n: int) -> Entry:
    """An entry as a disclosure makes it."""
    return Entry(
        kind=EntryKind.DISCLOSED, at=1_772_323_200_000_000 + n, client="crm", actor=f"u-{n % 90}", policy=3,
        request=f"6f1c{n:028x}", via="api", waybill=f"YT{n:013d}", purpose="deliver", ip="10.20.30.40",
        fields={Field.RECIPIENT_NAME: Form.MASKED, Field.RECIPIENT_PHONE: Form.FULL}, reason=bytes(48),
    )  # fmt: skip


def medians(work: Callable[[], object]) -> tuple[float, float]:
    """Microseconds of time and of processor time."""
    wall, cpu = [], []
    for _ in range(TIMES):
        begun, spent = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - begun)
        cpu.append(time.process_time() - spent)
    return statistics.median(wall) * 1e6, statistics.median(cpu) * 1e6


def after(database: Database) -> str:
    """A verification of all that was appended, and proofs out of it."""
    note = database.write(make_checkpoint, "bench", KEY, 0).encode()
    begun = time.perf_counter()
    found = verify(database, [("note", note)], [KEY.verify_key], lambda _stage, _done, _total: None)
    seconds = time.perf_counter() - begun
    if found.findings:
        raise SystemExit("the log doesn't verify")
    proof = database.read(prove, MARKS, found.size // 2, note).to_json().encode()
    made, _ = medians(lambda: database.read(prove, MARKS, found.size // 2, note))
    checked, _ = medians(lambda: verify_entry(proof, [KEY.verify_key]))
    return (
        f"{database.dialect}: verified {found.size:,} entries in {seconds:.1f} s ({found.size / seconds:,.0f}/s); "
        f"a proof of {len(proof):,} bytes made in {made / 1000:.1f} ms, checked in {checked / 1000:.2f} ms"
    )


if __name__ == "__main__":
    main()
