"""What the disclosure log costs: appending beside a bare commit, verifying, proving.

    python -m benchmarks run vault_log [--postgresql URL]

On SQLite in a scratch folder, and with `--postgresql` on an empty database too (its tables are dropped afterwards).
Medians; "CPU" is this process's alone, without the database server's.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.registry import Kept, Said, Table, benchmark, option
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The databases."""

    postgresql: str | None = option(None, "an empty database, too; its tables are dropped afterwards")


HEAD = ("database", "entries", "bare commit, µs", "append, µs", "CPU an entry, µs", "entries/s")
AFTER = ("database", "entries verified", "verified/s", "bytes of a proof", "made, ms", "checked, ms")


@benchmark(
    minutes=1,
    kept=[
        *(
            Kept(f"appending an entry to the log, in a group: {n:,}", f"sqlite · {n:,}", "CPU an entry, µs", "CPU µs")
            for n in GROUPS
        ),
        Kept("entries of the log verified a second", "sqlite", "verified/s", "a second"),
        Kept("a proof of an entry", "sqlite", "bytes of a proof", "bytes"),
        Kept("checking a proof of an entry", "sqlite", "checked, ms", "ms"),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Append, verify, prove on each database."""
    with tempfile.TemporaryDirectory() as folder:
        for url in (f"sqlite:///{folder}/log.db", *([options.postgresql] if options.postgresql else [])):
            database = open_database(url)
            try:
                database.write(t.main.create_all)
                yield Table(HEAD, rows(database))
                yield Table(AFTER, [after(database)])
            finally:
                database.write(t.main.drop_all)
                database.close()


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


def after(database: Database) -> tuple[str, ...]:
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
    rate, of_proof = f"{found.size / seconds:,.0f}", (f"{len(proof):,}", f"{made / 1000:.1f}", f"{checked / 1000:.2f}")
    return (database.dialect, f"{found.size:,}", rate, *of_proof)
