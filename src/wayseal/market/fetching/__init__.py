"""Fetching: asks sites, slowly and within bounds; what comes is a value, whatever the site does.

`Fetcher.fetch` gives an answer (`Fetched`) or why there is none (`Missed`). Clocks, chance and names are passed in
(`Means`). What is remembered of sites lies in a folder that all processes share.
"""

from wayseal.market.fetching._fetch import Fetcher, Patience, paused_until
from wayseal.market.fetching.types import Fetched, Means, Missed, Validators

__all__ = ["Fetched", "Fetcher", "Means", "Missed", "Patience", "Validators", "paused_until"]
