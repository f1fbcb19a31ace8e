"""Cases laid out: all reads of their accounts beside work, peers and own past, kept so that a page need not walk.

A ledger lies by waybill, so that the reads of an account are found by a walk over all of it. What a page of a case
shows is therefore laid out once, when detection finds the case or when somebody asks, and kept beside its facts.
"""

from wayseal.detect.lanes._lay_out import CaseRequest, lay_out
from wayseal.detect.lanes._types import (
    CaseLanes,
    Duty,
    HourProfile,
    LaneHead,
    LanePerson,
    TicketSpan,
    keep_lanes,
    lanes_path,
    load_lanes,
)

__all__ = [
    "CaseLanes",
    "CaseRequest",
    "Duty",
    "HourProfile",
    "LaneHead",
    "LanePerson",
    "TicketSpan",
    "keep_lanes",
    "lanes_path",
    "lay_out",
    "load_lanes",
]
