"""The state on disk: four Parquet files and one small file that names them, swapped at once.

1. State is derived: what is damaged, of another version or of another ground is made anew from the ledger, never used.
2. After a crash at any moment the state is the one before or the one after.
3. Folders have mode 0700 and files 0600: who read what is personal data of staff.
4. Of several processes one writes at a time, and none reads meanwhile; the last one's state stays.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.detect.facts._facts import SCHEMAS, Facts
from wayseal.store import durable

VERSION = 6
_NAME = "facts.json"
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, pa.ArrowException)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFacts:
    """Facts, and what they were made of: sources, on a ground.

    sources: digests of the sources that are counted, in order. ground: digest of all else that judging hangs on.
    """

    facts: Facts
    sources: tuple[str, ...]
    basis: str


def load_state(folder: Path) -> SavedFacts | None:
    """The state in a folder; None where there is none that can be used (rule 1)."""
    try:
        with _held(folder, fcntl.LOCK_SH):
            whole = json.loads((folder / _NAME).read_text("utf-8"))
            about = whole["state"]
            if whole["version"] != VERSION or whole["sha256"] != _digest(about):
                return None
            place, digests = folder / about["folder"], about["sha256"]
            tables = {n: _read(place / f"{n}.parquet", digests[n], schema) for n, schema in SCHEMAS.items()}
        facts = Facts(**tables, offset=about["offset"])
        return SavedFacts(facts=facts, sources=tuple(about["sources"]), basis=about["ground"])
    except _UNREADABLE:
        return None


def save_state(folder: Path, state: SavedFacts) -> None:
    """Puts a state in the place of the one that is there (rules 2 to 4). OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _held(folder, fcntl.LOCK_EX):
        place = folder / f"facts-{_next(folder):06d}"
        place.mkdir(mode=0o700)
        digests = {name: _write(place / f"{name}.parquet", getattr(state.facts, name)) for name in SCHEMAS}
        about = {
            "folder": place.name, "sha256": digests, "offset": state.facts.offset, "sources": list(state.sources),
            "ground": state.basis,
        }  # fmt: skip
        whole = {"version": VERSION, "sha256": _digest(about), "state": about}
        durable.sync_folder(place)
        durable.replace_file(folder / _NAME, json.dumps(whole, sort_keys=True).encode())
        for old in folder.glob("facts-*"):
            if old != place:
                shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _held(folder: Path, how: int) -> Iterator[None]:
    """The folder's lock (rule 4), which dies with its process."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def _digest(about: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _next(folder: Path) -> int:
    return 1 + max((int(p.name[6:]) for p in folder.glob("facts-*") if p.name[6:].isdigit()), default=0)


def _read(path: Path, digest: str, schema: pa.Schema) -> pa.Table:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError("not what was written")
    return pq.read_table(pa.BufferReader(content)).cast(schema).combine_chunks()


def _write(path: Path, table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", compression_level=1, use_dictionary=False, write_statistics=False)
    content = sink.getvalue().to_pybytes()
    durable.write_file(path, content)
    return hashlib.sha256(content).hexdigest()
