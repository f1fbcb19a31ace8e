"""The extent for programs. Its keys are public interface; docs/scope-and-extent.md lists them."""

import math
from typing import Any

from wayseal.model.times import day_name
from wayseal.trace.extent._estimate import Estimate
from wayseal.trace.extent._result import ExtentResult


def document(result: ExtentResult) -> dict[str, Any]:
    """The whole extent as JSON can hold it; null for no limit and for no value."""
    r = result
    daily = r.daily(r.total)
    share = None
    if daily is not None and r.waybills_a_day:
        n = r.waybills_a_day
        share = Estimate(value=daily.value / n, low=daily.low / n, high=daily.high / n)
    return {
        "wayseal": r.wayseal,
        "inputs": {"ledger": r.ledger_digest, "leaks": r.leaks_digest},
        "status": r.status.value,
        "method": r.method or None,
        "lists_by": r.by,
        "criterion": r.criterion,
        "period": {"from": _day(r.first_day), "to": _day(r.last_day), "days": r.days},
        "total": _estimate(r.total),
        "daily": _estimate(daily),
        "least": _estimate(r.least),
        "stock": _estimate(r.stock),
        "waybills_a_day": r.waybills_a_day,
        "share": _estimate(share, 6),
        "lists": [{"name": x.name, "numbers": x.numbers, "shared": x.shared} for x in r.lists],
        "pairs": [
            {"first": p.first, "second": p.second, "both": p.both, "estimate": _estimate(p.estimate)} for p in r.pairs
        ],
        "models": [
            {
                "pairs": [list(p) for p in m.pairs],
                "uneven": m.uneven,
                "worse": round(m.worse, 2),
                "estimate": _estimate(m.estimate),
            }
            for m in r.models
        ],
        "rows": r.rows,
        "numbers": r.numbers,
        "purchases": {"rows": r.purchases, "numbers": r.bought},
        "left_out": {
            "repeated": r.repeated,
            "foreign": r.foreign,
            "unlisted": r.unlisted,
            "rejected": r.rejected,
        },
        "warnings": list(r.warnings),
    }


def _estimate(e: Estimate | None, digits: int = 1) -> dict[str, float | None] | None:
    if e is None:
        return None
    values = {"value": e.value, "low": e.low, "high": e.high}
    return {k: round(v, digits) if math.isfinite(v) else None for k, v in values.items()}


def _day(day: int | None) -> str | None:
    return None if day is None else day_name(day)
