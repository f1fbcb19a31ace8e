"""The report for programs. Its keys are public interface; DESIGN and docs list them."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from wayseal.merkle import Checkpoint
from wayseal.page.words import Translator
from wayseal.trace._result import Fit, LeakRow, SourceRow, TraceResult

LISTED_ABOVE = 0.01
"""Every source with a probability above this is listed."""


def listed(sources: Sequence[SourceRow]) -> list[SourceRow]:
    """The sources that a report lists, most probable first; ties: parts last, then by evidence, by name."""
    rows = [row for row in sources if row.probability > LISTED_ABOVE]
    return sorted(rows, key=lambda r: (-r.probability, r.account is not None, -_number(r.log10_lr), r.source, r.kind))


def document(result: TraceResult, translator: Translator) -> dict[str, Any]:
    """The whole result; what is no number is null. Remarks are in words of the translator."""
    return {
        "wayseal": result.wayseal,
        "seed": result.seed,
        "inputs": {"ledger": result.ledger_digest, "leaks": result.leaks_digest},
        "checkpoint": _checkpoint(result.checkpoint),
        "leaks": result.leaks,
        "found": result.found,
        "verdict": result.verdict.value,
        "unknown_share": _round(result.unknown_share),
        "fit": _fit(result.fit, translator),
        "missing_tables": list(result.missing_tables),
        "quality": [translator.note(note) for note in result.quality],
        "sources": [_source(row) for row in listed(result.sources)],
        "leak_rows": [_leak(row, translator) for row in result.leak_rows],
        "sensitivity": [{"kappa": _round(kappa), "probability": _probability(p)} for kappa, p in result.sensitivity],
        "queries": None if result.queries is None else asdict(result.queries),
    }


def _fit(fit: Fit, translator: Translator) -> dict[str, Any]:
    return {
        "p_value": _significant(fit.p_value),
        "note": translator.note(fit.note),
        "framed_by": fit.framed_by,
        "framing_log10": None if fit.framing_log10 is None else _round(fit.framing_log10),
    }


def _checkpoint(point: Checkpoint | None) -> dict[str, Any] | None:
    return None if point is None else {"origin": point.origin, "size": point.size, "root": point.root.hex()}


def _source(row: SourceRow) -> dict[str, Any]:
    return {
        "source": row.source,
        "kind": row.kind.value,
        "probability": _probability(row.probability),
        "log10_lr": _round(row.log10_lr, 2),
        "share": _round(row.share),
        "saw": row.saw,
        "expected": _significant(row.expected),
        "set": list(row.set),
        "leaks": list(row.leaks),
        "set_probability": _probability(row.set_probability),
        "account": row.account,
    }


def _leak(row: LeakRow, translator: Translator) -> dict[str, Any]:
    return {
        "waybill": row.waybill,
        "line": row.line,
        "seen_at": row.seen_at,
        "seen_until": row.seen_until,
        "found": row.found,
        "missing": None if row.missing is None else translator.note(row.missing),
        "accounts": row.accounts,
        "points_at": [{"source": s, "probability": _probability(p)} for s, p in row.points_at],
        "unknown": _round(row.unknown),
    }


def _number(value: float) -> float:
    return value if math.isfinite(value) else -math.inf


def _round(value: float, digits: int = 4) -> float | None:
    """`value` rounded, without a negative zero; null where there is no number."""
    return round(value, digits) + 0.0 if math.isfinite(value) else None


def _probability(value: float) -> float | None:
    """A probability to four digits that never rounds up to 1."""
    rounded = _round(value)
    return 0.9999 if rounded == 1 and value < 1 else rounded


def _significant(value: float | None) -> float | None:
    """Three significant digits."""
    if value is None or not math.isfinite(value):
        return None
    rounded = float(f"{value:.3g}") + 0.0
    return rounded if math.isfinite(rounded) else None
