"""A Detection Finding of OCSF (class 2004): of a case, or of what the stream tells."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from wayseal import __version__

VERSION = "1.6.0"
_HIGH = (4, "High")
"""The least severity of what is worth acting on."""
_SEVERITY = ((0.95, 5, "Critical"), (0.5, *_HIGH), (0.1, 3, "Medium"), (0.0, 2, "Low"))


class Activity(Enum):
    """What happened to a finding: number and name of the activity, and of the status."""

    CREATE = (1, "Create", 1, "New")
    UPDATE = (2, "Update", 2, "In Progress")
    CLOSE = (3, "Close", 4, "Resolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A finding.

    Attributes:
        id: Of the finding, whatever happens to it.
        event: Of this event.
        score: Probability.
        alert: It is worth acting on.
        at: When it was found, microseconds since 1970; so are `since` and `until`, of what it was found in.
        message: What was found.
        analytic: What found it, such as `wayseal detect`.
        rules: Names of detectors.
        accounts: As they may be called.
        data: What the evidence of each account is.
        unmapped: What OCSF has no attribute for.
        activity: What happened to it.
    """

    id: str
    event: str
    score: float
    alert: bool
    at: int
    since: int
    until: int
    message: str
    analytic: str
    rules: Iterable[str]
    accounts: Iterable[str]
    data: Mapping[str, object] = field(default_factory=dict)
    unmapped: Mapping[str, object]
    activity: Activity = Activity.CREATE
    version: str = __version__

    def document(self) -> dict[str, object]:
        """The finding as JSON can hold it."""
        by_score = next((n, s) for least, n, s in _SEVERITY if self.score >= least)
        number, name = max(by_score, _HIGH) if self.alert else by_score
        activity_id, activity, status_id, status = self.activity.value
        evidence = {"data": self.data} if self.data else {}
        return {
            "category_uid": 2,
            "category_name": "Findings",
            "class_uid": 2004,
            "class_name": "Detection Finding",
            "activity_id": activity_id,
            "activity_name": activity,
            "type_uid": 200400 + activity_id,
            "type_name": f"Detection Finding: {activity}",
            "status_id": status_id,
            "status": status,
            "severity_id": number,
            "severity": name,
            "confidence_score": round(100 * self.score),
            "is_alert": self.alert,
            "time": self.at // 1000,
            "message": self.message,
            "metadata": {
                "version": VERSION,
                "product": {"name": "Wayseal", "vendor_name": "Wayseal", "version": self.version},
                "uid": self.event,
            },
            "finding_info": {
                "uid": self.id,
                "title": "Reads of waybills that no work explains",
                "created_time": self.at // 1000,
                "first_seen_time": self.since // 1000,
                "last_seen_time": self.until // 1000,
                "analytic": {
                    "uid": self.analytic.replace(" ", "."),
                    "name": self.analytic,
                    "type": "Statistical",
                    "type_id": 3,
                },
                "related_analytics": [
                    {"uid": rule, "name": rule, "type": "Rule", "type_id": 1} for rule in sorted({*self.rules})
                ],
            },
            "evidences": [
                {"actor": {"user": {"uid": account, "type_id": 0, "type": "Unknown"}}, **evidence}
                for account in self.accounts
            ],
            "unmapped": {"wayseal": self.unmapped},
        }
