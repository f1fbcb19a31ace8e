"""Cases as OCSF 1.6 Detection Findings (class 2004), one JSON object a line."""

import json
from collections.abc import Iterator

from wayseal.detect._result import Case, DetectResult
from wayseal.detect.report._json import document, moment

_HIGH = (4, "High")
"""What is worth acting on is at least that."""
_SEVERITY = ((0.95, 5, "Critical"), (0.5, *_HIGH), (0.1, 3, "Medium"), (0.0, 2, "Low"))


def ocsf_lines(result: DetectResult) -> Iterator[str]:
    """A finding for each case. What OCSF has no attribute for stands in `unmapped`."""
    told = document(result)["cases"]
    assert isinstance(told, list)  # noqa: S101 (the shape of our own document)
    for case, row in zip(result.cases, told, strict=True):
        yield json.dumps(_finding(result, case, row), sort_keys=True)


def _finding(result: DetectResult, case: Case, row: dict[str, object]) -> dict[str, object]:
    by_score = next((n, s) for least, n, s in _SEVERITY if case.score >= least)
    number, name = max(by_score, _HIGH) if case.worth else by_score
    reasons = [r for p in case.people for r in p.reasons]
    return {
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "activity_id": 1,
        "activity_name": "Create",
        "type_uid": 200401,
        "type_name": "Detection Finding: Create",
        "status_id": 1,
        "status": "New",
        "severity_id": number,
        "severity": name,
        "confidence_score": round(100 * case.score),
        "is_alert": case.worth,
        "time": case.alerted_at // 1000,
        "message": reasons[0].values.get("text", reasons[0].detector) if reasons else "linked accounts",
        "metadata": {
            "version": "1.6.0",
            "product": {"name": "Wayseal", "vendor_name": "Wayseal", "version": result.wayseal},
            "uid": case.id or f"{result.digest[:12]}-{moment(case.alerted_at)}",
        },
        "finding_info": {
            "uid": case.id or f"{result.digest[:12]}-{moment(case.alerted_at)}",
            "title": "Reads of waybills that no work explains",
            "created_time": case.alerted_at // 1000,
            "first_seen_time": min((r.since for r in reasons), default=case.alerted_at) // 1000,
            "last_seen_time": max((r.until for r in reasons), default=case.alerted_at) // 1000,
            "analytic": {"uid": "wayseal.detect", "name": "wayseal detect", "type": "Statistical", "type_id": 3},
            "related_analytics": [
                {"uid": n, "name": n, "type": "Rule", "type_id": 1} for n in sorted({r.detector for r in reasons})
            ],
        },
        "evidences": [
            {"actor": {"user": {"uid": a, "type_id": 0, "type": "Unknown"}}, "data": {"waybills": row["waybills"]}}
            for a in case.actors
        ],
        "unmapped": {"wayseal": row},
    }
