"""The scope for programs. Its keys are public interface; docs/scope-and-extent.md lists them."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from wayseal.trace.scope._result import Counted, ScopeResult

TO_FILL_IN = ("causes", "possible_harm", "measures_taken", "advice_to_people", "contact")
"""What article 57 of China's Personal Information Protection Law asks for and no ledger knows."""


def document(result: ScopeResult) -> dict[str, Any]:
    """The whole scope as JSON can hold it; times in UTC, days of UTC+8."""
    r = result
    reads = r.work.reason != "no_reads"
    return {
        "wayseal": r.wayseal,
        "inputs": {"ledger": r.ledger_digest},
        "source": {"id": r.source, "kind": r.kind.value, "role": r.role, "outlet": r.outlet},
        "period": {"from": iso(r.since), "to": iso(r.until)},
        "waybills": r.waybills,
        "reads": r.reads if reads else None,
        "first": iso(r.first),
        "last": iso(r.last),
        "days": [{"day": _day(d), "waybills": n, "reads": m if reads else None} for d, n, m in r.days],
        "hours": list(r.hours),
        "routes": [asdict(route) for route in r.routes],
        "actions": [_counted(c) for c in r.actions],
        "vias": [_counted(c) for c in r.vias],
        "fields": [_counted(c) for c in r.fields],
        "reads_without_fields": r.unsaid,
        "queries": r.queries,
        "work": {**asdict(r.work), "reason": r.work.reason or None},
        "authorities": {
            "waybills": r.waybills,
            "from": iso(r.first),
            "to": iso(r.last),
            "categories": [c.name for c in r.fields],
            "regions": [{**asdict(region), "name": region.name or None} for region in r.regions],
            "to_fill_in": list(TO_FILL_IN),
        },
        "missing_tables": list(r.missing),
    }


def _counted(c: Counted) -> dict[str, Any]:
    return {"name": c.name or None, "waybills": c.waybills, "reads": c.reads}


def iso(us: int | None) -> str | None:
    """Microseconds since 1970 as ISO 8601 in UTC, to the microsecond where there is any."""
    if us is None:
        return None
    return (
        datetime.fromtimestamp(us // 1_000_000, UTC)
        .replace(microsecond=us % 1_000_000)
        .isoformat()
        .replace("+00:00", "Z")
    )


def _day(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()
