"""Asking a site to take something down: what was asked, under which rule, and what became of it.

1. A request is what its acts come to: who asked, where, on which captures, which rule was cited. Nothing is taken back;
   a mistake is withdrawn. Acts are lines of the market's record, which refuses one that can't be (ADR 76).
2. It is settled when the offer was seen to be gone (`market.shops`), or was withdrawn; never by a site's word. What the
   watch saw is never refused.
3. Without an answer it is due after some days, again and again, and then somebody else's: reminders say which. So it is
   at once after a refusal, and long after it was handed on.
4. Counts of a source say how many were asked for, removed and are open side by side, so that a site that never answers
   doesn't look quick.
5. Whoever is accused can answer; that stands in the request, and a request with an open answer is told first.
6. Texts are templates in both languages, with what is cited as data; nothing is sent from here.
7. Pure: the time is passed in.
"""

from wayseal.market.removals._due import Due, find_due
from wayseal.market.removals._letters import Letter, write_letter
from wayseal.market.removals._requests import Counts, count_by_source, follow
from wayseal.market.removals.types import Request

__all__ = [
    "Counts",
    "Due",
    "Letter",
    "Request",
    "count_by_source",
    "find_due",
    "follow",
    "write_letter",
]
