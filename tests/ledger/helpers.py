"""Small datasets, and a ledger in twenty plain lines to compare with."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from wayseal import ledger, store
from wayseal.ledger import IngestOptions, IngestReport

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def read(minutes: float, actor: str, waybill: str, **more: Any) -> dict[str, Any]:
    return {"at": at(minutes), "actor": actor, "waybill": waybill, **more}


def write(folder: Path, table: str, rows: Sequence[Mapping[str, Any]], name: str = "") -> Path:
    """One Parquet file `table[.name].parquet` in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    schema = store.arrow_schema(table)
    path = folder / f"{table}{'.' + name if name else ''}.parquet"
    pq.write_table(pa.Table.from_pylist([dict(r) for r in rows], schema=schema), path)
    return path


def put(path: Path, into: Path, **options: Any) -> IngestReport:
    return ledger.ingest(store.open_source(path), into, options=IngestOptions(**options))


def reads_of(path: Path, waybills: Sequence[str]) -> list[tuple[Any, ...]]:
    """(waybill, at, actor, first) of all reads, in the ledger's order but with names for keys."""
    with ledger.open_ledger(path) as snapshot:
        table = snapshot.reads(snapshot.keys(waybills))
        names = snapshot.names("waybill", table["waybill"].to_numpy())
        actors = snapshot.names("actor", table["actor"].to_numpy())
        times, firsts = table["at"].to_pylist(), table["first"].to_pylist()
    return list(zip(names, times, actors, firsts, strict=True))


def expected(rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """What `reads_of` should give: rows in time's order, first marked, repeated accesses left out."""
    seen: set[tuple[str, str]] = set()
    known: set[tuple[str, str]] = set()
    out = []
    for row in sorted(rows, key=lambda r: (r["waybill"], r["at"], r["actor"])):
        access = row.get("access")
        if access is not None and (row["waybill"], access) in known:
            continue
        known.add((row["waybill"], access or ""))
        pair = (row["waybill"], row["actor"])
        out.append((row["waybill"], row["at"], row["actor"], pair not in seen))
        seen.add(pair)
    return out


def content(path: Path) -> list[list[dict[str, Any]]]:
    """All that a ledger answers, for comparing two of them."""
    with ledger.open_ledger(path) as snapshot:
        keys = snapshot.control(10**6)
        return [
            [{k: v for k, v in r.items() if k != "source"} for r in snapshot.reads(keys).to_pylist()],
            snapshot.volumes().to_pylist(),
            snapshot.activity().to_pylist(),
            snapshot.channel_volumes().to_pylist(),
            snapshot.outlet_volumes().to_pylist(),
            snapshot.waybills(keys).to_pylist(),
            snapshot.scans(keys).to_pylist(),
        ]


def load_manifest(ledger_folder: Path) -> Any:
    """What a ledger says it consists of."""
    with ledger.open_ledger(ledger_folder) as snapshot:
        return snapshot.manifest


def save_manifest(ledger_folder: Path, manifest: Any) -> None:
    """Forges it, as one may who can write the file."""
    (ledger_folder / "manifest.json").write_text(manifest.to_json() + "\n")
