"""A week of the market for its readers: text, JSON, a page.

1. It names sellers and shops by their ids alone; no text of an offer, no handle and no waybill number stands in it, and
   what could be a person's in an id is masked.
2. Own numbers and canaries are counts.
3. What couldn't be seen stands beside what was: nothing is told as rare that nobody could look at.
"""

from wayseal.market.report._week import WeekResult, gather_week, render_week

__all__ = ["WeekResult", "gather_week", "render_week"]
