"""A ledger in which something of everything is, and its files changed in every way."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.effort import DEEP
from tests.ledger.helpers import at, put, read, write
from wayseal.ledger import open_ledger
from wayseal.ledger.integrity import Verification, verify
from wayseal.merkle import SigningKey
from wayseal.model.errors import Finding

KEY = SigningKey(name="keeper", seed=bytes(range(32)))
EARLY = [
    read(n, f"u-{n % 5}", f"YT{n % 700}" if n % 7 else f"X-{n % 30}Q", access=f"a{n}", session=f"s{n % 90}", via="if-1")
    for n in range(900)
]
LATE = [
    read(n / 2, f"u-{n % 7}", f"YT{n % 400}" if n % 9 else f"X-{n % 40}Q", access=f"a{n}", ip="10.0.0.1", action="view",
         request=f"r{n}", fields=["phone", "name"])
    for n in range(700)
]  # fmt: skip
BARE = [read(5000 + n, f"u-{n % 3}", f"YT{n % 30}") for n in range(40)]
WAYBILLS = [
    {"waybill": f"YT{n}", "issued_at": at(-60), "channel": "c1", "origin_outlet": "o1", "destination_outlet": "o2"}
    for n in range(50)
]
SCANS = [{"waybill": f"YT{n}", "at": at(n), "kind": "pickup", "outlet": "o1"} for n in range(50)]


def make(folder: Path) -> list[bytes]:
    """Makes the ledger `folder/L` by four commits; the checkpoints of the second and the last."""
    write(folder / "1", "accesses", EARLY)
    write(folder / "1", "waybills", WAYBILLS)
    write(folder / "1", "scans", SCANS)
    (folder / "accesses.csv").write_text("at,actor,waybill\nnever,u,YT1\n")
    put(folder / "1", folder / "L", parts=512)
    put(write(folder / "2", "accesses", LATE), folder / "L", parts=2)
    notes = [note(folder / "L")]
    put(write(folder / "3", "accesses", BARE), folder / "L")
    put(folder / "accesses.csv", folder / "L", keep_rejected=True)
    return [*notes, note(folder / "L")]


def note(ledger: Path, key: SigningKey = KEY) -> bytes:
    """A signed checkpoint of a ledger as it is."""
    with open_ledger(ledger) as snapshot:
        point = snapshot.checkpoint
        assert point is not None
        return key.sign(point.to_text()).encode()


def looked(ledger: Path, *notes: bytes, keys: Sequence[SigningKey] = (KEY,)) -> Verification:
    """A verification with checkpoints named c0, c1, …"""
    named = [(Path(f"/c{n}"), content) for n, content in enumerate(notes)]
    return verify(ledger, named, [k.verify_key for k in keys], lambda _stage, _done, _total: None)


def names(findings: Sequence[Finding], ledger: Path) -> set[str]:
    """What findings name, below the ledger."""
    return {Path(f.where).relative_to(ledger).as_posix() for f in findings}


def files(ledger: Path) -> Iterator[str]:
    """Every file of a ledger that says something."""
    for path in sorted(ledger.rglob("*")):
        if path.is_file() and path.name not in ("lock", "readers.lock"):
            yield path.relative_to(ledger).as_posix()


def in_turn(ledger: Path, turn: int, turns: int) -> list[str]:
    """The files that this of several faults is tried on: all; in quick runs each in one turn, the manifest in each."""
    every = list(files(ledger))
    return every if DEEP else sorted({*every[turn::turns], "manifest.json"})


def flipped(place: float, bit: int) -> Callable[[bytes], bytes]:
    """Changes one bit at some share of a file's length."""

    def change(content: bytes) -> bytes:
        made = bytearray(content)
        made[min(int(place * len(made)), len(made) - 1)] ^= 1 << bit
        return bytes(made)

    return change


def changed_copy(ledger: Path, to: Path, name: str, change: Callable[[bytes], bytes] | None) -> Path:
    """A copy of a ledger with one file changed, or without it."""
    shutil.copytree(ledger, to)
    path = to / name
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))
    return to
