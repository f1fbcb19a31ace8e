"""The vault without HTTP: threads that each wait for their disclosure, on the committer; and parcels sealed durably.

And what a parcel and a disclosure take of the disk in both databases, indexes included.

python -m benchmarks.vault_core --work FOLDER [--postgresql URL] [--seconds 4]
"""

import argparse
import gc
import threading
import time
from pathlib import Path

from benchmarks._cases import table
from benchmarks._vault_world import COURIERS, OPERATOR, Seeded, courier, now, parcels, seed
from benchmarks.vault_http import places
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


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--postgresql", help="A server, as postgresql://USER@HOST:PORT")
    options.add_argument("--seconds", type=float, default=4)
    given = options.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, ...]] = []
    for name, urls in places(given):
        with urls as (main_url, keys_url):
            (given.work / "keyring.json").unlink(missing_ok=True)
            seeded = seed(main_url, keys_url, given.work, PARCELS)
            vault = Vault(open_database(main_url), open_database(keys_url), Keyring.load(seeded.keyring))
            before = size(vault)
            done = [asked(vault, seeded, n, given) for n in THREADS]
            between = size(vault)
            speed = sealed(vault)
            after = size(vault)
            rows += [
                (f"{name}: disclose, {n} waiting", f"{count / given.seconds:,.0f}", "")
                for n, count in zip(THREADS, done, strict=True)
            ]
            rows[-1] = (*rows[-1][:2], f"{(between - before) / sum(done):,.0f}")
            rows.append(
                (f"{name}: seal, {SEALED} at once", f"{speed:,.0f}", f"{(after - between) / ROUNDS / SEALED:,.0f}")
            )
            vault.close()
    print("\n".join(table(("what", "waybills/s", "bytes a waybill"), rows)))


def size(vault: Vault) -> int:
    """Bytes of both databases."""
    return vault.main.size() + vault.keys.size()


def asked(vault: Vault, seeded: Seeded, threads: int, given: argparse.Namespace) -> int:
    """Disclosures in the time given, with so many threads waiting."""
    gc.collect()
    gc.freeze()
    committer, counts = Committer(vault.commit_group, vault.answer_group), [0] * threads
    end = time.perf_counter() + given.seconds

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


if __name__ == "__main__":
    main()
