"""Small ledgers of partners whose breaches and calls can be counted by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.ledger.helpers import put, write
from wayseal import ledger
from wayseal.detect.partners import PartnersResult, check_partners
from wayseal.detect.partners._contract import parse_contract
from wayseal.detect.partners._result import Breach, Kind, PartnerCheck, Reconciliation
from wayseal.model.period import Period

START = datetime(2026, 3, 2, tzinfo=UTC)
"""08:00 in China."""
Rows = Sequence[Mapping[str, Any]]
CONTRACT = 'partner = "Platform A"\nactors = ["p-a"]\n'


def at(hours: float = 0.0, seconds: float = 0.0) -> datetime:
    return START + timedelta(hours=hours, seconds=seconds)


def us(moment: datetime) -> int:
    return round(moment.timestamp()) * 1_000_000


def read(moment: datetime, waybill: int | str, actor: str = "p-a", **more: Any) -> dict[str, Any]:
    number = waybill if isinstance(waybill, str) else f"YT{2_000_000 + waybill}"
    return {"at": moment, "actor": actor, "waybill": number, **more}


def call(moment: datetime, waybill: int | str, partner: str = "p-a", **more: Any) -> dict[str, Any]:
    row = read(moment, waybill, partner, **more)
    return {"partner": row.pop("actor"), **row}


def actor(name: str, kind: str = "partner") -> dict[str, Any]:
    return {"actor": name, "kind": kind, "role": "api"}


def waybill(place: int, **more: Any) -> dict[str, Any]:
    return {
        "waybill": f"YT{2_000_000 + place}",
        "issued_at": at(-24),
        "channel": "app",
        "origin_outlet": "o-a",
        "destination_outlet": "o-b",
        **more,
    }


def checked(
    folder: Path, tables: Mapping[str, Rows], *texts: str, period: Period | None = None, rows: int | None = None
) -> PartnersResult:
    """The check of a ledger with these tables against contracts a.toml, b.toml, …"""
    for name, table in tables.items():
        write(folder / "dataset", name, table)
    if not (folder / "L").exists():
        put(folder / "dataset", folder / "L")
    contracts = [parse_contract(text, folder / f"{'abcdefgh'[n]}.toml") for n, text in enumerate(texts)]
    with ledger.open_ledger(folder / "L") as snapshot:
        return check_partners(snapshot, contracts, period=period, progress=lambda *_: None, rows=rows)


def only(result: PartnersResult, partner: str = "Platform A") -> PartnerCheck:
    (found,) = [p for p in result.partners if p.partner == partner]
    return found


def breach(result: PartnersResult, kind: Kind, partner: str = "Platform A") -> Breach:
    (found,) = [b for b in only(result, partner).breaches if b.kind is kind]
    return found


def kinds(result: PartnersResult, partner: str = "Platform A") -> list[str]:
    return [b.kind.value for b in only(result, partner).breaches]


def calls(result: PartnersResult, partner: str = "Platform A") -> Reconciliation:
    found = only(result, partner).calls
    assert found is not None
    return found
