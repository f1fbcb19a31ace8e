"""Asking a site to take something down: what was asked, under which rule, what became of it, and how long it took.

1. A request is what its acts come to: who asked, where, on which captures, which rule was cited. Nothing is taken back;
   a mistake is withdrawn. Acts are lines of the market's record, which refuses one that can't be (ADR 76).
2. It is settled when the offer was seen to be gone (`market.watch`), or was withdrawn; never by a site's word. What the
   watch saw is never refused.
3. Without an answer it is due after some days, again and again, and then somebody else's: reminders say which. So it is
   at once after a refusal, and long after it was handed on.
4. How long it takes is told with the requests that are still open: those count for as long as they have been (Kaplan
   and Meier), or a site that never answers would look quick.
5. Whoever is accused can answer; that stands in the request, and a request with an open answer is told first.
6. Texts are templates in both languages, with what is cited as data; nothing is sent from here.
7. Pure: the time is passed in.
"""

from wayseal.market.removals._due import Due, find_due
from wayseal.market.removals._letters import Letter, write_letter
from wayseal.market.removals._requests import follow
from wayseal.market.removals._times import TimesToRemoval, times_to_removal
from wayseal.market.removals.types import Request

__all__ = [
    "Due",
    "Letter",
    "Request",
    "TimesToRemoval",
    "find_due",
    "follow",
    "times_to_removal",
    "write_letter",
]
