"""The scope for programs. Its keys are public interface; docs/scope-and-extent.md lists them."""

from dataclasses import asdict
from typing import Any

from wayseal.model.times import day_name, iso
from wayseal.trace.scope._result import NamedCount, ScopeResult

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
        "period": {"from": _moment(r.since), "to": _moment(r.until)},
        "waybills": r.waybills,
        "reads": r.reads if reads else None,
        "first": _moment(r.first),
        "last": _moment(r.last),
        "days": [{"day": day_name(d), "waybills": n, "reads": m if reads else None} for d, n, m in r.days],
        "hours": list(r.hours),
        "routes": [asdict(route) for route in r.routes],
        "actions": [_counted(c) for c in r.actions],
        "vias": [_counted(c) for c in r.vias],
        "fields": [_counted(c) for c in r.fields],
        "reads_without_fields": r.unsaid,
        "queries": r.queries,
        "by_query": {**asdict(r.by_query), "expected": round(r.by_query.expected, 1)},
        "work": {**asdict(r.work), "reason": r.work.reason or None},
        "authorities": {
            "waybills": r.waybills,
            "from": _moment(r.first),
            "to": _moment(r.last),
            "categories": [c.name for c in r.fields],
            "regions": [{**asdict(region), "name": region.name or None} for region in r.regions],
            "to_fill_in": list(TO_FILL_IN),
        },
        "missing_tables": list(r.missing),
    }


def _counted(c: NamedCount) -> dict[str, Any]:
    return {"name": c.name or None, "waybills": c.waybills, "reads": c.reads}


def _moment(us: int | None) -> str | None:
    return None if us is None else iso(us)
