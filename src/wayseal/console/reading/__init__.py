"""What lies beneath a case: reads laid out, why one was work or not, and the life of a waybill. No page, no name.

1. A page walks over nothing: reads of a case were laid out before, and all else is looked up under one waybill.
2. What many questions need of a ledger is made once for each of its states; while a newer one is made ready, pages are
   answered by the state before, which is whole in itself.
3. Accounts are named by whoever asks: every question takes the function that says how they may be called.
"""

from wayseal.console.reading._reader import Canary, CanaryWatch, CaseReader, WaybillLife
from wayseal.console.reading._reviews import PARTNERS, RIGHTS, Review, keep_review, review_partners, review_rights
from wayseal.console.reading._selection import (
    ODD,
    ONLY,
    SORTS,
    ReadKey,
    Selection,
    Window,
    arrange,
    is_odd,
    numbers_of,
    page_of,
    select,
)

__all__ = [
    "ODD",
    "ONLY",
    "PARTNERS",
    "RIGHTS",
    "SORTS",
    "Canary",
    "CanaryWatch",
    "CaseReader",
    "ReadKey",
    "Review",
    "Selection",
    "WaybillLife",
    "Window",
    "arrange",
    "is_odd",
    "keep_review",
    "numbers_of",
    "page_of",
    "review_partners",
    "review_rights",
    "select",
]  # fmt: skip
