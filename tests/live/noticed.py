"""Notices for tests, without a stream."""

from dataclasses import replace
from typing import Any

from wayseal.live.receivers import About
from wayseal.live.types import Notice, NoticeKind, Reason, TippingRead

AT = 1_772_000_000_000_000
NOTICE = Notice(
    id="n1",
    kind=NoticeKind.RAISED,
    at=AT,
    day=20_509,
    actor="u-1042",
    probability=0.97,
    reasons=(Reason(detector="volume", value=240, usual=90), Reason(detector="new_parcels", value=31, usual=2)),
    tipped_by=TippingRead(waybill="YT0000000000001", at=AT, number=7),
    limits="2026-03-01",
)
ABOUT = About(account="p-3kx7-q2mf-9c4t", case="c-17")


def noticed(id_: str, **changes: Any) -> Notice:
    """A notice of that id."""
    return replace(NOTICE, id=id_, **changes)


def withdrawn(id_: str, raised: str) -> Notice:
    """What withdraws another."""
    return noticed(id_, kind=NoticeKind.WITHDRAWN, raised=raised)
