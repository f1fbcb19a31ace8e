"""Market watch: public offers captured as evidence, read, linked to sellers, followed until they are gone and after.

The path of what is seen: a source (`sources`) is looked at (`fetching`), what came is kept (`capture`), parsed into
listings, read (`reading`, `pictures`), and recorded (`log`); tables made of the record are what linking (`sellers`),
states and come-backs (`shops`) and requests for removal (`takedown`) ask. It watches: nothing in it buys, joins, posts
or answers a captcha.
"""

from wayseal.market.types import FLAGGED, Capture, FailureReason, Kind, Listing, Reading, VisitStatus

__all__ = ["FLAGGED", "Capture", "FailureReason", "Kind", "Listing", "Reading", "VisitStatus"]
