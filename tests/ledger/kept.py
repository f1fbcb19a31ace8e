"""Small worlds over a year, and ledgers that are purged, to compare with ledgers that never held what went."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tests.ledger.helpers import put, write
from wayseal import ledger
from wayseal.ledger.replay import POPULATION
from wayseal.ledger.retention import Hooks, PurgeOrder, PurgeReport, compact, purge

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
DAY0 = datetime(2025, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def day(n: float) -> datetime:
    """The n-th day of the world."""
    return DAY0 + timedelta(days=n)


def iso(n: int) -> str:
    """The same as a purge takes it."""
    return day(n).date().isoformat()


def order(before: str | None = None, **more: Any) -> PurgeOrder:
    return PurgeOrder(**{"who": "keeper", "why": "retention", "at": NOW, "before": before, **more})


def purged(path: Path, before: str, **more: Any) -> PurgeReport:
    """Purges, whatever the law says unless told otherwise."""
    on_step = more.pop("on_step", lambda _name: None)
    return purge(path, order(before, **{"below_minimum": True, **more}), hooks=Hooks(on_step=on_step))


def folded(path: Path) -> None:
    compact(path)


def ingested(folder: Path, name: str, tables: Tables, into: Path, **options: Any) -> None:
    """Brings rows of several tables in, a commit."""
    for table, rows in tables.items():
        write(folder / name, table, rows)
    put(folder / name, into, **options)


def first_seen(rows: Tables) -> dict[str, Any]:
    """When each waybill was first seen, where all its rows come in at once."""
    times = {"accesses": "at", "scans": "at", "waybills": "issued_at", "partner_calls": "at"}
    out: dict[str, Any] = {}
    for table, time in times.items():
        for row in rows.get(table, ()):
            out[row["waybill"]] = min(row[time], out.get(row["waybill"], row[time]))
    return out


def answers(path: Path) -> dict[str, Any]:
    """All that a ledger answers, without the numbers of sources and rows, which differ from ledger to ledger."""
    with ledger.open_ledger(path) as snapshot:
        keys = snapshot.control(10**6)
        sessions = snapshot.volumes()["actor"]
        reads = [{k: v for k, v in r.items() if k not in ("source", "row")} for r in snapshot.reads(keys).to_pylist()]
        named = sorted({r["session"] for r in reads if r["session"]})
        queries = snapshot.loose("queries")
        return {
            "reads": sorted(reads, key=lambda r: (r["waybill"], r["at"], r["actor"], str(r))),
            "volumes": snapshot.volumes().to_pylist(),
            "actors": sorted(set(sessions.to_pylist())),
            "activity": snapshot.activity().to_pylist(),
            "channels": snapshot.channel_volumes().to_pylist(),
            "outlets": snapshot.outlet_volumes().to_pylist(),
            "sessions": snapshot.session_volumes(np.array(named, np.uint64)).to_pylist(),
            "session count": snapshot.sessions,
            "session names": snapshot.names("session", named),
            "numbers": snapshot.names("waybill", keys),
            "waybills": snapshot.waybills(keys).to_pylist(),
            "scans": snapshot.scans(keys).to_pylist(),
            "tickets": snapshot.table("tickets", keys).to_pylist(),
            "partner_calls": snapshot.table("partner_calls", keys).to_pylist(),
            "size": snapshot.size(),
            "first seen": snapshot.first_seen().to_pylist(),
            "places": sorted(tuple(r.values()) for r in snapshot.places(keys).to_pylist()),
            "queries": sorted(queries.to_pylist(), key=lambda r: r["request"]),
            "population": snapshot.control(POPULATION).tolist(),
            "tables": sorted(snapshot.tables),
        }
