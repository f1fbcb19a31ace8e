"""The test that a trace gives a report again: two JSON reports compared, key by key.

1. Remarks are in words of a language that the report doesn't name: it is compared in each, and the nearest counts.
2. What must differ where the ledger has grown (its digest, its checkpoint) is left out only where the caller says so.
"""

import json
from collections.abc import Mapping
from typing import Any

from wayseal.page.languages import LANGS
from wayseal.trace._result import TraceResult
from wayseal.trace.report import render

LEDGER_KEYS = ("checkpoint", "inputs.ledger")
"""Keys that say which ledger it was: its tree, and what was in it."""
_NESTED = ("inputs", "fit")


def find_differences(report: Mapping[str, Any], result: TraceResult) -> tuple[str, ...]:
    """List what of a report a trace doesn't give again (rule 1).

    Args:
        report: A JSON report.
        result: The trace anew.

    Returns:
        Keys whose values differ, sorted; none where it is reproduced.
    """
    return min((_differing(report, json.loads(render(result, "json", lang))) for lang in LANGS), key=len)


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    left, right = _flat(before), _flat(now)
    return tuple(sorted(key for key in left.keys() | right.keys() if left.get(key, ()) != right.get(key, ())))


def _flat(report: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of the small objects beside those of the top."""
    out: dict[str, Any] = {}
    for key, value in report.items():
        if key in _NESTED and isinstance(value, Mapping):
            out |= {f"{key}.{inner}": item for inner, item in value.items()}
        else:
            out[key] = value
    return out
