"""The vault without HTTP: threads that each wait for their disclosure, on the committer; and parcels sealed durably.

And what a parcel and a disclosure take of the disk in both databases, indexes included.

python -m benchmarks run vault_core --work FOLDER [--postgresql URL] [--seconds 4]
"""

import gc
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.vault._world import COURIERS, OPERATOR, Seeded, courier, now, parcels, seed
from benchmarks.vault.vault_http import places
from wayseal.database import open_database
from wayseal.model.records import Ask, Parcel
from wayseal.vault import Vault
from wayseal.vault.committer import Committer
from wayseal.vault.keyring import Keyring
from wayseal.vault.requests import Caller

PARCELS = 4000
EACH = 20
"""Parcels of a courier, so that no budget runs out."""
THREADS = (16, 32, 64)
SEALED = 1000
ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The databases, and how long."""

    work: Path = option(text="folder for databases")
    postgresql: str | None = option(None, "a server, as postgresql://USER@HOST:PORT")
    seconds: float = option(4.0)


RATE, BYTES = "waybills/s", "bytes a waybill"


@benchmark(
    minutes=2,
    kept=[
        kept
        for name in ("SQLite", "PostgreSQL")
        for kept in (
            Kept(
                f"disclosures a second in process, 64 waiting: {name}",
                f"{name}: disclose, 64 waiting",
                RATE,
                "a second",
            ),
            Kept(f"parcels sealed durably a second: {name}", f"{name}: seal, {SEALED:,} at once", RATE, "a second"),
            Kept(f"a sealed parcel on the disk: {name}", f"{name}: seal, {SEALED:,} at once", BYTES, "bytes"),
            Kept(f"a disclosure on the disk: {name}", f"{name}: disclose, 64 waiting", BYTES, "bytes"),
        )
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Disclose and seal on each database."""
    options.work.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, ...]] = []
    for name, urls in places(options.work, options.postgresql):
        with urls as (main_url, keys_url):
            (options.work / "keyring.json").unlink(missing_ok=True)
            seeded = seed(main_url, keys_url, options.work, PARCELS)
            vault = Vault(open_database(main_url), open_database(keys_url), Keyring.load(seeded.keyring))
            before = size(vault)
            done = [asked(vault, seeded, n, options.seconds) for n in THREADS]
            between = size(vault)
            speed = sealed(vault)
            after = size(vault)
            rows += [
                (f"{name}: disclose, {n} waiting", f"{count / options.seconds:,.0f}", "")
                for n, count in zip(THREADS, done, strict=True)
            ]
            rows[-1] = (*rows[-1][:2], f"{(between - before) / sum(done):,.0f}")
            of_seal = (f"{speed:,.0f}", f"{(after - between) / ROUNDS / SEALED:,.0f}")
            rows.append((f"{name}: seal, {SEALED:,} at once", *of_seal))
            vault.close()
    yield Table(("what", RATE, BYTES), rows)


def size(vault: Vault) -> int:
    """Bytes of both databases."""
    return vault.main.size() + vault.keys.size()


def asked(vault: Vault, seeded: Seeded, threads: int, seconds: float) -> int:
    """Disclosures in the time given, with so many threads waiting."""
    gc.collect()
    gc.freeze()
    committer, counts = Committer(vault.commit_group, vault.answer_group), [0] * threads
    end = time.perf_counter() + seconds

    def work(place: int) -> None:
        turn = place
        while time.perf_counter() < end:
            turn += threads
            actor, outlet = courier(turn % COURIERS)
            numbers = seeded.numbers[outlet]
            number = numbers[(turn % COURIERS + turn // COURIERS % EACH) % len(numbers)]
            caller = Caller(client="scanner-app", actor=actor, scopes=frozenset(), request=f"{place}-{turn}")
            committer.submit(vault.job(caller, [Ask(waybill=number, purpose="deliver", reason="x")])).result()
            counts[place] += 1

    running = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    committer.close()
    return sum(counts)


def sealed(vault: Vault) -> float:
    """Parcels a second, durably."""
    some = [
        Parcel(waybill=f"ZT{n:013d}", values=p.values, origin_outlet=p.origin_outlet)
        for n, p in enumerate(parcels(ROUNDS * SEALED))
    ]
    began = time.perf_counter()
    for start in range(0, len(some), SEALED):
        vault.seal(OPERATOR, some[start : start + SEALED], now=now())
    return len(some) / (time.perf_counter() - began)
