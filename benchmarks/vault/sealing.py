"""What sealing costs in process, beside bare encryption of the same bytes in the same run.

    python -m benchmarks run sealing [--records N] [--runs N] [--processes N]

Every row is the median of some runs, which take turns, so that a busy machine slows all of them alike. `--processes`
adds the rate of so many processes that seal at the same time.
"""

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.model.fields import Field
from wayseal.model.records import Parcel
from wayseal.vault.keyring import Keyring, LocalKeys
from wayseal.vault.sealing import SealedItem, open_parcels, read_token, seal_parcels, seal_reason, token_of
from wayseal.vault.sealing._fields import pad
from wayseal.vault.sealing.phones import phone_tags

VALUES = {
    Field.SENDER_NAME: "王小明",
    Field.SENDER_PHONE: "13812345678",
    Field.SENDER_ADDRESS: "浙江省杭州市余杭区文一西路969号3号楼5单元1201室",
    Field.RECIPIENT_NAME: "李雷",
    Field.RECIPIENT_PHONE: "010-67891234-8001",
    Field.RECIPIENT_ADDRESS: "北京市朝阳区建国路88号院2号楼1单元2003",
    Field.GOODS: "手机壳 2件",
}
BATCH = 100
ASKED = 30_000
"""Sealed records a second that the vault has to reach in process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many records, and how often."""

    records: int = option(2000)
    runs: int = option(15)
    processes: int = option(0, "also the rate of so many processes side by side")


SEAL, BARE = "seal 7 fields, data key, wrapping", "7 fields, bare AES-256-GCM-SIV, a key each"


@benchmark(
    minutes=1,
    kept=[
        Kept(
            "parcels sealed a second in process",
            SEAL,
            "a second",
            "a second",
            least=ASKED,
            beside=("the same bytes, bare", BARE, "a second"),
        ),
        Kept(
            "whole intake of a parcel a second in process",
            "whole intake: seal, token, tags of 2 phones",
            "a second",
            "a second",
        ),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Time each in turn."""
    found = timed(works(options.records), options.runs, options.records)
    rows = [(name, f"{us:.2f}", f"{1e6 / us:,.0f}") for name, us in found.items()]
    if options.processes:
        rate = together(options.processes)
        rows.append((f"seal, {options.processes} processes", f"{1e6 / rate:.2f}", f"{rate:,.0f}"))
    yield Table(("work", "µs a record", "a second"), rows)


def works(count: int) -> dict[str, Callable[[], object]]:
    """What is measured, each over `count` records."""
    ring = Keyring.new(0)
    keys = LocalKeys(ring)
    parcels = [Parcel(waybill=f"YT{i:013d}", values=VALUES) for i in range(count)]
    records = seal_parcels(keys, parcels)
    three = (Field.RECIPIENT_NAME, Field.RECIPIENT_PHONE, Field.RECIPIENT_ADDRESS)
    items = [SealedItem(r.waybill, r.sealed, r.wrapped, three) for r in records]
    tokens = [token_of(ring, p.waybill) + ".rp" for p in parcels]
    texts = [pad(value) for value in VALUES.values()]
    fernet, whole = Fernet(Fernet.generate_key()), json.dumps(VALUES).encode()
    one = AESGCMSIV(os.urandom(32))

    def batches(work: Callable[[int, int], object]) -> Callable[[], object]:
        return lambda: [work(i, i + BATCH) for i in range(0, count, BATCH)]

    def intake() -> None:
        for i in range(0, count, BATCH):
            seal_parcels(keys, parcels[i : i + BATCH])
            for parcel in parcels[i : i + BATCH]:
                token_of(ring, parcel.waybill)
                phone_tags(ring, parcel.values[Field.SENDER_PHONE])
                phone_tags(ring, parcel.values[Field.RECIPIENT_PHONE])

    return {
        "7 fields, bare AES-256-GCM-SIV, one key": lambda: [bare(one, texts) for _ in range(count)],
        BARE: lambda: [bare(AESGCMSIV(os.urandom(32)), texts) for _ in range(count)],
        "1 Fernet token of all fields, one key": lambda: [fernet.encrypt(whole) for _ in range(count)],
        SEAL: batches(lambda a, b: seal_parcels(keys, parcels[a:b])),
        "open 3 of 7 fields": batches(lambda a, b: open_parcels(keys, items[a:b])),
        "token": lambda: [token_of(ring, p.waybill) for p in parcels],
        "number of a token": lambda: [read_token(ring, t) for t in tokens],
        "tag of a mobile number": lambda: [phone_tags(ring, "13812345678") for _ in range(count)],
        "tags of a number with an extension": lambda: [phone_tags(ring, "010-67891234-8001") for _ in range(count)],
        "reason": lambda: [seal_reason(ring, b"7", "recipient called") for _ in range(count)],
        "whole intake: seal, token, tags of 2 phones": intake,
    }


def bare(cipher: AESGCMSIV, texts: list[bytes]) -> bytes:
    """The same bytes under a nonce each, with associated data of the usual length."""
    nonces = os.urandom(12 * len(texts))
    return b"".join([cipher.encrypt(nonces[12 * i : 12 * i + 12], text, bytes(52)) for i, text in enumerate(texts)])


def timed(made: dict[str, Callable[[], object]], runs: int, count: int) -> dict[str, float]:
    """Median microseconds a record of each work; the runs take turns."""
    spent: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(runs):
        for name, work in made.items():
            begun = time.perf_counter()
            work()
            spent[name].append((time.perf_counter() - begun) / count * 1e6)
    return {name: statistics.median(found) for name, found in spent.items()}


def together(processes: int) -> float:
    """Records a second that so many processes seal side by side."""
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(sealed, [BATCH] * processes))
        begun = time.perf_counter()
        done = sum(pool.map(sealed, [20_000] * processes))
        return done / (time.perf_counter() - begun)


def sealed(count: int) -> int:
    """Seals so many records in batches."""
    keys = LocalKeys(Keyring.new(0))
    parcels = [Parcel(waybill=f"YT{i:013d}", values=VALUES) for i in range(BATCH)]
    for _ in range(0, count, BATCH):
        seal_parcels(keys, parcels)
    return count
